#!/usr/bin/env bash
# check_symbols.sh LIBRARY - the shared library, and the static one beside it, export exactly the functions that the public
# headers declare; and the library keeps no state outside of its handles: nothing in it can be written, for a process or
# for a thread.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

declared() {
    cat include/meower/*.h | grep -zoP '(?m)^MEOWER_API[^;]*?\Kmeower_\w+(?=\()' | tr '\0' '\n' | LC_ALL=C sort -u
}

exported() {
    nm -D --defined-only "$1" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | LC_ALL=C sort -u
}

[ "$(declared | wc -l)" -gt 20 ] || { echo "the declarations were not found: this check needs repair" >&2 && exit 1; }
if ! diff <(declared) <(exported "$1"); then
    echo "< is declared but not exported, > is exported but not declared" >&2
    exit 1
fi
static=${1%.so}.a
if ! diff <(declared) <(nm -g --defined-only "$static" | awk 'NF == 3 { print $3 }' | LC_ALL=C sort -u); then
    echo "< is declared but not in $static, > is a global name of it that a program may have for itself" >&2
    exit 1
fi
echo "$(declared | wc -l) functions, declared and exported alike"

# The C runtime's own eight bytes in .data and .bss; .data.rel.ro is read-only once the loader is done.
writable=$(readelf -SW "$1" | sed -n 's/^ *\[ *[0-9]*\] //p' |
    awk '($1 ~ /^\.(data|bss)$/ && $5 != "000008") || $1 ~ /^\.t(data|bss)$/ { print $1 ": " $5 " bytes" }')
if [ -n "$writable" ]; then
    printf 'the library has global state:\n%s\n' "$writable" >&2
    exit 1
fi
echo "no global state"
