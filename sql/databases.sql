-- Question: which databases are there, and which can be entered without harm? When did the instance start (tempdb)?
--           (Not HAS_DBACCESS: it looks inside, and so starts a database that AUTO_CLOSE has closed.)
-- Permission: VIEW ANY DATABASE, which public holds by default.  Versions: 2005 and later.
-- Returns: a row for each visible database; collation_name is NULL where it is closed.
SELECT d.database_id, d.name, d.state_desc, d.user_access_desc, d.is_auto_close_on, d.is_in_standby, d.collation_name,
       d.source_database_id, d.create_date
FROM sys.databases AS d
