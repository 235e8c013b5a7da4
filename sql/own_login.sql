-- Question: which principal is the audit login?
-- Permission: none; everybody sees the own login.  Versions: 2005 and later.
-- Returns: one row, or none for a login that came in through a Windows group.
SELECT p.principal_id, p.type FROM sys.server_principals AS p WHERE p.name = SUSER_SNAME()
