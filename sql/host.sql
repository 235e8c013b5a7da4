-- Question: on which operating system does the instance run?
-- Permission: none.  Versions: 2017 and later; before, Windows.  Returns: one row.
SELECT h.host_platform, h.host_distribution, h.host_release FROM sys.dm_os_host_info AS h
