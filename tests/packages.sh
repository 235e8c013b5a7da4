#!/bin/sh
# Installs the packages that are missing: packages.sh build|demo|check|bench
# Each level includes the ones before it. Debian's as root, or through sudo; npm's into the folders of the tests that use
# them. Says what it installs. Tests install nothing: they have a network of their own.
set -eu

build='gcc make pkg-config libc6-dev unixodbc-dev libxml2-dev libxslt1-dev libssl-dev libuv1-dev libc-ares-dev
       libini-config-dev libseccomp-dev'
demo="$build unixodbc odbcinst tdsodbc graphviz libsqlite3-dev libxml2-utils"
check="$demo libcmocka-dev clang libclang-rt-14-dev valgrind freetds-bin python3 python3-lxml python3-impacket openscap-scanner openscap-common openssl libsqliteodbc odbc-postgresql postgresql
       iproute2 nftables gnutls-bin mariadb-server slapd procps chromium fonts-dejavu-core libasan8 libubsan1"

bench="$check nmap"

case "${1-}" in
build) wanted=$build ;;
demo) wanted=$demo ;;
check) wanted=$check ;;
bench) wanted=$bench ;;
*) echo "usage: packages.sh build|demo|check|bench" >&2; exit 3 ;;
esac

missing=
for package in $wanted; do
    if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
        missing="$missing $package"
    fi
done
# A Node.js that did not come from Debian serves as well.
if [ "$1" = check ] || [ "$1" = bench ]; then
    command -v node >/dev/null || missing="$missing nodejs"
    command -v npm >/dev/null || missing="$missing npm"
fi

install_debian() {
    echo "installing:$missing"
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "packages are missing: run 'apt-get install$missing' as root" >&2; exit 1; }
        as_root=sudo
    fi
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update
    # shellcheck disable=SC2086 # a list of words
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $missing >/dev/null
}
[ -z "$missing" ] || install_debian

case "$1" in build | demo) exit 0 ;; esac
# What npm has installed is noted beside it: the lock file as it was.
for folder in "$(dirname "$0")/browser" "$(dirname "$0")/tsql"; do
    installed=$folder/node_modules/.installed
    cmp -s "$folder/package-lock.json" "$installed" && continue
    echo "installing with npm: what $folder/package-lock.json lists"
    (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error >/dev/null)
    cp "$folder/package-lock.json" "$installed"
done
