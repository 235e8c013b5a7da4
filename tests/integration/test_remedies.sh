#!/bin/bash
# linkaudit fix and render --reassess on a report that is there: scripts for each instance, findings judged anew.
. "$(dirname "$0")/lib.sh"
report=tests/corpus/reports/estate.xml

"$linkaudit" fix "$report" -o "$work/scripts" >"$work/paths" 2>"$work/notes"
equals "fix succeeds" 0 $?
equals "a script for each instance with something to do, and its path printed" \
    "$(xpath "$report" "count(//r:instance[@server-name and @name=//r:finding[not(@waived='true')]/@instance])")" "$(wc -l <"$work/paths")"
equals "each instance without its own name is told to have none" "$(xpath "$report" 'count(//r:instance[not(@server-name)])')" \
    "$(grep -c 'its own name, which guards one, is not known' "$work/notes")"
check "each path is a file" xargs ls <"$work/paths"
while read -r script; do
    check "$(basename "$script") is guarded for its instance" grep -q "SERVERPROPERTY('ServerName')" "$script"
    equals "$(basename "$script") is kept from others" 640 "$(stat -c %a "$script")"
    equals "$(basename "$script") begins with a byte order mark" efbbbf "$(head -c 3 "$script" | od -An -tx1 | tr -d ' ')"
done <"$work/paths"

# shellcheck disable=SC2046 # the paths hold no blanks
check "what stands in the scripts is T-SQL to a parser that others wrote" node tests/tsql/scripts.mjs $(cat "$work/paths")

# An estate whose every name would like to be a statement, a line of its own or another file.
/usr/bin/python3 - "$report" "$work/hostile.xml" <<'PY'
import sys
from lxml import etree
evil = "EVIL'; DROP DATABASE EVIL;--]\"/* */ EVIL"
lines = evil + "\nGO\nDROP DATABASE EVIL\r\nGO 2\n:r EVIL\n!!EVIL\u2028GO\u0085GO\u2029$(EVIL)\u2019\u02bc"
names = ["../../" + evil, "../" + lines, "CON", "con.1", "a", "A", "a-2", "A-2", ".", "-o", "x" * 4000]
tree = etree.parse(sys.argv[1])
ns = {"r": "urn:linkaudit:report:1"}
one = tree.xpath("//r:instance[r:linked-server]", namespaces=ns)[0]
for other in tree.xpath("//r:instance", namespaces=ns):
    if other is not one:
        other.getparent().remove(other)
for finding in tree.xpath("//r:finding", namespaces=ns):
    if finding.get("instance") != one.get("name"):
        finding.getparent().remove(finding)
findings = tree.xpath("//r:finding", namespaces=ns)
links = {link.get("name") for link in tree.xpath("//r:linked-server", namespaces=ns)}
for number, name in enumerate(names):
    text = lines if number % 2 else evil
    copy = etree.fromstring(etree.tostring(one))
    copy.set("name", name)
    copy.set("server-name", text)
    for element in copy.iter():
        for attribute in ("data-source", "provider-string", "catalog", "location", "object", "database", "remote", "local"):
            if attribute in element.attrib:
                element.set(attribute, text)
    for link in copy.xpath("r:linked-server", namespaces=ns):
        link.set("name", text + link.get("name"))
    one.addprevious(copy)
    for finding in findings:
        again = etree.fromstring(etree.tostring(finding))
        again.set("instance", name)
        if finding.get("link") in links:
            again.set("link", text + finding.get("link"))
        for words in again:
            words.text = text
        findings[0].addprevious(again)
        if finding is findings[0] and finding.get("link") is None:
            continue
        for rule in ("V03", "R07", "T11", "S01", "S13", "H05", "S03", "R01", "R08"):
            if again.get("link"):
                more = etree.fromstring(etree.tostring(again))
                more.set("rule", rule)
                findings[0].addprevious(more)
for element in [one] + findings:
    element.getparent().remove(element)
for name in tree.xpath("//r:certificate/r:name", namespaces=ns):
    name.text = lines
tree.write(sys.argv[2], encoding="UTF-8", xml_declaration=True)
PY
mkdir -p "$work/deep/er"
"$linkaudit" fix "$work/hostile.xml" -o "$work/deep/er/scripts" >"$work/hostile.paths" 2>"$work/hostile.err"
equals "fix succeeds with hostile names" 0 $?
equals "a script for each of them, none over another's" 11 "$(find "$work/deep/er/scripts" -type f -name '*.sql' | wc -l)"
equals "and each path was printed" 11 "$(sort -fu "$work/hostile.paths" | wc -l)"
equals "none elsewhere" 0 "$(find "$work/deep" -type f ! -path '*/er/scripts/*' | wc -l)"
equals "no name of a device, none that is hidden or an option" 0 \
    "$(find "$work/deep/er/scripts" -type f \( -iname 'con.*' -o -name '.*' -o -name '-*' \) | wc -l)"
check "links of these names have their statements" grep -q "EXEC sys.sp_serveroption @server = N'EVIL'';" "$work/deep/er/scripts/_.._.._EVIL"*
# shellcheck disable=SC2046 # the paths hold no blanks
check "names stay inside strings, for a parser and for a reader that splits at GO" node tests/tsql/scripts.mjs $(cat "$work/hostile.paths")

: >"$work/file"
"$linkaudit" fix "$report" -o "$work/file" >/dev/null 2>"$work/file.err"
equals "a file in place of the folder: nothing was written" 3 $?
check "and it is named" grep -q "$work/file" "$work/file.err"
(ulimit -f 1 && exec "$linkaudit" fix "$report" -o "$work/full") >"$work/full.paths" 2>"$work/full.err"
equals "no room for a script: nothing was written" 3 $?
check "and it is said" grep -q "$work/full/" "$work/full.err"
equals "no half of one is left" 0 "$(find "$work/full" -type f | wc -l)"
mkdir -p "$work/half/$(basename "$(tail -n 1 "$work/paths")")/x"
"$linkaudit" fix "$report" -o "$work/half" >/dev/null 2>"$work/half.err"
equals "some scripts were written, one could not be" 2 $?
"$linkaudit" fix "$report" -o "$work/scripts" >"$work/paths.again"
check "written again, the same files" cmp "$work/paths" "$work/paths.again"

one=$(xpath "$report" "//r:instance[@name=//r:finding/@instance][1]/@name" | head -n 1)
"$linkaudit" fix "$report" --instance "$one" >"$work/one.sql"
equals "one instance's script goes to standard output" 1 "$(grep -c '^-- Remedies for the instance' "$work/one.sql")"
"$linkaudit" fix "$report" --instance NOSUCH >"$work/none.sql" 2>"$work/none.err"
equals "an instance that is not there: nothing was written" 3 $?
check "and it is named" grep -q NOSUCH "$work/none.err"
"$linkaudit" fix /nonexistent.xml 2>"$work/missing.err"
equals "a report that is not there: nothing was written" 3 $?
check "and it is named" grep -q nonexistent "$work/missing.err"

"$linkaudit" render "$report" --reassess --format xml -o "$work/again.xml" >/dev/null
equals "a report is judged anew" 0 $?
check "and is valid" xmllint --noout --schema reports/report.xsd "$work/again.xml"
xpath_is "every link has its ten steps" "$work/again.xml" \
    "count(//r:linked-server[count(r:diagnosis/r:step) != 10])" 0
"$linkaudit" render "$work/again.xml" --reassess --format xml -o "$work/twice.xml" >/dev/null
check "judged twice it is the same" cmp "$work/again.xml" "$work/twice.xml"

printf '%s\n' '[severity]' 'R01 = critical' '[waiver old names]' 'rule = V0*' 'owner = a' 'reason = b' 'expires = 2099-01-01' \
    >"$work/policy.ini"
"$linkaudit" render "$report" --reassess --policy "$work/policy.ini" --format xml -o "$work/policy.xml" >/dev/null
equals "with a policy" 0 $?
xpath_is "its severities hold" "$work/policy.xml" "count(//r:finding[@rule='R01' and @severity!='critical'])" 0
check "there are such findings" test "$(xpath "$work/policy.xml" "count(//r:finding[@rule='R01'])")" -gt 0
xpath_is "its waivers hold" "$work/policy.xml" "count(//r:finding[starts-with(@rule, 'V0') and @waived!='true'])" 0
check "there are such findings" test "$(xpath "$work/policy.xml" "count(//r:finding[@waived='true'])")" -gt 0
printf '%s\n' '[policy]' 'slow_sm = 3' >"$work/wrong.ini"
"$linkaudit" render "$report" --reassess --policy "$work/wrong.ini" --format xml -o "$work/wrong.xml" 2>"$work/wrong.err"
equals "a mistake in the policy: nothing was written" 3 $?
check "file and line are named" grep -q "$work/wrong.ini:2: .*slow_sm" "$work/wrong.err"
check "and no file" test ! -e "$work/wrong.xml"

# The policy that the README shows.
awk '/^## /{policy = /^## Policy/} policy && /^    /{sub(/^    /, ""); print}' README.md >"$work/readme.ini"
check "the README shows a policy" grep -q '^\[waiver' "$work/readme.ini"
check "and it is one" "$linkaudit" render "$report" --reassess --policy "$work/readme.ini" --format xml -o "$work/readme.xml"

finish
