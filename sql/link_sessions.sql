-- Question: which sessions came in through a linked server of another instance (its own program name), and are they
--           encrypted?
-- Permission: VIEW SERVER STATE; 2022 and later VIEW SERVER PERFORMANCE STATE.  Versions: 2005 and later.
-- Returns: a row for each; a snapshot: none proves nothing.
SELECT s.host_name, c.client_net_address, s.login_name, s.client_interface_name, c.encrypt_option, c.auth_scheme,
       c.net_transport, s.last_request_end_time
FROM sys.dm_exec_sessions AS s
JOIN sys.dm_exec_connections AS c ON c.session_id = s.session_id
WHERE s.is_user_process = 1 AND s.program_name = N'Microsoft SQL Server'
