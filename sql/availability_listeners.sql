-- Question: by which names are this instance's availability groups reached?
-- Permission: VIEW ANY DEFINITION; without it no row.  Versions: 2012 and later.
-- Returns: a row for each listener.
SELECT g.name AS group_name, l.dns_name, l.port
FROM sys.availability_groups AS g
JOIN sys.availability_group_listeners AS l ON l.group_id = g.group_id
