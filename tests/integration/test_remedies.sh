#!/bin/bash
# linkaudit fix and render --reassess on a report that is there: scripts for each instance, findings judged anew.
. "$(dirname "$0")/lib.sh"
report=tests/corpus/reports/estate.xml

"$linkaudit" fix "$report" -o "$work/scripts" >"$work/paths"
equals "fix succeeds" 0 $?
equals "a script for each instance with something to do, and its path printed" \
    "$(xpath "$report" "count(//r:instance[@server-name and @name=//r:finding[not(@waived='true')]/@instance])")" "$(wc -l <"$work/paths")"
check "each path is a file" xargs ls <"$work/paths"
while read -r script; do
    check "$(basename "$script") is guarded for its instance" grep -q "SERVERPROPERTY('ServerName')" "$script"
    equals "$(basename "$script") is kept from others" 640 "$(stat -c %a "$script")"
    equals "$(basename "$script") begins with a byte order mark" efbbbf "$(head -c 3 "$script" | od -An -tx1 | tr -d ' ')"
done <"$work/paths"

if [ ! -d tests/tsql/node_modules ] || [ tests/tsql/package-lock.json -nt tests/tsql/node_modules ]; then
    (cd tests/tsql && npm ci --no-audit --no-fund --loglevel=error && touch node_modules)
fi
# shellcheck disable=SC2046 # the paths hold no blanks
check "what stands in the scripts is T-SQL to a parser that others wrote" node tests/tsql/scripts.mjs $(cat "$work/paths")

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
