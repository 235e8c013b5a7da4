-- Question: which SQL logins of this instance, which links of others may be mapped to, are locked, disabled or expiring?
-- Permission: VIEW ANY DEFINITION or ALTER ANY LOGIN; without it only the own login and sa.
-- Versions: 2005 and later; DaysUntilExpiration from 2008.  Returns: a row for each SQL login.
SELECT l.name, l.is_disabled,
       CAST(LOGINPROPERTY(l.name, 'IsLocked') AS int) AS is_locked,
       CAST(LOGINPROPERTY(l.name, 'IsExpired') AS int) AS is_expired,
       CAST(LOGINPROPERTY(l.name, 'DaysUntilExpiration') AS int) AS days_until_expiration,
       IS_SRVROLEMEMBER('sysadmin', l.name) AS is_sysadmin
FROM sys.sql_logins AS l
