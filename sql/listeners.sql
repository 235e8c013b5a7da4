-- Question: at which addresses and ports does the instance listen?
-- Permission: VIEW SERVER STATE; 2022 and later VIEW SERVER SECURITY STATE.  Versions: 2012 and later.
-- Returns: a row for each TCP listener: the instance's, those of availability groups, and the DAC.
SELECT t.ip_address, t.port, t.type_desc, t.state_desc FROM sys.dm_tcp_listener_states AS t
