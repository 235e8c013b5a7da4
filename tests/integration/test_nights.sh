#!/bin/bash
# Two nights on which nothing happens: the second asks with a handshake alone, and finds the same.
. "$(dirname "$0")/lib.sh"
scenario=tests/integration/nights.scenario
start_estate $scenario || exit 1
secret "$work/password" x

# What was found, without what every night has of its own: times, durations, dates, and what was done to find it.
evidence() {
    sed -E 's/ (ms|probed|as-of|since|connections|broken-off)="[^"]*"//g; s/ \((as of [0-9-]+|[0-9]+ ms)\)//g' "$1"
}
about() { # what the report says of an address, without times
    evidence "$1" | sed -n "/<endpoint [^>]*host=\"$2\"/,/<\/endpoint>/p"
}
counted() { # INSTANCE COUNTER, since the last night
    awk -v name="[$1]" -v counter="$2" '/^\[/ { on = $0 == name } on && $1 == counter { print $2 }' "$work/statistics.txt"
}
second=
night() {
    # Reports are named by the second in which they begin.
    while [ "$(date +%s)" = "$second" ]; do sleep 0.1; done
    "$linkaudit" run -q -c "$work/run.ini" 2>"$work/errors.txt"
    local status=$?
    equals "night $1 ends complete, with findings: $(cat "$work/errors.txt")" 1 $status
    second=$(date +%s)
    cp "$report" "$work/$1.xml"
    take_statistics
    cp "$work/statistics.txt" "$work/$1.counted"
}
since() { # INSTANCE COUNTER: of the last of two nights
    local before after
    cp "$work/$1.counted" "$work/statistics.txt"; before=$(counted "$3" "$4")
    cp "$work/$2.counted" "$work/statistics.txt"; after=$(counted "$3" "$4")
    echo $((after - before))
}

findings() { evidence "$1" | sed -n '/<findings>/,/<\/findings>/p'; }

two_quiet_nights() { # DEPTH
    mkdir "$work/$1"
    report=$work/$1/latest.xml
    cat >"$work/run.ini" <<INI
[audit]
output_dir = $work/$1
format = xml
ca_file = $work/ca.pem
link_test = none
probe_depth = $1
connect_timeout = 2s
tls_timeout = 2s
[login audit]
uid = audit
password_file = password
[instance SOURCE]
server = 127.29.0.1
login = audit
INI
    night one
    night two
    valid_report "the second night's report" "$report"
    for target in 2=PLAIN 3=STRICT 4=STRICT_ONLY 5=NO_TLS 6=OLD 7=RC4 8=SSL3 9=CLOSING 10=TCPS 99=DOWN 11=CUT; do
        address=127.29.0.${target%%=*} name=${target#*=}
        about "$work/one.xml" $address >"$work/before"
        about "$work/two.xml" $address >"$work/after"
        check "$name is on the second night what it was on the first ($1)" diff "$work/before" "$work/after"
        if [ -s "$work/before" ]; then ok "and is something"; else not_ok "$name is not in the report"; fi
    done
    findings "$work/one.xml" >"$work/before"
    findings "$work/two.xml" >"$work/after"
    check "the findings are the same" diff "$work/before" "$work/after"
    xpath_is "TDS 8.0 is carried over, dated" "$report" "string(//r:endpoint[@host='127.29.0.3']/r:strict/@as-of)" \
        "$(xpath "$work/one.xml" "string(//r:endpoint[@host='127.29.0.3']/@probed)")"
    xpath_is "nothing changed" "$report" "count(//r:change)" 0

    # A handshake each, and for what takes no TDS 7 one more for TDS 8.0.
    for expected in PLAIN=1 STRICT=1 STRICT_ONLY=2 NO_TLS=1 OLD=1 RC4=1 SSL3=1 CLOSING=2 TCPS=1; do
        equals "the second night's connections to ${expected%=*}" "${expected#*=}" "$(since one two "${expected%=*}" connections)"
    done
    for expected in PLAIN=0 STRICT=0 STRICT_ONLY=1 NO_TLS=0 OLD=0 RC4=1 SSL3=1 TCPS=0; do
        equals "the second night's broken-off handshakes at ${expected%=*}" "${expected#*=}" "$(since one two "${expected%=*}" severity_20)"
    done
}

two_quiet_nights full
two_quiet_nights versions

# What has changed is asked for everything, what has not is not.
stop_estate
sed 's/^instance STRICT address=127.29.0.3 version=16.0.4135.4/instance STRICT address=127.29.0.3 version=16.0.4140.3/' $scenario >"$work/changed.scenario"
start_estate "$work/changed.scenario" || exit 1
night three
xpath_is "another build is asked anew" "$report" "count(//r:endpoint[@host='127.29.0.3']/*[@as-of])" 0
xpath_is "and its versions are known" "$report" "count(//r:endpoint[@host='127.29.0.3']/r:tls[@outcome='accepted' or @outcome='rejected']) > 3" True
finish
