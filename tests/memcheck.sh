#!/bin/bash
# The demo's audit under valgrind, every role of it: memcheck.sh BUILD-FOLDER (of make VALGRIND=1). Takes some minutes.
# Every role, and no program of others that a role runs. The deadlines are longer than the demo's, and that build has no
# system-call filter, which valgrind does not know.
set -u
build=$(cd "$1" && pwd)
. "$(dirname "$0")/integration/lib.sh"
sed 's/^\(deadline\|instance_deadline\|login_timeout\|query_timeout\|connect_timeout\|tls_timeout\) .*/\1 = 5m/;
     s/^instance_concurrency.*/instance_concurrency = 2/' tests/estate/demo.ini >"$work/linkaudit.ini"
cp tests/estate/demo-policy.ini "$work/policy.ini"
mkdir "$work/reports" "$work/logs"
secret "$work/linkaudit.password" Nightly-Audit-2026
sed -i 's/^connect_timeout.*/connect_timeout = 10s/; s/^tls_timeout.*/tls_timeout = 30s/; s/^login_timeout.*/login_timeout = 60s/' "$work/linkaudit.ini"
start_estate tests/estate/demo.scenario || exit 1
valgrind -q --trace-children=yes --trace-children-skip='*/sfdp,*/sha256sum' --vgdb=no --leak-check=full --show-leak-kinds=definite,indirect \
    --errors-for-leak-kinds=definite --error-exitcode=99 --log-file="$work/logs/%p.log" \
    "$linkaudit" run -c "$work/linkaudit.ini" >"$work/run.out" 2>&1
equals "the audit ends as without valgrind" 2 $?
valid_report "its report" "$work/reports/latest.xml"
xpath_is "no problem of the run itself" "$work/reports/latest.xml" "string(//r:problems/r:message)" ""
processes=$(find "$work/logs" -name '*.log' | wc -l)
if [ "$processes" -ge 20 ]; then ok "$processes processes were watched"; else not_ok "only $processes processes were watched"; fi
if grep -q '== ' "$work"/logs/*.log; then not_ok "no error and no leak"; grep -h '== ' "$work"/logs/*.log | head -n 60; else ok "no error and no leak"; fi
finish
