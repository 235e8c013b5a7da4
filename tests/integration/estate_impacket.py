#!/usr/bin/python3
"""Impacket's TDS client, written by others, logs in to the stand-in estate and reads: estate_impacket.py HOST PORT USER
PASSWORD QUERY. The rows' values, one row per line."""
import sys

from impacket import tds

host, port, user, password, query = sys.argv[1:6]
client = tds.MSSQL(host, int(port))
client.connect()
if not client.login(None, user, password):
    client.printReplies()
    sys.exit("login refused")
client.sql_query(query)
for row in client.rows:
    print("|".join(str(value) for value in row.values()))
client.disconnect()
