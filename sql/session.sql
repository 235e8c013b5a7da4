-- Question: none; how every later statement of this session behaves.
-- Why: reads without waiting for writers, gives way in deadlocks, ends after two seconds at a lock, speaks English
--      whatever the login's language, and has the options without which any distributed query is error 7405.
-- Permission: none.  Versions: 2005 and later.  Returns: nothing.
SET NOCOUNT ON;
SET IMPLICIT_TRANSACTIONS OFF;
SET XACT_ABORT OFF;
SET ROWCOUNT 0;
SET LOCK_TIMEOUT 2000;
SET DEADLOCK_PRIORITY LOW;
SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED;
SET ANSI_NULLS ON;
SET ANSI_WARNINGS ON;
SET QUOTED_IDENTIFIER ON;
SET CONCAT_NULL_YIELDS_NULL ON;
SET LANGUAGE us_english;
