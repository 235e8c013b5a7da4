-- Question: which modules of this database cannot be searched, encrypted or not visible?
-- Permission: none for what is visible.  Versions: 2005 and later.  Returns: a row for each, to be counted.
SELECT m.object_id FROM sys.sql_modules AS m WHERE m.definition IS NULL
