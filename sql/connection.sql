-- Question: over which transport, and authenticated how, did the audit come in?
-- Permission: none.  Versions: 2008 and later.  Returns: one row.
SELECT CAST(CONNECTIONPROPERTY('net_transport') AS nvarchar(40)) AS net_transport,
       CAST(CONNECTIONPROPERTY('protocol_type') AS nvarchar(40)) AS protocol_type,
       CAST(CONNECTIONPROPERTY('auth_scheme') AS nvarchar(40)) AS auth_scheme,
       CAST(CONNECTIONPROPERTY('local_net_address') AS nvarchar(48)) AS local_address,
       CAST(CONNECTIONPROPERTY('local_tcp_port') AS int) AS local_port,
       CAST(CONNECTIONPROPERTY('client_net_address') AS nvarchar(48)) AS client_address
