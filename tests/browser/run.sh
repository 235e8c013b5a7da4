#!/bin/bash
# The HTML report in real Chromium: run.sh BUILD-FOLDER. Reports come from the corpus and from the generator.
set -euo pipefail
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/../.."
work=$build/browser
rm -rf "$work"
mkdir -p "$work"
"$build/linkaudit" render tests/corpus/reports/estate.xml -o "$work/estate.html" >/dev/null
# The same estate after one instance moved to SQL Server 2025, with what the prober found at one that did not answer, and
# with a remedy as the program writes it: commands and remarks in turn, and a name that has three blanks itself.
sed -e 's/server-version="15.0.4430.1"/server-version="17.0.4065.4"/' \
    -e '/ id="e17"/s|</endpoint>|<diagnosis cause="no-route" actor="network"><text>sql05 cannot be reached.</text></diagnosis>&|' \
    -e "s|<next>On sql-old:[^<]*|<next>EXEC sys.sp_testlinkedserver @servername = N'A   B';   on SQL01; then   Get-Service 'MSSQL*'   on sql-old|" \
    tests/corpus/reports/estate.xml >"$work/moved.xml"
"$build/linkaudit" render "$work/moved.xml" -o "$work/moved.html" >/dev/null
"$build/linkaudit" render tests/corpus/reports/minimal.xml -o "$work/minimal.html" >/dev/null
"$build/linkaudit" render tests/corpus/reports/answers.xml -o "$work/answers.html" >/dev/null
"$build/unit/make_report" 1300 "$work/large.xml"
"$build/linkaudit" render "$work/large.xml" -o "$work/large.html" >/dev/null
REPORTS=$work node --test --test-reporter=spec tests/browser/*.test.mjs
