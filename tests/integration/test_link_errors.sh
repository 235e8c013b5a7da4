#!/bin/bash
# Each known error of a link test, as servers send it: wrappers before it, wrappers after it, its code in hex or decimal inside a text,
# in German. The diagnosis finds the message that decides. Rows: tests/corpus/link_errors.tsv.
. "$(dirname "$0")/lib.sh"
table=tests/corpus/link_errors.tsv

# Writes the scenario, and what is expected of each link: name, cause, step. Rows with * are sent for a target that refuses, the
# others for one that the audit host may not look at, so that nothing but the message can decide.
cat >"$work/make.py" <<'E2'
import csv, sys
table, scenario, expected = sys.argv[1:]
rows = [r for r in csv.reader((l for l in open(table) if not l.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE)][1:]
out, want = open(scenario, "w"), open(expected, "w")
def quote(text): return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$") + '"'
def returned(link, text): return ("info", 7412, f'OLE DB provider "MSOLEDBSQL" for linked server "{link}" returned message "{text}".')
def zurueck(link, text): return ("info", 7412, f'Der OLE DB-Anbieter "MSOLEDBSQL" für den Verbindungsserver "{link}" hat die Meldung "{text}" zurückgegeben.')
out.write("""network 127.70
instance SRC address=${network}.4.1 version=15.0.4480.2
  login audit password=pw grant="ALTER ANY LINKED SERVER"
""")
def link(name, cause, step, messages, alone):
    provider = "SQLNCLI10" if any("SQLNCLI10" in m[2] for m in messages) else "MSOLEDBSQL"
    target = "127.70.4.9" if cause == "*" else "127.70.5.1"
    out.write(f'  link {name} provider={provider} product="" data_source={target}\n    mapping local=* remote={name if alone else "app"} password=x\n')
    for kind, number, text in messages:
        out.write(f"    message {'info=yes ' if kind == 'info' else ''}number={number} text={quote(text)}\n")
    want.write(f"{name} {'port-refused' if cause == '*' else cause} {step}\n")
for place, (number, cause, step, text, german, source) in enumerate(rows, 1):
    name, alone = f"R{place:02}", cause == "login-failed"
    said = ("error", int(number) if number != "-" else 7399, text)
    if number == "-" or number == "7412": said = returned(name, text) if number == "-" else ("info", 7412, text)
    initialize = ("error", 7303, f'Cannot initialize the data source object of OLE DB provider "MSOLEDBSQL" for linked server "{name}".')
    reported = ("error", 7399, f'The OLE DB provider "MSOLEDBSQL" for linked server "{name}" reported an error. The provider did not give any information about the error.')
    failed = [] if said[0] == "error" else [initialize]
    link(name + "_BEFORE", cause, step, [returned(name, "Login timeout expired"), returned(name, "Client unable to establish connection"), said] + failed, alone)
    link(name + "_AFTER", cause, step, [said, returned(name, "Client unable to establish connection"), reported, initialize], alone)
    layer = text.partition(":")[0]
    if layer in ("TCP Provider", "SSL Provider") and cause != "*":
        code = int(number) & 0xFFFFFFFF
        link(name + "_HEX", cause, step, [returned(name, "Login timeout expired"), returned(name, f"{layer}: Error code 0x{code:X}"), initialize], alone)
        link(name + "_ODBC", cause, step, [returned(name, f"[Microsoft][ODBC Driver 18 for SQL Server]{layer}: Error code 0x{code:X}"), initialize], alone)
        link(name + "_DECIMAL", cause, step, [returned(name, f"{layer}: Error code {number}"), reported], alone)
    if german != "-":
        link(name + "_GERMAN", cause, step, [zurueck(name, "Anmeldetimeout abgelaufen"), ("error", int(number), german)], alone)
E2
/usr/bin/python3 "$work/make.py" "$table" "$work/errors.scenario" "$work/expected" || exit 1
secret "$work/password" pw
mkdir "$work/out"
cat >"$work/errors.ini" <<'E2'
[audit]
output_dir = out
format = xml
deny = 127.70.5.0/24
link_test_concurrency = 8
[login audit]
uid = audit
password_file = password
[instance SRC]
server = 127.70.4.1
login = audit
E2
start_estate "$work/errors.scenario" || exit 1
"$linkaudit" run -q -c "$work/errors.ini"
report=$work/out/latest.xml
valid_report "the report" "$report"
xpath_is "every link was tested and failed" "$report" "count(//r:linked-server[not(r:test/@outcome='failed')])" 0

cat >"$work/compare.py" <<'E2'
import sys
from lxml import etree
n = {"r": "urn:linkaudit:report:1"}
links = {l.get("name"): l for l in etree.parse(sys.argv[1]).iter("{urn:linkaudit:report:1}linked-server")}
for line in open(sys.argv[2]):
    name, cause, step = line.split()
    d = links[name].find("r:diagnosis", n)
    failing = d.xpath("r:step[@result='fail']/@name", namespaces=n)[:1] or ["-"]
    text = d.findtext("r:text", namespaces=n)
    good = d.get("cause") == cause and failing[0] == step and d.find("r:next", n) is not None
    print(f"ok {name}: {cause}" if good else f"not ok {name}: expected {cause} {step}, got {d.get('cause')} {failing[0]}: {text}")
E2
/usr/bin/python3 "$work/compare.py" "$report" "$work/expected" >"$work/compared" 2>&1
equals "each message leads to its cause and step ($(grep -c '^ok' "$work/compared") links)" "$(wc -l <"$work/expected")" "$(grep -c '^ok' "$work/compared")"
grep -v '^ok' "$work/compared" | head -n 60
finish
