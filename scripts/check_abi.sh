#!/usr/bin/env bash
# check_abi.sh check|accept LIBRARY - whether a program that was built with the last release runs with this library:
# compares it with abi/libmeower.abixml (abi/README.md says when and how that file changes). The library needs debug
# information; what the public headers do not show is left out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/common.sh

reference=abi/libmeower.abixml
library=$2

# Whether everything that file $1 promises is in file $2 unchanged.
compare() {
    abidiff --no-added-syms --suppressions abi/allowed.suppr "$1" "$2"
}

# Writes what a library promises, without the places where it was built.
describe() {
    abidw --headers-dir include --drop-private-types --drop-undefined-syms --no-show-locs --no-corpus-path \
        --no-comp-dir-path --no-elf-needed --out-file "$2" "$1"
    sed -i -E "s| path='[^']*/(libmeower/[^']*)'| path='\1'|" "$2"
}

case $1 in
check)
    status=0
    now=$(mktemp --suffix .abixml)
    trap 'rm -f "$now"' EXIT
    describe "$library" "$now"
    compare "$reference" "$now" || status=$?
    [ "$status" -eq 0 ] ||
        fail "programs built with the last release would break, or not notice the change: see above, and abi/README.md"
    echo "nothing that $reference promises has changed"
    ;;
accept)
    soname=$(sed -n "s/.*soname='\([^']*\)'.*/\1/p" "$reference" 2>/dev/null || true)
    describe "$library" "$reference.new"
    if [ -n "$(git tag --list 'v*')" ] && grep -q "soname='$soname'" "$reference.new" &&
        ! compare "$reference" "$reference.new"; then
        rm "$reference.new"
        fail "a release promised this under the name $soname: raise SOVERSION in libmeower/CMakeLists.txt first"
    fi
    mv "$reference.new" "$reference"
    echo "$reference is what $library promises; commit it with the reason"
    ;;
*)
    echo "usage: check_abi.sh check|accept LIBRARY" >&2
    exit 2
    ;;
esac
