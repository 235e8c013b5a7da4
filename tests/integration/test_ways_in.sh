#!/bin/bash
# How the audit gets in: what a configuration may hold, who may read a password, and what becomes of its commands.
. "$(dirname "$0")/lib.sh"
cat >"$work/in.scenario" <<'E2'
network 127.70
instance IN address=${network}.9.1
  login audit password=planted-secret
E2
secret "$work/password" planted-secret
configure() { printf '%s\n' '[audit]' 'output_dir = out' 'format = xml' "$@" >"$work/in.ini"; }
# refused "what" TEXT: the run stops before anything connects, and the reason has that text and no secret
refused() {
    "$linkaudit" run -q -c "$work/in.ini" >"$work/out.txt" 2>&1
    equals "$1: nothing is audited" 3 $?
    check "$1: the reason says so" grep -qF -- "$2" "$work/out.txt"
    check "$1: with file and line" grep -qE "in.ini:[0-9]+: " "$work/out.txt"
    equals "$1: without the password" 0 "$(grep -c planted-secret "$work/out.txt")"
}
mkdir "$work/out"
start_estate "$work/in.scenario" || exit 1

string='DRIVER=FreeTDS;Server=127.70.9.1;Port=1433'
configure '[instance IN]' "connection = $string;UID=audit;PWD=planted-secret"
refused "a password in a connection string" 'password_file'
configure '[instance IN]' "connection = $string;Encrypt=yes" 'login = audit' '[login audit]' 'uid = audit' 'password_file = password'
refused "a keyword that FreeTDS would ignore" 'Encryption=require'
configure '[instance IN]' "connection = $string" 'login = audit' '[login audit]' 'uid = audit' 'password_file = password'
"$linkaudit" run -q -c "$work/in.ini"
equals "the same string without its password, and a [login], get in" 0 $?

stop_estate
equals "what was refused connected to nothing" 1 "$(sed -n '/^\[IN\]/,/^$/s/^logins_accepted //p' "$work/statistics.txt")"
finish
