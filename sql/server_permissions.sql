-- Question: who may change linked servers through a permission?
-- Permission: VIEW ANY DEFINITION (2022 and later: VIEW ANY SECURITY DEFINITION); without it only the own rows.
-- Versions: 2005 and later.  Returns: a row for each grantee and permission.
SELECT p.name, p.type, p.is_disabled, g.permission_name, g.state_desc
FROM sys.server_permissions AS g
JOIN sys.server_principals AS p ON p.principal_id = g.grantee_principal_id
WHERE g.class = 100
  AND (g.permission_name = N'ALTER ANY LINKED SERVER' OR g.permission_name = N'ALTER ANY LOGIN'
       OR g.permission_name = N'CONTROL SERVER' OR g.permission_name = N'IMPERSONATE ANY LOGIN')
