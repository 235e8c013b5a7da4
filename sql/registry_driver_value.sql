-- Question: what do the machine's settings of the OLE DB driver say? They bind every link that uses the driver.
--           (KEYNAME is replaced by SNI19.0\GeneralFlags\Flag1 and the like.)
-- Permission: EXECUTE on an undocumented procedure; in practice sysadmin.
-- Versions: all, on Windows.  Returns: one row of Value and Data, or nothing.
EXEC master.sys.xp_regread N'HKEY_LOCAL_MACHINE', N'SOFTWARE\Microsoft\MSSQLServer\Client\KEYNAME', N'Value'
