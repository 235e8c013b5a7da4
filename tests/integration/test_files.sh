#!/bin/bash
# The files of a run: whole or not at all, whatever the disk, other runs and the system do.
. "$(dirname "$0")/lib.sh"
# As root, in mounts of our own that end with the script.
if [ "$(id -u)" -eq 0 ] && [ "${1-}" != mounts ] && unshare -m true 2>/dev/null; then
    rm -rf "$work"
    exec unshare -m bash "${BASH_SOURCE[0]}" mounts
fi
cat >"$work/files.scenario" <<'E2'
network 127.70
instance SRC address=${network}.8.1
  login audit password=pw
  link ONE provider=MSOLEDBSQL product="" data_source=127.70.8.1
    mapping local=* self=yes
instance HANGS address=${network}.8.2 behaviour=hang-in-query
  login audit password=pw
E2
secret "$work/password" pw
mkdir "$work/out"
configuration() { # configuration FILE DIRECTORY LINES...
    local file=$1 directory=$2
    shift 2
    printf '%s\n' '[audit]' "output_dir = $directory" 'connect_timeout = 1s' 'tls_timeout = 1s' 'query_timeout = 4s' "$@" \
        '[login audit]' 'uid = audit' 'password_file = password' \
        '[instance SRC]' 'server = 127.70.8.1' 'login = audit' >"$work/$file"
}
configuration run.ini out
start_estate "$work/files.scenario" || exit 1
# run EXPECTED "what" CONFIGURATION ARGUMENTS...
run() {
    local expected=$1 what=$2 file=$3
    shift 3
    "$linkaudit" run -q -c "$work/$file" "$@" >"$work/out.txt" 2>"$work/err.txt"
    equals "$what: exit code" "$expected" $?
}
reports() { find "$1" -maxdepth 1 -name "linkaudit-*.$2" | wc -l; }
hidden() { find "$1" -maxdepth 1 -name '.*' ! -name . ! -name "$(basename "$1")" | wc -l; }
second() { # names of runs hold seconds: begin a new one
    local now=$(date +%s)
    while [ "$(date +%s)" = "$now" ]; do sleep 0.05; done
}

# ---- a first run, and every format ---------------------------------------------------------------------------------

run 0 "the first run" run.ini
first=$(readlink "$work/out/latest.xml")
valid_report "its report" "$work/out/latest.xml"
equals "the HTML belongs to the same run" "${first%.xml}.html" "$(readlink "$work/out/latest.html")"
equals "nobody else may read it, with any umask" "640 640" "$(stat -c %a "$work/out/$first" "$work/out/${first%.xml}.html" | tr '\n' ' ' | sed 's/ $//')"
second
(umask 000 && exec "$linkaudit" run -q -c "$work/run.ini" --format xml,csv,metrics,junit >"$work/out.txt" 2>&1)
equals "other formats: exit code" 0 $?
equals "each format has its file beside the XML, and the hash of that" 5 "$(find "$work/out" -name "$(basename "$(readlink "$work/out/latest.xml")" .xml).*" | wc -l)"
equals "not for others, either" "" "$(find "$work/out" -type f ! -perm 640)"

# ---- what it says ----------------------------------------------------------------------------------------------------------

configuration two.ini out
printf '%s\n' '[instance GONE]' 'server = 127.70.8.9' 'login = audit' >>"$work/two.ini"
second
TERM=xterm "$linkaudit" run -c "$work/two.ini" >"$work/summary.txt" 2>"$work/err.txt"
equals "a run with an instance that is gone: exit code" 2 $?
check "what is broken" grep -qE '^ +0 of 1 links do not work$' "$work/summary.txt"
check "what will break" grep -qE '^ +[0-9]+ will break on SQL Server 2025' "$work/summary.txt"
check "what changed, and since when" grep -qE '^ +[0-9]+ changed since [0-9-]{10} [0-9:]{5} UTC$' "$work/summary.txt"
check "what was not audited, and at what it ended" grep -qE '^ +1 of 2 instances could not be audited: GONE \(connect\)$' "$work/summary.txt"
check "the reports come last" test "$(tail -n 2 "$work/summary.txt" | tr '\n' ' ')" = "$(readlink -f "$work/out/latest.xml") $(readlink -f "$work/out/latest.html") "
check "of links that nobody could count, no figure" grep -qE '^linkaudit: GONE: failed: ' "$work/err.txt"
equals "without a terminal nothing is for one" "" "$(grep -l $'\033' "$work/summary.txt" "$work/err.txt")"
# On a terminal of 44 columns: a line that is rewritten, and never wraps.
cat >"$work/terminal.py" <<'PY'
import fcntl, os, pty, re, struct, sys, termios
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 44, 0, 0))
    os.environ.update(TERM="xterm")
    os.environ.pop("NO_COLOR", None)
    os.execv(sys.argv[1], sys.argv[1:])
