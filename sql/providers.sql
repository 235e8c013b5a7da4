-- Question: which OLE DB providers are registered on the instance's machine?
-- Permission: EXECUTE on an undocumented procedure; in practice sysadmin.
-- Versions: all, on Windows.  Returns: a row for each provider.
EXEC master.sys.xp_enum_oledb_providers
