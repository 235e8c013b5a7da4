#!/bin/sh
# Who may include what: the folders are the picture of the data flow, and each library has one door.
set -u
cd "$(dirname "$0")/.." || exit 1
bad=0

# Files that match the pattern outside of the folders that may.
only() { # only 'PATTERN' 'REASON' FOLDER...
    pattern=$1; reason=$2; shift 2
    files=$(git ls-files --cached --others --exclude-standard '*.c' '*.h' | grep -v '^tests/' | xargs grep -lE "$pattern" /dev/null)
    for folder in "$@"; do files=$(printf '%s\n' "$files" | grep -v "^$folder"); done
    for file in $files; do
        echo "not ok: $file: $reason"
        bad=1
    done
}

only '#include <(sql|sqlext|sqlucode|odbcinst)\.h>' 'ODBC is included in odbc/ only' odbc/
only '#include <openssl/' 'OpenSSL is included in audit/prober/ only' audit/prober/
only '#include <(libxml|libxslt|libexslt)/' 'libxml2 and libxslt are included in reports/ only' reports/
only '#include <ares' 'c-ares is included in audit/resolver/ only' audit/resolver/
only '#include <seccomp.h>' 'libseccomp is included in audit/prober/ only' audit/prober/
only '#include <ini_' 'libini_config is included in audit/ini_file.c only' 'audit/ini_file\.c'
only '#include <uv.h>' 'libuv is included by main and the prober only' 'audit/[a-z_]*\.[ch]' audit/prober/

# Pure folders: the model, the target grammar, themselves and libc.
pure() { # pure FOLDER ALLOWED-PATTERN
    for file in $(git ls-files --cached --others --exclude-standard "$1/*.[ch]"); do
        for name in $(sed -n 's/^#include "\(.*\)"/\1/p' "$file"); do
            printf '%s\n' "$name" | grep -qE "$2" || { echo "not ok: $file includes $name: $1 is pure"; bad=1; }
        done
        for name in $(sed -n 's/^#include <\(.*\)>/\1/p' "$file"); do
            case $name in
            assert.h | ctype.h | errno.h | fnmatch.h | inttypes.h | limits.h | math.h | search.h | stdalign.h | stdarg.h | stdbool.h | stddef.h | \
            stdint.h | stdio.h | stdlib.h | string.h | strings.h | time.h | arpa/inet.h | netinet/in.h | sys/socket.h) ;;
            *) echo "not ok: $file includes <$name>: $1 is pure"; bad=1 ;;
            esac
        done
    done
}
pure audit/model '^audit/model/'
pure audit/target '^audit/(model|target)/'
pure audit/diagnosis '^audit/(model|target|diagnosis)/'
pure audit/rules '^audit/((model|target|diagnosis|rules)/|ini_file\.h)'

# The stand-in shares nothing with what it tests.
for file in $(git ls-files --cached --others --exclude-standard 'tests/estate/*.[ch]'); do
    if grep -nE '#include "(audit|odbc|reports)/' "$file"; then
        echo "not ok: $file includes a part of the program that it tests"
        bad=1
    fi
done

[ $bad -eq 0 ] && echo "ok: every file includes what its folder may"
exit $bad
