-- Question: which DDL triggers of this database are there? Their text is searched for uses of links.
-- Permission: VIEW DEFINITION in the database.  Versions: 2005 and later.  Returns: a row for each.
SELECT t.name AS object_name, m.definition
FROM sys.sql_modules AS m JOIN sys.triggers AS t ON t.object_id = m.object_id
WHERE t.parent_class = 0 AND t.is_ms_shipped = 0
