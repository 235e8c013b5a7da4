-- Question: is the database DATABASENAME, which has AUTO_CLOSE, still open?
-- Permission: VIEW ANY DATABASE, which public holds by default.  Versions: 2005 and later.
-- Returns: one row; collation_name is NULL where it is closed.
SELECT d.collation_name FROM sys.databases AS d WHERE d.name = N'DATABASENAME'
