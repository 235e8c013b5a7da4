-- Question: which further procedures (name;2 and on) has this database? Their text is searched for uses of links.
-- Permission: VIEW DEFINITION in the database.  Versions: 2005 and later.  Returns: a row for each.
SELECT c.name AS schema_name, o.name AS object_name, n.procedure_number, n.definition
FROM sys.numbered_procedures AS n
JOIN sys.objects AS o ON o.object_id = n.object_id
JOIN sys.schemas AS c ON c.schema_id = o.schema_id
