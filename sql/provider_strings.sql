-- Question: which provider strings are there, passwords taken out on the server?
-- Permission: EXECUTE on the signed procedure of setup/provider-strings-procedure.sql.  Versions: 2005 and later.
-- Returns: a row for each linked server: server_id, provider_string.
EXEC master.dbo.linkaudit_provider_strings
