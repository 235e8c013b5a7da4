-- Question: is the audit's own connection encrypted?
-- Permission: VIEW SERVER STATE; 2022 and later VIEW SERVER PERFORMANCE STATE.  Versions: 2005 and later.
-- Returns: one row; encrypt_option is TRUE or FALSE and describes this session, not the server's setting.
SELECT c.encrypt_option, c.auth_scheme, c.net_transport
FROM sys.dm_exec_connections AS c WHERE c.session_id = @@SPID
