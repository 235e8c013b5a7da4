-- The least-privileged audit login on SQL Server 2014, 2016, 2017 and 2019.
-- Run as a member of sysadmin. Choose your own password, or make it a Windows login: with Kerberos there is no password
-- that a self mapping could hand on, none in a file, and none that grows stale.
USE master;
CREATE LOGIN linkaudit WITH PASSWORD = N'(a long random password)', CHECK_POLICY = ON, CHECK_EXPIRATION = OFF;
-- CREATE LOGIN [CORP\linkaudit] FROM WINDOWS;   then write [CORP\linkaudit] for linkaudit below

-- Everything through one role: one statement takes it back, and checks that forbid grants to logins stay quiet.
CREATE SERVER ROLE linkaudit_reader;
ALTER SERVER ROLE linkaudit_reader ADD MEMBER linkaudit;

-- Without any grant the audit sees: the server's properties, every linked server that is mapped for everyone or for
-- this login, and those mappings. Each grant below shows more; none of them can change anything.

-- Whether the audit's own connection is encrypted; listeners, protocols and ports; load; sessions that came through
-- linked servers of other instances.
GRANT VIEW SERVER STATE TO linkaudit_reader;

-- Names of the logins in mappings, members of sysadmin and setupadmin, who holds ALTER ANY LINKED SERVER, availability
-- groups, server triggers; and the text of modules in each database that the login can enter.
GRANT VIEW ANY DEFINITION TO linkaudit_reader;

-- Not to be had by a grant: client aliases, options of providers and the OLE DB driver's settings stand in parts of the
-- registry that the engine reads for members of sysadmin only. The report names them as not readable.

-- Not granted: ALTER ANY LINKED SERVER. It shows provider strings, and it is the right to redirect every link that has
-- a stored password. provider-strings-procedure.sql shows them without it.

-- Usage discovery only (usage = yes): enter every database, present and future. It reads no table.
-- GRANT CONNECT ANY DATABASE TO linkaudit_reader;
-- What the engine recorded itself, in each database: the view needs a user and a grant of its own.
-- USE [Sales]; CREATE USER linkaudit FOR LOGIN linkaudit;
-- GRANT SELECT ON sys.sql_expression_dependencies TO linkaudit;

-- Usage discovery only: Agent job steps. Not SQLAgentReaderRole, which may create jobs.
-- USE msdb; CREATE USER linkaudit FOR LOGIN linkaudit;
-- GRANT SELECT ON dbo.sysjobs TO linkaudit; GRANT SELECT ON dbo.sysjobsteps TO linkaudit;

-- To take it all back: ALTER SERVER ROLE linkaudit_reader DROP MEMBER linkaudit; DROP SERVER ROLE linkaudit_reader;
-- DROP USER linkaudit in each database; DROP LOGIN linkaudit;
