-- Question: with which options does the instance run the OLE DB provider PROVIDERNAME?
-- Permission: EXECUTE on an undocumented procedure; in practice sysadmin.
-- Versions: all, on Windows.  Returns: a row (or a result of one row) for each option that is set: Value and Data.
EXEC master.sys.xp_instance_regenumvalues N'HKEY_LOCAL_MACHINE', N'SOFTWARE\Microsoft\MSSQLServer\Providers\PROVIDERNAME'