shown = b""
try:
    while part := os.read(terminal, 65536):
        shown += part
except OSError:
    pass
os.waitpid(child, 0)
lines = re.findall(rb"\r\033\[K(\d+ of \d+ instances[^\r]*)", shown)
print("progress", "yes" if lines and max(map(len, lines)) < 44 else "no")
print("colour", "yes" if re.search(rb"\033\[1;33m +\d\033\[0m of \d instances", shown) else "no")
print("cleared", "yes" if shown.rfind(b"\r\033[K") < shown.find(b"links do not work") else "no")
PY
printf '%s\n' '[instance HANGS]' 'server = 127.70.8.2' 'login = audit' 'instance_deadline = 2s' >>"$work/two.ini"
second
equals "on a terminal: progress, colour, and nothing left of the progress" "progress yes colour yes cleared yes" \
    "$(python3 "$work/terminal.py" "$linkaudit" run -c "$work/two.ini" | tr '\n' ' ' | sed 's/ $//')"

# ---- a full disk ---------------------------------------------------------------------------------------------------------

if [ "${1-}" = mounts ]; then
    mkdir "$work/small"
    mount -t tmpfs -o size=2m none "$work/small"
    configuration small.ini small
    run 0 "a run on a small disk" small.ini
    former=$(readlink "$work/small/latest.xml") page=$(readlink "$work/small/latest.html")
    sum=$(cksum "$work/small/$former" "$work/small/$page")
    dd if=/dev/zero of="$work/small/fill" bs=4k 2>/dev/null
    second
    run 3 "a full disk" small.ini
    check "the message names the report and the reason" grep -q "$work/small/linkaudit-.*\.xml: .*No space left" "$work/err.txt"
    equals "the former report is the latest" "$former $page" "$(readlink "$work/small/latest.xml") $(readlink "$work/small/latest.html")"
    equals "and unchanged" "$sum" "$(cksum "$work/small/$former" "$work/small/$page")"
    equals "nothing half-written is left" 0 "$(hidden "$work/small")"
    equals "nor a second report" 1 "$(reports "$work/small" xml)"

    # Room for the XML, and not for the HTML.
    need=$(($(stat -c %s "$work/small/$former") / 4096 + 3))
    truncate -s "-$((need * 4096))" "$work/small/fill"
    second
    run 2 "a disk with room for the XML alone" small.ini
    check "the message says that the XML is complete" grep -q 'XML report is complete' "$work/err.txt"
    valid_report "it" "$work/small/latest.xml"
    if [ "$(readlink "$work/small/latest.xml")" != "$former" ]; then ok "it is the latest"; else not_ok "it is the latest"; fi
    equals "the former page stays" "$page" "$(readlink "$work/small/latest.html")"
    equals "nothing half-written is left of the page" 0 "$(hidden "$work/small")"

    mount -o remount,ro "$work/small"
    take_statistics
    before=$(grep '^connections' "$work/statistics.txt")
    run 3 "a disk that may not be written" small.ini
    check "the folder is named" grep -q "output folder .*small: Read-only" "$work/err.txt"
    take_statistics
    equals "it is found out before anything connects" "$before" "$(grep '^connections' "$work/statistics.txt")"
    umount "$work/small"
else
    echo "skipped: a full and a read-only disk need root, for a tmpfs"
    mkdir -m 500 "$work/closed"
    configuration closed.ini closed
    run 3 "a folder that may not be written" closed.ini
fi

# The same without root: no file may grow beyond a limit.
latest=$(readlink "$work/out/latest.xml")
second
(ulimit -f 1 && exec "$linkaudit" run -q -c "$work/run.ini" >/dev/null 2>"$work/err.txt")
equals "a file-size limit: exit code" 3 $?
check "the message names the reason" grep -q 'File too large' "$work/err.txt"
equals "the former report is the latest" "$latest" "$(readlink "$work/out/latest.xml")"
equals "nothing half-written is left" 0 "$(hidden "$work/out")"

# ---- a former report that is damaged --------------------------------------------------------------------------------------

second
cp "$work/out/$latest" "$work/keep.xml"
truncate -s 1500 "$work/out/$latest"
run 0 "a damaged former report" run.ini
check "it is said" grep -q 'former report cannot be compared' "$work/err.txt"
valid_report "the new one" "$work/out/latest.xml"

# ---- two runs at once, one killed -------------------------------------------------------------------------------------------

