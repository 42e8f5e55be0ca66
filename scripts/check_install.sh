#!/usr/bin/env bash
# check_install.sh PRESET - installs a build into a folder of its own, compiles the README's C program against it as a
# user would, in an empty folder with pkg-config, and runs it. The program has ten lines beside its frame.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

prefix=$PWD/build/installed
rm -rf "$prefix"
cmake --install "build/$1" --prefix "$prefix"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' README.md >"$work/feed.c"
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name meower.pc)")
export PKG_CONFIG_PATH
lines=$(sed -n '/^{/,/^}/p' "$work/feed.c" | grep -cv '^[{}]*$')
if [ "$lines" -lt 1 ] || [ "$lines" -gt 10 ]; then
    echo "the README's program has $lines lines, not one to ten" >&2
    exit 1
fi
# shellcheck disable=SC2046 # pkg-config prints words
gcc -std=c11 -Wall -Wextra -Wpedantic -Werror "$work/feed.c" -o "$work/feed" \
    $(pkg-config --cflags --libs meower)
cd "$work"
LD_LIBRARY_PATH=$(dirname "$(find "$prefix" -name 'libmeower.so')") ./feed
