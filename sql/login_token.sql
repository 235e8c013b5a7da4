-- Question: which Windows groups brought the audit login in? A link may be mapped for one of them.
-- Permission: none; the own token.  Versions: 2005 and later.
-- Returns: a row for each login, group and role of the token; principal_id 0 is a group without a login.
--          A group that is used for DENY only brings nothing in.
SELECT t.principal_id, t.name, t.type, t.usage FROM sys.login_token AS t
