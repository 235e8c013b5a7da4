-- Question: with which other instances does this one share availability groups, and so ought to share its links?
-- Permission: VIEW ANY DEFINITION; without it no row.  Versions: 2012 and later.
-- Returns: a row for each replica.
SELECT g.name AS group_name, r.replica_server_name
FROM sys.availability_groups AS g
JOIN sys.availability_replicas AS r ON r.group_id = g.group_id
