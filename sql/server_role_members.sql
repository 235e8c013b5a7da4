-- Question: who may change linked servers through a server role?
-- Permission: VIEW ANY DEFINITION (2022 and later: VIEW ANY SECURITY DEFINITION); without it only the own rows.
-- Versions: 2005 and later.  Returns: a row for each member; a Windows group hides its own members.
SELECT r.name AS role_name, m.name AS member_name, m.type AS member_type, m.is_disabled
FROM sys.server_role_members AS x
JOIN sys.server_principals AS r ON r.principal_id = x.role_principal_id
JOIN sys.server_principals AS m ON m.principal_id = x.member_principal_id
WHERE r.name = N'sysadmin' OR r.name = N'setupadmin' OR r.name = N'securityadmin'
