-- Question: which server triggers are there? Their text is searched for uses of links.
-- Permission: VIEW ANY DEFINITION.  Versions: 2005 and later.  Returns: a row for each.
SELECT t.name AS object_name, m.definition
FROM sys.server_sql_modules AS m JOIN sys.server_triggers AS t ON t.object_id = m.object_id
