#!/usr/bin/env bash
# check_portable.sh - the library compiles without a warning where this machine's own builds say nothing: on another C
# library (musl), and on 32 bit, where a size_t, a pointer and a long are half as wide. With SQLite alone: the packages of
# the engines are not there for other machines. It is compiled, not run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/common.sh

# compile NAME COMPILER: headers of SQLite and utf8proc come after the compiler's own.
compile() {
    local folder=build/portable-$1 options=()
    for engine in POSTGRESQL NATS KAFKA ELASTICSEARCH; do
        options+=("-DMEOWER_WITH_$engine=OFF")
    done
    for part in DAEMONS TESTS BENCH EXAMPLES MANUAL; do
        options+=("-DMEOWER_BUILD_$part=OFF")
    done
    cmake --preset dev -B "$folder" "${options[@]}" -DCMAKE_C_COMPILER="$2" -DCMAKE_C_FLAGS="-idirafter /usr/include" \
        >"build/logs/configure-portable-$1.log" 2>&1 || { cat "build/logs/configure-portable-$1.log" && return 1; }
    cmake --build "$folder" -j "$(nproc)" --target meower_objects
    echo "$1: the library compiles"
}

need portable
compile musl musl-gcc
compile 32-bit i686-linux-gnu-gcc
