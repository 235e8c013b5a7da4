-- Question: how are the options set that linked servers depend on?
-- Permission: none.  Versions: 2005 and later.
-- Returns: a row for each option; where configured and in_use differ, a restart or RECONFIGURE is pending.
SELECT c.name, CAST(c.value AS int) AS configured, CAST(c.value_in_use AS int) AS in_use
FROM sys.configurations AS c
WHERE c.name = N'remote access' OR c.name = N'remote login timeout (s)' OR c.name = N'remote query timeout (s)'
   OR c.name = N'remote proc trans' OR c.name = N'Ad Hoc Distributed Queries' OR c.name = N'max worker threads'
   OR c.name = N'user connections' OR c.name = N'remote admin connections'
   OR c.name = N'contained database authentication' OR c.name = N'default trace enabled'
