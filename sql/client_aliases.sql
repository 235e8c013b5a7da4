-- Question: which SQL client aliases does the instance's machine have? Each silently redirects a data source.
-- Permission: EXECUTE on an undocumented procedure; in practice sysadmin.
-- Versions: all, on Windows.  Returns: a row (or a result of one row) for each alias: Value and Data.
EXEC master.sys.xp_regenumvalues N'HKEY_LOCAL_MACHINE', N'SOFTWARE\Microsoft\MSSQLServer\Client\ConnectTo'
