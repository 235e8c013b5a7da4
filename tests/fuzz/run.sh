#!/bin/bash
# Runs one fuzz target: run.sh BUILD-FOLDER NAME SECONDS. Its seeds are in tests/corpus/NAME, without "fuzz_"; what it finds
# on the way stays in the build folder, and a crash leaves its input there.
set -u
build=$1 name=$2 seconds=$3
work=$build/fuzz/$name
seeds=tests/corpus/${name#fuzz_}
mkdir -p "$work"
[ -d "$seeds" ] || { echo "$seeds: no seeds"; exit 1; }
status=0
"$build/fuzz/$name.program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="$work/crash-" "$work" "$seeds" >"$work.log" 2>&1 || status=$?
if [ $status -eq 0 ]; then
    grep 'stat::number_of_executed_units' "$work.log"
else
    tail -n 40 "$work.log"
fi
exit $status
