#!/usr/bin/env bash
# check_headers.sh - every public header compiles alone, and twice, with every warning, as C99, C11 and C++17.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

warnings=(-Wall -Wextra -Wpedantic -pedantic-errors -Wshadow -Wconversion -Werror)
for header in include/meower/*.h; do
    line="#include <meower/$(basename "$header")>"
    for compiler in "gcc -std=c99 -xc" "gcc -std=c11 -xc" "g++ -std=c++17 -xc++"; do
        echo "$compiler $header"
        # shellcheck disable=SC2086 # a compiler is a word and its options
        printf '%s\n%s\n' "$line" "$line" | $compiler "${warnings[@]}" -Iinclude -fsyntax-only -
    done
done
