-- Question: do requests wait for a worker at this moment?
-- Permission: VIEW SERVER STATE; 2022 and later VIEW SERVER PERFORMANCE STATE.  Versions: 2005 and later.
-- Returns: a row for each that waits; none is the usual answer.
SELECT w.wait_duration_ms FROM sys.dm_os_waiting_tasks AS w WHERE w.wait_type = N'THREADPOOL'
