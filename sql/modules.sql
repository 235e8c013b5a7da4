-- Question: which views, procedures, functions and triggers of this database may use a linked server?
--           (The line with REMOTELINKNAME is repeated for each link. What comes back is matched exactly by the
--           program, which knows comments, strings and quoted names; only names and counts are kept.)
-- Permission: VIEW DEFINITION in the database; without it definition is NULL and no row matches.
-- Versions: 2005 and later.  Returns: a row for each module.
SELECT c.name AS schema_name, o.name AS object_name, o.type, m.definition
FROM sys.sql_modules AS m
JOIN sys.objects AS o ON o.object_id = m.object_id
JOIN sys.schemas AS c ON c.schema_id = o.schema_id
WHERE o.is_ms_shipped = 0
  AND (m.definition COLLATE Latin1_General_CI_AS LIKE N'%OPENQUERY%'
       OR (m.definition COLLATE Latin1_General_CI_AS LIKE N'%EXEC%'
           AND m.definition COLLATE Latin1_General_CI_AS LIKE N'%[^a-z0-9_@#]AT[^a-z0-9_@#]%')
       OR m.definition COLLATE Latin1_General_CI_AS LIKE N'%REMOTELINKNAME%' ESCAPE N'~'
      )
