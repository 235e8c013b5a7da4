-- The least-privileged audit login on Azure SQL Managed Instance.
-- Run as a member of sysadmin. A Microsoft Entra login is possible where the ODBC driver can log in with it.
USE master;
CREATE LOGIN linkaudit WITH PASSWORD = N'(a long random password)';

-- Without any grant the audit sees: the server's properties, every linked server that is mapped for everyone or for
-- this login, and those mappings. There is no registry to read: client aliases, provider options and network settings
-- are reported as not readable. Each grant below shows more; none of them can change anything.

-- Whether the audit's own connection is encrypted; load; sessions that came through linked servers.
GRANT VIEW SERVER STATE TO linkaudit;

-- Names of the logins in mappings, members of sysadmin and setupadmin, who holds ALTER ANY LINKED SERVER; and the text
-- of modules in each database that the login can enter.
GRANT VIEW ANY DEFINITION TO linkaudit;

-- Not granted: ALTER ANY LINKED SERVER. It shows provider strings, and it is the right to redirect every link that has
-- a stored password. provider-strings-procedure.sql shows them without it.

-- Usage discovery only (usage = yes): enter every database, present and future. It reads no table.
-- GRANT CONNECT ANY DATABASE TO linkaudit;

-- Usage discovery only: Agent job steps.
-- USE msdb; CREATE USER linkaudit FOR LOGIN linkaudit;
-- GRANT SELECT ON dbo.sysjobs TO linkaudit; GRANT SELECT ON dbo.sysjobsteps TO linkaudit;

-- To take it all back: DROP USER linkaudit in each database, then DROP LOGIN linkaudit;
