-- Question: is trace flag 17600 on, which gives links the encryption defaults of OLE DB Driver 18?
-- Permission: none.  Versions: asked on 2025 and later only.
-- Returns: one row when the flag was ever set: TraceFlag, Status, Global, Session.
DBCC TRACESTATUS(17600, -1) WITH NO_INFOMSGS
