-- Question: how many user sessions are there at this moment?
-- Permission: VIEW SERVER STATE; 2022 and later VIEW SERVER PERFORMANCE STATE; without it only the own session counts.
-- Versions: 2005 and later.  Returns: one row.
SELECT COUNT(*) AS user_sessions FROM sys.dm_exec_sessions AS s WHERE s.is_user_process = 1
