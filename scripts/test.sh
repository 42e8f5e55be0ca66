#!/usr/bin/env bash
# test.sh - ./dev test: every step that a change must pass, each announced with its time, and a sum at the end.
#
# A step is one line of steps() below: its name, what it proves, and a command that fails when it does not. A command
# that runs a test suite prints a line "tally: PASSED FAILED SKIPPED"; any other command counts as one test.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/common.sh
source scripts/servers.sh

steps() {
    step      format        "C files look as clang-format leaves them"                 check_format
    step      scripts       "shell scripts have no known mistake"                      check_scripts
    step      headers       "public headers stand alone: C99, C11, C++17"              scripts/check_headers.sh
    step      structure     "no include points upwards, none in a circle"              run_structure
    step      contract      "the search contract, reckoned by its page alone"          run_contract
    step      servers       "PostgreSQL, NATS, Kafka, OpenSearch are up"               servers_start
    step      web           "the page: types, logic, build"                            run_web
    step      dev           "debug build, every C suite"                               run_ctest dev
    step      quality       "searches find what people mean, as often as before"      run_quality
    step      fault         "every call fails, once and for good"                      run_faults dev
    step      sim           "20,000 seeds, and every mutant is noticed"                run_sim
    step      crash         "kill -9 under load loses and doubles nothing"             run_crashes dev
    step      engines       "the search suite on older Elasticsearch"                  run_older_engines
    step      distributed   "several daemons on engines that come and go"              run_distributed
    step      nginx         "three daemons behind NGINX, on Kafka and OpenSearch"      run_full_deployment
    step      nginx-more    "the same on other buses and search engines"               run_deployments
    long_step containers    "what the container files run, without containers"         run_containers
    step      symbols       "exported is what is declared"                             check_symbols dev
    step      examples      "every example does what it says"                          run_examples dev
    step      abi           "programs built before still run"                          check_abi dev
    step      install       "installed, and used as the README shows"                  check_install dev
    step      packages      "what is installed serves other programs"                  check_packages dev
    step      portable      "the library compiles on musl and on 32 bit"               scripts/check_portable.sh
    long_step debian        "Debian packages: lintian, installed, used"                scripts/check_debian.sh
    step      docs          "every block of the documentation runs"                    check_docs dev
    step      python        "the wheel: built, repaired, installed; its suite"         scripts/check_python.sh
    step      browser       "the page in Chromium, before every server"                run_browser
    step      tidy          "clang-tidy finds nothing"                                 check_tidy
    step      asan          "address and undefined-behaviour sanitizers"               run_ctest asan
    step      http-asan     "the black box, under the same"                            run_http asan
    long_step examples-asan "the examples, under the same"                             run_examples asan
    long_step python-asan   "Python's suite on the library under the same"             check_python_asan
    long_step fault-asan    "every call fails, under the same"                         run_faults asan
    step      tsan          "thread sanitizer"                                         run_ctest tsan
    step      http-tsan     "the black box on two service threads, under the same"     run_http tsan --service-threads 2
}

export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:detect_stack_use_after_return=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1:suppressions=$PWD/scripts/tsan.supp}

# Runs its arguments without address space randomisation: gcc 12's thread sanitizer stops with "unexpected memory
# mapping" where the kernel randomises more than 28 bits (vm.mmap_rnd_bits).
unrandomised() {
    if setarch "$(uname -m)" -R true 2>/dev/null; then
        setarch "$(uname -m)" -R "$@"
    else
        "$@"
    fi
}

