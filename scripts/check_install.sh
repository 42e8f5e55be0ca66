#!/usr/bin/env bash
# check_install.sh PRESET - installs a build into a folder of its own, compiles the README's C program against it as a
# user would, with pkg-config, and runs it.
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
# shellcheck disable=SC2046 # pkg-config prints words
gcc -std=c11 -Wall -Wextra -Wpedantic -Werror "$work/feed.c" -o "$work/feed" \
    $(pkg-config --define-variable=prefix="$prefix" --cflags --libs meower)
cd "$work"
LD_LIBRARY_PATH=$(dirname "$(find "$prefix" -name 'libmeower.so')") ./feed
