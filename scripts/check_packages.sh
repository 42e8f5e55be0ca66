#!/usr/bin/env bash
# check_packages.sh PRESET - what was installed serves programs outside: C by pkg-config, by CMake and by hand with the
# static library, and C++; with every backend (the build of PRESET) and with SQLite alone, which then is all it links.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/common.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
warnings=(-Wall -Wextra -Wpedantic -Werror)

# Shared libraries that a file needs.
needed() {
    readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | LC_ALL=C sort | xargs
}

is() {
    [ "$2" = "$3" ] || fail "$1: $2, expected: $3"
    printf '%s: %s\n' "$1" "$2"
}

# The library without any engine, its own folder being moved after it was installed.
install_sqlite_only() {
    local options=()
    for engine in POSTGRESQL NATS KAFKA ELASTICSEARCH; do
        options+=("-DMEOWER_WITH_$engine=OFF")
    done
    for part in DAEMONS TESTS BENCH EXAMPLES; do
        options+=("-DMEOWER_BUILD_$part=OFF")
    done
    cmake --preset release -B build/sqlite-only "${options[@]}" >"$work/log" || { cat "$work/log" && return 1; }
    cmake --build build/sqlite-only -j "$(nproc)"
    cmake --install build/sqlite-only --prefix "$work/installed" >/dev/null
    mv "$work/installed" "$1"
}

# The program finds headers and library, and links nothing but the library.
by_pkg_config() {
    # shellcheck disable=SC2046 # pkg-config prints words
    gcc -std=c99 "${warnings[@]}" tests/install/consumer.c -o "$work/by_pkg_config" $(pkg-config --cflags --libs meower)
    is "pkg-config, shared, needs" "$(needed "$work/by_pkg_config")" "libc.so.6 libmeower.so.1"
    "$work/by_pkg_config"
}

# by_static PREFIX: the static library, and the shared ones of the packages it says it needs.
by_static() {
    # shellcheck disable=SC2046
    gcc -std=c99 "${warnings[@]}" tests/install/consumer.c -o "$work/by_static" $(pkg-config --cflags meower) \
        "$1/lib/libmeower.a" -pthread $(pkg-config --libs $(pkg-config --print-requires-private meower | cut -d ' ' -f 1))
    [[ " $(needed "$work/by_static") " != *" libmeower"* ]] || fail "it needs libmeower.so"
    LD_LIBRARY_PATH='' "$work/by_static"
    echo "pkg-config, static library: runs without libmeower.so"
}

# namesakes PREFIX: a program has functions whose names are used inside the library.
namesakes() {
    # shellcheck disable=SC2046
    gcc -std=c99 "${warnings[@]}" tests/install/namesakes.c -o "$work/namesakes" $(pkg-config --cflags meower) \
        "$1/lib/libmeower.a" -pthread $(pkg-config --libs $(pkg-config --print-requires-private meower | cut -d ' ' -f 1))
    LD_LIBRARY_PATH='' "$work/namesakes"
}

# A project that takes the source tree into its own: the library is all that is built, and the parent's tree is its own.
as_subproject() {
    local folder=$work/subproject
    cmake -G Ninja -S tests/install/subproject -B "$folder" -DMEOWER_SOURCE="$PWD" >"$work/log" 2>&1 ||
        { cat "$work/log" && return 1; }
    cmake --build "$folder" -j "$(nproc)" >"$work/log" || { cat "$work/log" && return 1; }
    "$folder/parent_shared"
    "$folder/parent_static"
    is "the parent's tree has" "$(cd "$folder" && find . -maxdepth 1 ! -name '.*' -printf '%f\n' | LC_ALL=C sort | xargs)" \
        "CMakeCache.txt CMakeFiles build.ninja cmake_install.cmake meower parent_shared parent_static"
    [ -z "$(find "$folder" -name 'meowerd*' -o -name 'test_*')" ] || fail "more than the library was built"
}

# A program that needs no shared library at all: pkg-config --static names what that takes. Debian has the static
# libraries for SQLite and utf8proc, not for every engine's client.
by_static_program() {
    # shellcheck disable=SC2046
    gcc -std=c99 "${warnings[@]}" tests/install/consumer.c -o "$work/static" -static \
        $(pkg-config --static --cflags --libs meower)
    is "pkg-config --static, needs" "$(needed "$work/static")" ""
    "$work/static"
}

# by_cmake PREFIX COMPONENTS: a project outside finds the package, with its components.
by_cmake() {
    local folder=$work/by_cmake-${2//;/-}
    cmake -G Ninja -S tests/install/cmake -B "$folder" -DCMAKE_PREFIX_PATH="$1" -DCOMPONENTS="$2" >"$work/log" 2>&1 ||
        { cat "$work/log" && return 1; }
    cmake --build "$folder"
    for program in consumer_c consumer_cxx consumer_static; do
        "$folder/$program"
        echo "CMake, $program: runs"
    done
}

# A component that was left out is said to be missing, by name.
cmake_refuses() {
    ! by_cmake "$1" "$2" >"$work/refused" || fail "component $2 was found in $1"
    grep -q "built without the component \"$2\"" "$work/refused" || { cat "$work/refused" && exit 1; }
    echo "CMake: component $2 is refused by name"
}

# Whatever folder they were built for, the trees stand where they are now.
use() {
    export PKG_CONFIG_PATH=$1/lib/pkgconfig LD_LIBRARY_PATH=$1/lib
}

every=$work/every
libdir=$(sed -n 's/^CMAKE_INSTALL_LIBDIR:PATH=//p' "build/$1/CMakeCache.txt")
[ "$libdir" = lib ] || fail "expected CMAKE_INSTALL_LIBDIR to be lib, not $libdir"
cmake --install "build/$1" --prefix "$every" >/dev/null
use "$every"
by_pkg_config
by_static "$every"
namesakes "$every"
as_subproject
by_cmake "$every" "postgresql;nats;kafka;elasticsearch;static"
"$work/by_pkg_config" postgresql

only=$work/only
install_sqlite_only "$only"
use "$only"
is "the library with SQLite alone needs" "$(needed "$only/lib/libmeower.so")" "libc.so.6 libsqlite3.so.0 libutf8proc.so.2"
by_pkg_config
by_static "$only"
by_static_program
by_cmake "$only" static
for engine in postgresql nats kafka elasticsearch; do
    cmake_refuses "$only" "$engine"
done
"$work/by_pkg_config" sqlite
if "$work/by_pkg_config" postgresql >"$work/refused"; then exit 1; fi
grep -q 'not built into this library; build it with -DMEOWER_WITH_POSTGRESQL=ON' "$work/refused"
echo "the library with SQLite alone says how to get PostgreSQL"

cmake -G Ninja -S examples -B "$work/examples" -DCMAKE_PREFIX_PATH="$only" >/dev/null
cmake --build "$work/examples"
"$work/examples/examples/one_process" >/dev/null
echo "the examples build against what was installed"
