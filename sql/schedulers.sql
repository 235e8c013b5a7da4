-- Question: how busy are the instance's workers at this moment?
-- Permission: VIEW SERVER STATE; 2022 and later VIEW SERVER PERFORMANCE STATE.  Versions: 2005 and later.
-- Returns: a row for each scheduler, to be added up.
SELECT s.current_workers_count, s.active_workers_count, s.work_queue_count, s.runnable_tasks_count
FROM sys.dm_os_schedulers AS s WHERE s.status = N'VISIBLE ONLINE'
