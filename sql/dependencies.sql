-- Question: which objects of this database refer to another server by a four-part name, as the engine records it?
-- Permission: VIEW DEFINITION in the database and SELECT on this view, which by default only db_owner has.
-- Versions: 2008 and later.  Returns: a row for each reference; links that do not exist are among them.
SELECT c.name AS schema_name, o.name AS object_name, o.type, e.referenced_server_name
FROM sys.sql_expression_dependencies AS e
JOIN sys.objects AS o ON o.object_id = e.referencing_id
JOIN sys.schemas AS c ON c.schema_id = o.schema_id
WHERE e.referenced_server_name IS NOT NULL AND e.referencing_class = 1