# Runs the simulation, and each mutant of tests/sim/mutants until it is noticed.
run_sim() {
    local mutant noticed=0 missed=()
    configure release
    cmake --build --preset release -j "$(nproc)" --target sim sim_mutants
    build/release/tests/sim/sim --seeds 20000 --jobs "$(nproc)"
    for mutant in tests/sim/mutants/*.mutant; do
        mutant=$(basename "$mutant" .mutant)
        if build/release/tests/sim/sim_"$mutant" --seeds 10000 --jobs "$(nproc)" --expect-violation; then
            noticed=$((noticed + 1))
        else
            missed+=("$mutant")
        fi
    done
    echo "$noticed mutants noticed within 10,000 seeds, missed: ${missed[*]:-none}"
    echo "tally: $((noticed + 1)) ${#missed[@]} 0"
    [ "${#missed[@]}" -eq 0 ]
}

check_format() {
    c_files | xargs clang-format-16 --dry-run -Werror
}

check_scripts() {
    shellcheck -x dev .ci/run scripts/*.sh
}

check_symbols() {
    build "$1"
    scripts/check_symbols.sh "build/$1/lib/libmeower.so"
}

check_abi() {
    build "$1"
    scripts/check_abi.sh check "build/$1/lib/libmeower.so"
    /usr/bin/python3 scripts/reference.py check
}

check_install() {
    build "$1"
    scripts/check_install.sh "$1"
}

check_packages() {
    build "$1"
    scripts/check_packages.sh "$1"
}

# Builds the site, where every link must lead somewhere, and runs the blocks against an installed build.
check_docs() {
    local report=build/logs/docs.xml
    build "$1"
    scripts/docs.py build/docs/site
    cmake --install "build/$1" --prefix "$PWD/build/installed" >/dev/null
    INSTALLED=build/installed tallied "$report" timeout 600 /usr/bin/python3 -m pytest tests/docs -q --junitxml "$report"
}

# What the step python has installed, with the library of the build under the sanitizers.
check_python_asan() {
    build asan
    scripts/check_python.sh asan
}

check_tidy() {
    configure dev
    find libmeower daemons -name '*.c' -print0 | xargs -0 -n 1 -P "$(nproc)" clang-tidy-14 -p build/dev --quiet
}

# Builds a preset and runs the C suites in it; counts the tests inside each test program. The suites against servers run
# in the debug build; under the sanitizers they take their time, so that is for ./dev test --all.
run_ctest() {
    local status=0 left_out=()
    build "$1"
    [ "$1" = dev ] || [ -n "$all" ] || left_out=(-E 'postgresql|nats|kafka|elasticsearch')
    unrandomised ctest --preset "$1" -j "$(nproc)" --no-tests=error "${left_out[@]}" || status=$?
    awk -f scripts/tally_ctest.awk "build/$1/Testing/Temporary/LastTest.log"
    return "$status"
}

# Builds a preset and runs its examples.
run_examples() {
    local report="build/logs/examples-$1.xml"
    build "$1"
    EXAMPLES="$PWD/build/$1/examples" tallied "$report" timeout 600 /usr/bin/python3 -m pytest tests/examples -q \
        --junitxml "$report"
}

# Builds a preset and has each call of the library fail, and a sample of SQLite's, which --all makes larger; all of them:
# every_call --stride 1.
run_faults() {
    local stride=()
    build "$1"
    [ -n "$all" ] || stride=(--stride 149)
    "build/$1/tests/every_call" "${stride[@]}"
}

# Builds a preset and kills its programs, and the engines, at random moments; ./dev crash does it for longer.
run_crashes() {
    local status=0 crash=(/usr/bin/python3 tests/crash/crash.py --programs "build/$1/bin")
    build "$1"
    servers_start
    "${crash[@]}" --stack sqlite --cycles 300 || status=1
    "${crash[@]}" --stack postgresql-nats --cycles 20 || status=1
    "${crash[@]}" --stack postgresql-kafka --cycles 15 || status=1
    "${crash[@]}" --stack postgresql-nats-elasticsearch --cycles 10 || status=1
    return "$status"
}

# Builds a preset and runs the black-box suite against its programs: run_http PRESET [OPTION...]
run_http() {
    local report="build/logs/http-$1.xml"
    build "$1"
    MEOWERD="$PWD/build/$1/bin/meowerd" tallied "$report" unrandomised timeout 1200 /usr/bin/python3 -m pytest tests/http \
        -q --junitxml "$report" "${@:2}"
}

# The layers of libmeower and the daemons, as their includes show them.
run_structure() {
    local report=build/logs/structure.xml
    tallied "$report" /usr/bin/python3 -m pytest tests/structure -q --junitxml "$report"
}

# The reckoning that the black-box suite holds the search to.
run_contract() {
    local report=build/logs/contract.xml
    tallied "$report" /usr/bin/python3 -m pytest tests/search -q --junitxml "$report"
}

# Real messages and real misspellings, of which the floor says how many were found before.
run_quality() {
    need quality
    PYTHONPATH=bench /usr/bin/python3 -m quality --systems meowerd --meowerd build/dev/bin/meowerd \
        --check bench/quality_floor.json
}

# Checks and builds the page, and runs the tests of its logic.
run_web() {
    local report="$PWD/build/logs/web.xml"
    npm_install web
    npm --prefix web run check
    npm --prefix web run build -- --outDir "$PWD/build/web"
    tallied "$report" npm --prefix web test -- --reporter=default --reporter=junit --outputFile="$report"
}

# Two or more daemons of each kind on the real servers, which it takes down and starts again. --all: on every one of them.
run_distributed() {
    local report=build/logs/distributed.xml
    build dev
    servers_start
    tallied "$report" timeout 1800 /usr/bin/python3 -m pytest tests/distributed -q --bin build/dev/bin ${all:+--long} \
        --junitxml "$report"
}

# The whole black-box suite against the distributed deployment.
run_full_deployment() {
    build dev
    servers_start
    run_behind_nginx kafka elasticsearch
}

# Builds what the image holds, and starts it as compose.yaml says.
run_containers() {
    local report=build/logs/containers.xml
    servers_start
    tallied "$report" timeout 1200 /usr/bin/python3 -m pytest tests/containers -q -p no:cacheprovider --junitxml "$report"
}

# Parts of it on the other engines; with --all the whole of it on all of them.
run_deployments() {
    build dev
    servers_start
    if [ -n "$all" ]; then run_all_deployments; else run_other_deployments; fi
}

# Runs the page in Chromium: all of it against meowerd, and against the three daemons behind NGINX on the bus and the
# search engine of the original.
run_browser() {
    local status=0
    build dev
    npm_install tests/browser
    browser_suite embedded || status=1
    servers_start
    ENGINES="nats elasticsearch" browser_suite distributed || status=1
    return "$status"
}

# browser_suite DEPLOYMENT
browser_suite() {
    local report="$PWD/build/logs/browser-$1.xml"
    DEPLOYMENT=$1 tallied "$report" timeout 900 npm --prefix tests/browser test -- --reporter=default --reporter=junit \
        --outputFile="$report"
}

clock() {
    printf '%d:%02d' $(($1 / 60)) $(($1 % 60))
}

wanted() {
    [ "${#names[@]}" -eq 0 ] || [[ " ${names[*]} " == *" $1 "* ]]
}

# A step that takes its time: run with --all, or by its name.
long_step() {
    if [ -n "$all" ] || [ -n "$list" ] || [ "${#names[@]}" -gt 0 ]; then step "$@"; fi
}

# Runs one step: its output goes to build/logs/NAME.log and is shown when it fails.
step() {
    local name=$1 title=$2 log=build/logs/$1.log started=$SECONDS status verdict=ok counts
    local step_passed step_failed step_skipped
    shift 2
    known+=("$name")
    [ -z "$list" ] || { printf '%-13s %s\n' "$name" "$title" && return; }
    wanted "$name" || return 0
    say "$name: $title"
    set +e # for bash ignores -e inside whatever stands before ||, however deep
    (
        set -e
        "$@"
    ) >"$log" 2>&1
    status=$?
    set -e
    counts=$(awk '/^tally: / { p += $2; f += $3; s += $4; n++ } END { if (n) print p + 0, f + 0, s + 0 }' "$log")
    [ -n "$counts" ] || counts=$([ "$status" -eq 0 ] && echo "1 0 0" || echo "0 1 0")
    read -r step_passed step_failed step_skipped <<<"$counts"
    if [ "$status" -ne 0 ]; then
        verdict=FAILED
        [ "$step_failed" -gt 0 ] || step_failed=1
        tail -n 300 "$log"
    fi
    passed=$((passed + step_passed)) failed=$((failed + step_failed)) skipped=$((skipped + step_skipped))
    summary+=("$(printf '%-13s %-6s %5d passed %3d failed %3d skipped %7s' "$name" "$verdict" "$step_passed" \
        "$step_failed" "$step_skipped" "$(clock $((SECONDS - started)))")")
    printf '    %s, %s, log in %s\n' "$verdict" "$(clock $((SECONDS - started)))" "$log"
}

all=''
if [ "${1:-}" = --all ]; then
    all=1
    shift
fi
list='' names=() known=() summary=() passed=0 failed=0 skipped=0
if [ "${1:-}" = --list ]; then
    list=1
    steps
    exit 0
fi

list=1 && steps >/dev/null && list=''
for name in "$@"; do
    [[ " ${known[*]} " == *" $name "* ]] || fail "there is no step $name. ./dev test --list names them all"
    names+=("$name")
done

need run test
need_npm
mkdir -p build/logs
trap servers_stop EXIT
steps
say "all steps, $(clock $SECONDS)"
printf '%s\n' "${summary[@]}"
echo
echo "$passed passed, $failed failed$([ "$skipped" -eq 0 ] || echo ", $skipped skipped")"
[ "$failed" -eq 0 ]
