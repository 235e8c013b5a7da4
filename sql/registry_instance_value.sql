-- Question: what is the value VALUENAME of the instance's network settings in the registry?
--           (VALUENAME is replaced by ForceEncryption, Certificate and the like.)
-- Permission: EXECUTE on an undocumented procedure: public's by default, often revoked.
-- Versions: 2005 and later, on Windows; not on RDS or Managed Instance.
-- Returns: one row of Value and Data, or nothing when there is no such value.
EXEC master.sys.xp_instance_regread N'HKEY_LOCAL_MACHINE', N'SOFTWARE\Microsoft\MSSQLServer\MSSQLServer\SuperSocketNetLib', N'VALUENAME'
