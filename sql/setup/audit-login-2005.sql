-- The least-privileged audit login on SQL Server 2005, 2008, 2008 R2 and 2012.
-- Run as a member of sysadmin. Choose your own password, or make it a Windows login: with Kerberos there is no password
-- that a self mapping could hand on, none in a file, and none that grows stale.
USE master;
CREATE LOGIN linkaudit WITH PASSWORD = N'(a long random password)', CHECK_POLICY = ON, CHECK_EXPIRATION = OFF;
-- CREATE LOGIN [CORP\linkaudit] FROM WINDOWS;   then write [CORP\linkaudit] for linkaudit below

-- Without any grant the audit sees: the server's properties, every linked server that is mapped for everyone or for
-- this login, and those mappings. Each grant below shows more; none of them can change anything.

-- Whether the audit's own connection is encrypted; listeners, protocols and ports; load; sessions that came through
-- linked servers of other instances.
GRANT VIEW SERVER STATE TO linkaudit;

-- Names of the logins in mappings, members of sysadmin and setupadmin, who holds ALTER ANY LINKED SERVER, server
-- triggers, from 2012 availability groups; and the text of modules in each database that the login can enter.
GRANT VIEW ANY DEFINITION TO linkaudit;

-- Not to be had by a grant: client aliases, options of providers and the OLE DB driver's settings stand in parts of the
-- registry that the engine reads for members of sysadmin only. The report names them as not readable.

-- Not granted: ALTER ANY LINKED SERVER. It shows provider strings, and it is the right to redirect every link that has
-- a stored password. provider-strings-procedure.sql shows them without it.

-- Usage discovery only (usage = yes): a user in each database that is to be searched. These versions have no
-- CONNECT ANY DATABASE.
-- USE [Sales]; CREATE USER linkaudit FOR LOGIN linkaudit;
-- What the engine recorded itself (2008 and later), in each of them:
-- GRANT SELECT ON sys.sql_expression_dependencies TO linkaudit;

-- Usage discovery only: Agent job steps. Not SQLAgentReaderRole, which may create jobs.
-- USE msdb; CREATE USER linkaudit FOR LOGIN linkaudit;
-- GRANT SELECT ON dbo.sysjobs TO linkaudit; GRANT SELECT ON dbo.sysjobsteps TO linkaudit;

-- To take it all back: DROP USER linkaudit in each database, then DROP LOGIN linkaudit;
