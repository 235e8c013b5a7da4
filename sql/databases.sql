-- Question: which databases are there, and which can be entered without harm? When did the instance start (tempdb)?
-- Permission: VIEW ANY DATABASE, which public holds by default.  Versions: 2005 and later.
-- Returns: a row for each visible database.
SELECT d.database_id, d.name, d.state_desc, d.user_access_desc, d.is_auto_close_on, d.collation_name,
       d.source_database_id, d.create_date, HAS_DBACCESS(d.name) AS has_access
FROM sys.databases AS d