mkdir "$work/both"
configuration both.ini both
"$linkaudit" run -q -c "$work/both.ini" 2>"$work/one.err" &
one=$!
"$linkaudit" run -q -c "$work/both.ini" 2>"$work/two.err" &
two=$!
wait $one
equals "of two runs at once the first is complete" 0 $?
wait $two
equals "and so is the second" 0 $?
equals "both have their reports" "2 2" "$(reports "$work/both" xml) $(reports "$work/both" html)"
equals "the latest XML and HTML are of one run, the later one" "$(find "$work/both" -name '*.xml' -type f -printf '%f\n' | sort | tail -n 1 | sed 's/xml$//')" \
    "$(readlink "$work/both/latest.xml" | sed 's/xml$//')"
equals "of the same run" "$(readlink "$work/both/latest.xml" | sed 's/xml$/html/')" "$(readlink "$work/both/latest.html")"
equals "nothing half-written is left" 0 "$(hidden "$work/both")"

mkdir "$work/killed"
configuration killed.ini killed
printf '%s\n' '[instance HANGS]' 'server = 127.70.8.2' 'login = audit' >>"$work/killed.ini"
hangs() {
    take_statistics
    [ "$(awk '/^\[/ {at = $1} at == "[HANGS]" && $1 == "logins_accepted" {print $2}' "$work/statistics.txt")" -gt 0 ]
}
"$linkaudit" run -q -c "$work/killed.ini" 2>/dev/null &
main=$!
within 60 hangs || not_ok "the run came as far as the server that hangs"
disown $main
kill -KILL $main
no_role_is_left "a main that is killed takes its children with it"
equals "and leaves no file" "" "$(ls -A "$work/killed")"

# ---- leftovers, keep ----------------------------------------------------------------------------------------------------------

mkdir "$work/keep"
configuration keep.ini keep 'keep = 2' 'format = xml,html,csv'
(
    cd "$work/keep" || exit
    touch -d '2 hours ago' .linkaudit-AbCdEf.partial .linkaudit-longer-name.partial notes.txt linkaudit.xml linkaudit-20200101T000000Z.xml .hidden
    touch -d '2 hours ago' .linkaudit-LoCkEd.partial
    touch .linkaudit-YoUnGg.partial
    ln -s ../password .linkaudit-SyMlNk.partial
    for day in 1 2 3; do for kind in xml html csv; do echo old >"linkaudit-2020010${day}T000000Z-host-$day.$kind"; done; done
)
exec 8>>"$work/keep/.linkaudit-LoCkEd.partial"
touch -d '2 hours ago' "$work/keep/.linkaudit-LoCkEd.partial"
flock 8
run 0 "a folder with leftovers" keep.ini
exec 8>&-
there() { if [ -e "$work/keep/$1" ] || [ -L "$work/keep/$1" ]; then echo yes; else echo no; fi; }
equals "what a killed run left is swept" no "$(there .linkaudit-AbCdEf.partial)"
for file in .linkaudit-YoUnGg.partial .linkaudit-LoCkEd.partial .linkaudit-SyMlNk.partial .linkaudit-longer-name.partial notes.txt linkaudit.xml \
    linkaudit-20200101T000000Z.xml .hidden; do
    equals "$file stays" yes "$(there $file)"
done
equals "keep = 2: two runs are left, with all their files" 7 "$(find "$work/keep" -name 'linkaudit-*Z-*' | wc -l)"
equals "the newest of the former is one of them" "yes no" "$(there linkaudit-20200103T000000Z-host-3.html) $(there linkaudit-20200102T000000Z-host-2.xml)"
valid_report "the latest" "$work/keep/latest.xml"

# ---- notify_command -------------------------------------------------------------------------------------------------------------

cat >"$work/notify.sh" <<'E2'
[ -s "$LINKAUDIT_XML" ] && [ "$(readlink -f "$(dirname "$LINKAUDIT_XML")/latest.xml")" = "$(readlink -f "$LINKAUDIT_XML")" ] && published=yes
echo "exit=$LINKAUDIT_EXIT published=${published-no} xml=$LINKAUDIT_XML html=$LINKAUDIT_HTML" >"$(dirname "$0")/notified"
E2
configuration notify.ini out "notify_command = sh '$work/notify.sh'"
second
run 0 "notify_command" notify.ini
path=$(readlink "$work/out/latest.xml")
check "it is told exit code and files, after they are published" grep -qE "^exit=0 published=yes xml=.*/out/$path html=.*/out/${path%.xml}.html\$" "$work/notified"
second
configuration notify.ini out 'notify_command = exit 7'
run 0 "a notify_command that fails changes no exit code" notify.ini
check "it is said" grep -q 'notify_command failed' "$work/err.txt"
configuration notify.ini none "notify_command = touch '$work/never'"
run 3 "without a report" notify.ini
equals "nobody is notified" no "$([ -e "$work/never" ] && echo yes || echo no)"
finish
