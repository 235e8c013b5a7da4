-- Question: how many workers may the instance have?
-- Permission: VIEW SERVER STATE; 2022 and later VIEW SERVER PERFORMANCE STATE.  Versions: 2005 and later.
-- Returns: one row.
SELECT i.max_workers_count, @@MAX_CONNECTIONS AS max_connections FROM sys.dm_os_sys_info AS i
