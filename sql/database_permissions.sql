-- Question: what may the audit login see in this database?
-- Permission: none.  Versions: 2005 and later.  Returns: one row of 1, 0 and NULL.
SELECT HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'VIEW DEFINITION') AS view_definition,
       HAS_PERMS_BY_NAME('sys.sql_expression_dependencies', 'OBJECT', 'SELECT') AS select_dependencies
