-- Question: which synonyms are there? Those whose name has four parts lead through a linked server.
-- Permission: VIEW DEFINITION in the database for all of them.  Versions: 2005 and later.  Returns: a row for each.
SELECT c.name AS schema_name, y.name AS object_name, y.base_object_name
FROM sys.synonyms AS y JOIN sys.schemas AS c ON c.schema_id = y.schema_id
