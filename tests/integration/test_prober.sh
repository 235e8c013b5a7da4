#!/bin/bash
# The prober alone against the stand-in estate: every outcome, and what the other side counted.
. "$(dirname "$0")/lib.sh"
network=127.20
scenario=tests/integration/prober/estate.scenario
start_estate $scenario --network $network || exit 1
check "every endpoint is what the stand-in plays" \
    /usr/bin/python3 tests/integration/prober/against_estate.py $network $scenario "$work/ca.pem" "$work/statistics.txt" "$estate"
grep -v '^ok' "$work/check.log" | head -n 40
finish
