#!/usr/bin/env bash
# check_install.sh PRESET - installs a build into a folder of its own, compiles the README's C program against it as a
# user would, in an empty folder with pkg-config, and runs it. The program has ten lines beside its frame.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/common.sh

prefix=$PWD/build/installed
rm -rf "$prefix"
cmake --install "build/$1" --prefix "$prefix"

# Every program and every function has a manual page that groff has nothing to say about.
for page in "$prefix"/share/man/man*/*; do
    head -n 1 "$page" | grep -q '^\.so ' || groff -man -Tutf8 -ww -z "$page" 2>&1
done >build/logs/manual.log
[ ! -s build/logs/manual.log ] || { cat build/logs/manual.log && exit 1; }
for program in "$prefix"/bin/*; do
    ls "$prefix"/share/man/man[18]/"$(basename "$program")".[18]
done
scripts/reference.py symbols | while read -r function _; do
    ls "$prefix/share/man/man3/$function.3"
done >/dev/null

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' README.md >"$work/feed.c"
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name meower.pc)")
export PKG_CONFIG_PATH
lines=$(sed -n '/^{/,/^}/p' "$work/feed.c" | grep -cv '^[{}]*$')
if [ "$lines" -lt 1 ] || [ "$lines" -gt 10 ]; then
    fail "the README's program has $lines lines, not one to ten"
fi
# shellcheck disable=SC2046 # pkg-config prints words
gcc -std=c11 -Wall -Wextra -Wpedantic -Werror "$work/feed.c" -o "$work/feed" \
    $(pkg-config --cflags --libs meower)
cd "$work"
LD_LIBRARY_PATH=$(dirname "$(find "$prefix" -name 'libmeower.so')") ./feed
