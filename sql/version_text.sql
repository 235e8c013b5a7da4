-- Question: what does the engine call itself?
-- Permission: none.  Versions: all.  Returns: one row; its text tells Babelfish from SQL Server.
SELECT @@VERSION AS version_text
