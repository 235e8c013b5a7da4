-- The least-privileged audit login on Amazon RDS for SQL Server.
-- Run as the master user. It cannot create server roles there, so the grants go to the login itself.
USE master;
CREATE LOGIN linkaudit WITH PASSWORD = N'(a long random password)', CHECK_POLICY = ON, CHECK_EXPIRATION = OFF;

-- Without any grant the audit sees: the server's properties, every linked server that is mapped for everyone or for
-- this login, and those mappings. RDS has no registry procedures: client aliases, provider options and network settings
-- are reported as not readable. @@SERVERNAME differs by design: the host is replaced under the instance.

-- Whether the audit's own connection is encrypted; load; sessions that came through linked servers.
GRANT VIEW SERVER STATE TO linkaudit;

-- Names of the logins in mappings, who holds ALTER ANY LINKED SERVER; and the text of modules in each database that the
-- login can enter.
GRANT VIEW ANY DEFINITION TO linkaudit;

-- Not granted: ALTER ANY LINKED SERVER (the master user holds it: do not audit as the master user). The signed
-- procedure needs rights in master that RDS does not give.

-- Usage discovery only (usage = yes): a user in each database that is to be searched.
-- USE [Sales]; CREATE USER linkaudit FOR LOGIN linkaudit;

-- Agent job steps cannot be searched here: nobody may grant SELECT on their tables in msdb, and SQLAgentReaderRole,
-- which may create jobs, does not give it either. The report says so.

-- To take it all back: DROP USER linkaudit in each database, then DROP LOGIN linkaudit;
