#!/usr/bin/env bash
# check_python.sh - the Python package as its users get it: pip installs it from the folder as its README says, a wheel
# is built, repaired and given its licences, and what is installed passes its suite, doctests, mypy and stubtest, in an
# empty folder.
#
# check_python.sh asan - the suite again, on what this script installed, with the library under the address sanitizer.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/common.sh

project=$PWD
binding=$project/bindings/python
tools=$project/build/python/tools
installed=$project/build/python/installed
export PIP_DISABLE_PIP_VERSION_CHECK=1

# A venv with what builds and tests; made anew when its list changes.
make_tools() {
    cmp -s "$binding/requirements-dev.txt" "$tools/requirements.txt" && return
    rm -rf "$tools"
    /usr/bin/python3 -m venv "$tools"
    "$tools/bin/pip" install -q -r "$binding/requirements-dev.txt"
    cp "$binding/requirements-dev.txt" "$tools/requirements.txt"
}

# Prints the first block of a language in the README.
first_block() {
    awk -v language="$1" '$0 == "```" language { inside = 1; next } /^```$/ && inside { exit } inside' "$binding/README.md"
}

# A venv with nothing, into which the package is installed by the command that its README gives.
install_from_folder() {
    rm -rf "$installed"
    /usr/bin/python3 -m venv "$installed"
    first_block sh >build/python/install.sh
    grep -q 'pip install' build/python/install.sh || fail "the README does not say how to install"
    PATH=$installed/bin:$PATH bash -ex build/python/install.sh
}

# The README's first program has five lines at most, and runs where nothing else is.
run_readme() {
    first_block python >"$work/first.py"
    [ "$(grep -c . "$work/first.py")" -le 5 ] || fail "the README's first program has more than five lines"
    (cd "$work" && "$installed/bin/python" first.py)
}

build_wheel() {
    rm -rf build/python/wheels
    "$tools/bin/pip" wheel -q --no-deps --no-build-isolation -w build/python/wheels/built "$binding"
    PATH=$tools/bin:$PATH "$tools/bin/auditwheel" repair -w build/python/wheels build/python/wheels/built/*.whl
    "$tools/bin/python" "$binding/tools/add_licences.py" build/python/wheels/*.whl
}

# Installs the wheel, and lets the venv see the tools.
install_wheel() {
    "$installed/bin/pip" install -q --no-deps --force-reinstall build/python/wheels/*.whl
    "$installed/bin/python" - "$tools" <<'END'
import pathlib, sys, sysconfig
tools = sysconfig.get_path("purelib", vars={"base": sys.argv[1]})
pathlib.Path(sysconfig.get_path("purelib"), "tools.pth").write_text(tools + "\n")
END
}

# run_pytest NAME ARGUMENT...: runs pytest on what is installed, and counts.
run_pytest() {
    local report=$project/build/logs/$1.xml
    tallied "$report" env -C "$work" timeout 600 "$installed/bin/python" -m pytest -q -c "$binding/pyproject.toml" \
        --durations=5 --junitxml "$report" "${@:2}"
}

# Chained: what stands before || does not end at the first command that fails.
check_types() {
    local mypy=("$installed/bin/python" -m mypy --strict --cache-dir "$project/build/python/mypy")
    cd "$work" && "${mypy[@]}" -p meower && "${mypy[@]}" "$binding/tests/typed_use.py" &&
        "$installed/bin/python" -m mypy.stubtest meower --allowlist "$binding/stubtest-allow.txt" && echo "tally: 3 0 0"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p build/python build/logs

if [ "${1:-}" = asan ]; then
    [ -x "$installed/bin/python" ] || fail "run the step python first: it installs what this one tests"
    export MEOWER_LIBRARY=$project/build/asan/lib/libmeower.so LD_PRELOAD
    LD_PRELOAD=$(gcc -print-file-name=libasan.so)
    # The interpreter itself leaks at its exit.
    ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=1 run_pytest python-asan "$binding/tests" --ignore "$binding/tests/test_wheel.py"
    exit
fi

make_tools
install_from_folder
run_readme
build_wheel
install_wheel
export MEOWER_WHEEL
MEOWER_WHEEL=$(echo "$project"/build/python/wheels/*.whl)
status=0
run_pytest python "$binding/tests" || status=$?
run_pytest python-doctest --doctest-modules --pyargs meower || status=$?
(check_types) || status=$?
exit "$status"
