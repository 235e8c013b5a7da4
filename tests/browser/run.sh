#!/bin/bash
# The HTML report in real Chromium: run.sh BUILD-FOLDER. Reports come from the corpus and from the generator.
set -euo pipefail
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/../.."
work=$build/browser
rm -rf "$work"
mkdir -p "$work"
"$build/linkaudit" render tests/corpus/reports/estate.xml -o "$work/estate.html" >/dev/null
"$build/linkaudit" render tests/corpus/reports/minimal.xml -o "$work/minimal.html" >/dev/null
"$build/linkaudit" render tests/corpus/reports/answers.xml -o "$work/answers.html" >/dev/null
"$build/unit/make_report" 1300 "$work/large.xml"
"$build/linkaudit" render "$work/large.xml" -o "$work/large.html" >/dev/null
REPORTS=$work node --test --test-reporter=spec tests/browser/*.test.mjs
