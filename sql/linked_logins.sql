-- Question: as whom do local logins reach each linked server?
-- Permission: none for the own mapping and the default; VIEW ANY DEFINITION (2022 and later: VIEW ANY SECURITY
--             DEFINITION) for the names of other logins.  Versions: 2005 and later.
-- Returns: a row for each mapping; local_principal_id 0 is every login without one of its own.
SELECT l.server_id, l.local_principal_id, l.uses_self_credential, l.remote_name, l.modify_date,
       p.name AS local_name, p.type AS local_type, p.is_disabled AS local_disabled
FROM sys.linked_logins AS l
LEFT JOIN sys.server_principals AS p ON p.principal_id = l.local_principal_id
