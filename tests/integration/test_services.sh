#!/bin/bash
# The prober against PostgreSQL, MariaDB and OpenLDAP themselves, with TLS and without. What is not installed is skipped.
. "$(dirname "$0")/lib.sh"
address=127.20.1.1
read -r postgresql_port postgresql_plain_port mariadb_port ldap_port ldaps_port <<<"$(free_ports $address 5)"
as_user=
if [ "$(id -u)" -eq 0 ]; then
    as_user="setpriv --reuid=65534 --regid=65534 --clear-groups"
    chown 65534:65534 "$work"
fi
run_as() { (cd "$work" && exec $as_user "$@"); }
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key.pem" -out "$work/certificate.pem" -days 30 \
    -subj /CN=peer.example -addext subjectAltName=DNS:peer.example 2>/dev/null
[ -z "$as_user" ] || chown 65534:65534 "$work"/*.pem
chmod 600 "$work/key.pem"
peers=

listens() { # listens PORT: waits until somebody does
    local tries=0
    until (exec 3<>/dev/tcp/$address/"$1") 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 150 ] || return 1
        sleep 0.1
    done
}

start_peer() { # start_peer NAME PORT COMMAND...
    local name=$1 port=$2
    shift 2
    (cd "$work" && exec $as_user "$@") >"$work/$name.log" 2>&1 &
    pids="$pids $!"
    if listens "$port"; then peers="$peers $name=$port"; else not_ok "$name started"; tail -n 5 "$work/$name.log"; fi
}

initdb=$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | tail -n 1)
if [ -n "$initdb" ]; then
    run_as "$initdb" -D "$work/postgresql" -A trust >"$work/initdb.log" 2>&1
    for tls in on off; do
        port=$([ $tls = on ] && echo "$postgresql_port" || echo "$postgresql_plain_port")
        run_as cp -r "$work/postgresql" "$work/postgresql-$tls"
        start_peer postgresql-$tls "$port" "$(dirname "$initdb")/postgres" -D "$work/postgresql-$tls" -h $address -p "$port" \
            -c unix_socket_directories= -c ssl=$tls -c ssl_cert_file="$work/certificate.pem" -c ssl_key_file="$work/key.pem" \
            -c fsync=off
    done
else
    echo "skipped: PostgreSQL is not installed"
fi

if [ -x /usr/sbin/mariadbd ] && command -v mariadb-install-db >/dev/null; then
    run_as mariadb-install-db --no-defaults --datadir="$work/mariadb" --auth-root-authentication-method=normal \
        --skip-test-db >"$work/mariadb-install.log" 2>&1
    start_peer mariadb "$mariadb_port" /usr/sbin/mariadbd --no-defaults --datadir="$work/mariadb" --bind-address=$address --port="$mariadb_port" \
        --socket="$work/mariadb.sock" --pid-file="$work/mariadb.pid" --ssl-cert="$work/certificate.pem" \
        --ssl-key="$work/key.pem" --innodb-buffer-pool-size=8M --performance-schema=off
else
    echo "skipped: MariaDB is not installed"
fi

if [ -x /usr/sbin/slapd ]; then
    cat >"$work/slapd.conf" <<EOF
pidfile $work/slapd.pid
TLSCertificateFile $work/certificate.pem
TLSCertificateKeyFile $work/key.pem
EOF
    start_peer openldap "$ldap_port" /usr/sbin/slapd -d 0 -f "$work/slapd.conf" -h "ldap://$address:$ldap_port ldaps://$address:$ldaps_port"
    peers="$peers openldaps=$ldaps_port"
else
    echo "skipped: OpenLDAP is not installed"
fi

# shellcheck disable=SC2086 # a list of words
if /usr/bin/python3 tests/integration/prober/against_services.py $address $peers >"$work/services.log" 2>&1; then
    ok "$(grep -c '^ok' "$work/services.log") answers of real services were read as they should"
else
    not_ok "some answers of real services were not read as they should"
    grep -v '^ok' "$work/services.log"
fi
finish
