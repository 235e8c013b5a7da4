-- Question: does the linked server REMOTELINKNAME work, as the audit login is mapped there?
-- Permission: none; it makes a real login at the target.  Versions: 2005 and later.
-- Returns: nothing; its messages are the answer.
EXEC sys.sp_testlinkedserver @servername = N'REMOTELINKNAME'
