#!/bin/bash
# A role that was taken over sends what it likes. Main believes it only about what it was asked: the audit's password goes to no
# other server or port, nothing is said of others' endpoints and links, main's memory and time stay bounded, the report is written.
. "$(dirname "$0")/lib.sh"

cat >"$work/hostile.scenario" <<'E2'
network 127.75
instance FIXED address=${network}.0.1
  login audit password=pw grant="ALTER ANY LINKED SERVER"
  link ONE provider=MSOLEDBSQL product="" data_source=127.75.0.2
    mapping local=* self=yes
instance NAMED address=${network}.0.2 port=51433 instance=SALES
  login audit password=pw
instance ELSEWHERE address=${network}.0.1 port=1499
  login audit password=pw
instance THIEF address=${network}.0.9
  login audit password=pw
E2
secret "$work/password" pw
cat >"$work/hostile.ini" <<'E2'
[audit]
output_dir = out
format = xml
connect_timeout = 1s
tls_timeout = 1s
login_timeout = 2s
query_timeout = 2s
instance_deadline = 20s
dns_suffixes = corp.test
[hosts]
fixed.corp.test = 127.75.0.1
[login audit]
uid = audit
password_file = password
[instance FIXED]
server = fixed
login = audit
[instance NAMED]
server = 127.75.0.2\SALES
login = audit
E2
mkdir "$work/program"
cp "$build/integration/hostile_role" "$work/program/linkaudit"
start_estate "$work/hostile.scenario" || exit 1
counted() { awk -v i="[$1]" -v k="$2" '$0 == i {on = 1; next} /^\[/ {on = 0} on && $1 == k {print $2}' "$work/statistics.txt"; }

# attack ROLE NAME "what main says" [EXPECTED EXIT CODE [ARGUMENTS...]]: the run ends by itself, within memory, with a valid report
attack() {
    local role=$1 name=$2 said=$3 expected=${4-2} peak
    shift $(($# < 4 ? $# : 4))
    rm -rf "$work/out"
    mkdir "$work/out"
    echo "$role $name" >"$work/program/attack"
    peak=$(/usr/bin/python3 - "$work/program/linkaudit" run -c "$work/hostile.ini" "$@" 2>"$work/err.txt" <<'PY'
import resource, subprocess, sys
try:
    code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, timeout=300).returncode
except subprocess.TimeoutExpired:
    code = "none within 300 s"
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
PY
    )
    equals "$role, $name: exit code" "$expected" "${peak% *}"
    if [ "${peak##* }" -lt 900 ]; then ok "main's memory is bounded"; else not_ok "$role, $name: ${peak##* } MiB"; fi
    check "the report is valid" xmllint --noout --schema reports/report.xsd "$work/out/latest.xml"
    if [ -n "$said" ]; then
        if grep -qE "$said" "$work/out/latest.xml"; then ok "it is told"; else
            not_ok "$role, $name: it is not told"
            grep -E '<(problems|message)' "$work/out/latest.xml" | cut -c1-300 | head -n 10
        fi
    fi
}
# The other roles do their work as ever.
instance() { xpath_is "instance $1 is $2" "$work/out/latest.xml" "string(//r:instance[@name='$1']/@status)" "$2"; }

rm -f "$work/program/attack"
attack none none "" 0 # the program is what it is without an attack
instance FIXED audited
instance NAMED audited

attack resolver another-name 'resolver was ended.*named another host'
attack resolver no-address 'resolver was ended.*address that is none'
attack resolver another-endpoint 'resolver was ended.*what it was not asked'
attack resolver entities 'resolver was ended.*without declarations'
attack resolver done 'answered what it was not asked'

# Of a named instance the port is SQL Browser's to tell, at its own host; nobody asked for FIXED's.
attack prober another-port ''
instance FIXED audited
instance NAMED failed
attack prober no-port 'the port of instance .* is not known'
attack prober another-name 'prober was ended.*an address or a name'
attack prober another-endpoint 'prober was ended.*what it was not asked'
attack prober rows 'prober was ended.*than there can be'
attack prober logs 'log lines without end'
attack prober entities 'prober was ended.*without declarations'
attack prober garbage 'what is no frame'

attack collector another-row 'cannot be believed: a row &lt;endpoint&gt;'
attack collector links-endpoint 'cannot be believed: a linked server that begins'
attack collector links-diagnosis 'cannot be believed: a linked server that begins'
attack collector untested 'cannot be believed: a linked server that begins'
attack collector twice '' 0
xpath_is "what was said first stands" "$work/out/latest.xml" "string(//r:linked-server/@data-source)" 127.75.0.1
attack collector after 'died after its work was done: .*after all was done' 0
attack collector rows 'more than 256 MiB came from this instance|overran its deadline' 2 --only FIXED # whichever a machine meets first
attack collector text 'cannot be believed: a text of more than'
attack collector logs 'log lines without end'
attack collector entities 'cannot be believed: .*without declarations'
attack collector job 'a frame that only goes down'
attack collector done 'had not said what the instance is'
# What ends a collector costs the link that it was at, and not those that it would have come to; nor does a run go on for ever.
tested() { xpath_is "$1" "$work/out/latest.xml" "count(//r:instance[@name='FIXED']/r:linked-server[r:test[$2]])" "$3"; }
attack collector dies-in-tests 'its collector ended before it' 2 --only FIXED
tested "all links but one are tested" "@outcome='ok'" 8
tested "that one is said not to be" "@outcome='skipped'" 1
attack collector tests-nothing 'its collector ended before it' 0 --only FIXED
tested "who tests nothing has tested nothing" "@outcome='skipped'" 9

# The fork server says what came of a collector: only of one that it was asked for. Before, its death harms nobody.
attack fork-server done 'forked from is gone: the process told the end of a child that it does not have' 0
instance FIXED audited
instance NAMED audited
attack fork-server another-child 'forked from is gone: the process told the end of a child that it does not have'
attack fork-server loaded-twice 'forked from is gone: the process said twice that everything is loaded'

stop_estate
for server in THIEF ELSEWHERE; do
    equals "the audit's password went to no other server: logins at $server" "0 0" "$(counted $server logins_accepted) $(counted $server logins_refused)"
done
if grep -rq . "$work/out" && grep -rqw pw "$work/out"; then not_ok "no password in a report"; else ok "no password in a report"; fi
finish
