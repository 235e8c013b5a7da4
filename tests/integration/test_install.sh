#!/bin/bash
# What `make install` puts where, and that the manual and the units say what the program is.
. "$(dirname "$0")/lib.sh"
root=$work/root
sanitize=
if [ -z "${build##*sanitized*}" ]; then sanitize=1; fi # as it was built: what is out of date is made anew
check "make install" make -s install BUILD="$build" SANITIZE=$sanitize DESTDIR="$root" PREFIX=/usr
equals "the installed program runs" "$("$linkaudit" --version)" "$("$root/usr/bin/linkaudit" --version 2>&1)"

manual=$root/usr/share/man/man1/linkaudit.1
"$linkaudit" --help | grep -o -- '--[a-z][a-z-]*' | sort -u >"$work/options"
"$linkaudit" --help | sed -n 's/^  linkaudit \([a-z]*\) .*/\1/p' >"$work/commands"
check "the program's help names its commands and options" test -s "$work/options" -a -s "$work/commands"
while read -r option; do
    check "the manual has $option" grep -q -- "Fl -${option#--}\b" "$manual"
done <"$work/options"
while read -r command; do
    equals "the manual has $command in its synopsis and its description" 2 \
        "$(grep -c -x -e ".Cm $command" -e ".It Cm $command" "$manual")"
done <"$work/commands"
grep -o -- 'Fl -[a-z][a-z-]*' "$manual" | sed 's/Fl -/--/' | sort -u >"$work/manual-options"
equals "the manual has no option that the program lacks" "" "$(comm -23 "$work/manual-options" "$work/options")"

unit=$root/usr/lib/systemd/system/linkaudit.service
equals "the service starts the installed program" "/usr/bin/linkaudit run -q" "$(sed -n 's/^ExecStart=//p' "$unit")"
if command -v systemd-analyze >/dev/null; then
    sed -i "s|=/usr/bin/|=$root/usr/bin/|" "$unit"
    check "systemd accepts service and timer" systemd-analyze verify --man=no "$unit" "${unit%service}timer"
    equals "and has nothing to say about them" "" "$(grep linkaudit "$work/check.log")"
else
    echo "skipped: systemd is not installed"
fi
finish
