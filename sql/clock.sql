-- Question: how far is the server's clock from UTC? The catalog's dates are local times.
-- Permission: none.  Versions: 2005 and later.  Returns: one row.
SELECT GETDATE() AS local_time, GETUTCDATE() AS utc_time
