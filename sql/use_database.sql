-- Question: none; enters the database DATABASENAME.
-- Permission: a user in it, or CONNECT ANY DATABASE (2014 and later).  Versions: all.  Returns: nothing.
USE [DATABASENAME]
