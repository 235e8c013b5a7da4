-- Question: which permissions does the audit login hold?
-- Permission: none.  Versions: 2005 and later.
-- Returns: one row of 1 (held), 0 (not held) and NULL (this version has no such permission, role or object).
SELECT HAS_PERMS_BY_NAME(NULL, NULL, 'ALTER ANY LINKED SERVER') AS alter_any_linked_server,
       HAS_PERMS_BY_NAME(NULL, NULL, 'ALTER ANY LOGIN') AS alter_any_login,
       HAS_PERMS_BY_NAME(NULL, NULL, 'CONTROL SERVER') AS control_server,
       HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW ANY DEFINITION') AS view_any_definition,
       HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW ANY SECURITY DEFINITION') AS view_any_security_definition,
       HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW ANY DATABASE') AS view_any_database,
       HAS_PERMS_BY_NAME(NULL, NULL, 'CONNECT ANY DATABASE') AS connect_any_database,
       HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE') AS view_server_state,
       HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER PERFORMANCE STATE') AS view_server_performance_state,
       HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER SECURITY STATE') AS view_server_security_state,
       HAS_PERMS_BY_NAME('msdb.dbo.sysjobs', 'OBJECT', 'SELECT') AS select_sysjobs,
       HAS_PERMS_BY_NAME('msdb.dbo.sysjobsteps', 'OBJECT', 'SELECT') AS select_sysjobsteps,
       HAS_PERMS_BY_NAME('master.dbo.linkaudit_provider_strings', 'OBJECT', 'EXECUTE') AS provider_strings_procedure,
       IS_SRVROLEMEMBER('sysadmin') AS is_sysadmin,
       IS_SRVROLEMEMBER('setupadmin') AS is_setupadmin
