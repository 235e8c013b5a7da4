-- Question: which network protocols are enabled, and at which ports, as the registry has it?
-- Permission: VIEW SERVER STATE; 2022 and later VIEW SERVER SECURITY STATE.
-- Versions: 2008 R2 SP1 and later, on Windows.
-- Returns: a row for each value; what is absent is not readable, which is not the same as off.
SELECT r.registry_key, r.value_name, CAST(r.value_data AS nvarchar(512)) AS value_data
FROM sys.dm_server_registry AS r
WHERE r.registry_key LIKE N'%SuperSocketNetLib%'
