#!/usr/bin/env bash
# check_symbols.sh LIBRARY - the shared library exports exactly the functions that the public headers declare.
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
echo "$(declared | wc -l) functions, declared and exported alike"
