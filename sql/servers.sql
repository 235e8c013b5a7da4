-- Question: which linked servers are there, with every column that this version has?
-- Permission: none for links with a mapping for public or for the audit login; ALTER ANY LINKED SERVER (or ALTER ANY
--             LOGIN, setupadmin, sysadmin) for the rest; provider_string is NULL without ALTER ANY LINKED SERVER.
-- Versions: 2005 and later; columns are found by name.  Returns: a row for each; server_id 0 is the instance itself.
SELECT s.* FROM sys.servers AS s
