# shellcheck shell=bash
# servers.sh - the real servers that the tests run against: PostgreSQL, NATS, Kafka, search engines and NGINX, on loopback.
# Sourced by test.sh, in the project's folder. Each checkout has servers and ports of its own, so that runs do not collide.

servers_key=$(printf '%s' "$PWD" | cksum | cut -d ' ' -f 1)
servers_folder=/tmp/meower-servers-$servers_key # others than root run some of them: it must be open to all
servers_port=$((20000 + servers_key % 1200 * 10))
engine_older=(elasticsearch-6.2.3 elasticsearch-7.10.2)

export MEOWER_TEST_SERVERS=$servers_folder
export MEOWER_TEST_POSTGRESQL=postgresql://meower:meower@127.0.0.1:$servers_port/postgres
export MEOWER_TEST_NATS=nats://127.0.0.1:$((servers_port + 1))
export MEOWER_TEST_KAFKA=kafka://127.0.0.1:$((servers_port + 2))
export MEOWER_TEST_ELASTICSEARCH=elasticsearch:http://127.0.0.1:$((servers_port + 4))
export NGINX_ROOT=$servers_folder/nginx/root

# server NAME PORT: installs and starts one.
server() {
    echo "$1 on port $2"
    PORT=$2 "tests/servers/$1" install "$servers_folder/${3:-$1}"
    PORT=$2 "tests/servers/$1" start "$servers_folder/${3:-$1}"
}

servers_start() {
    mkdir -p "$servers_folder"
    chmod 755 "$servers_folder"
    server postgresql "$servers_port"
    server nats $((servers_port + 1))
    server kafka $((servers_port + 2))
    server search-engine $((servers_port + 4))
    tests/servers/nginx install "$servers_folder/nginx" # each deployment starts one of its own
}

# Stops those that run; their data stay.
servers_stop() {
    local name
    for name in postgresql nats kafka search-engine "${engine_older[@]}"; do
        [ ! -d "$servers_folder/$name" ] || case $name in
            elasticsearch-*) tests/servers/search-engine stop "$servers_folder/$name" ;;
            *) "tests/servers/$name" stop "$servers_folder/$name" ;;
        esac
    done
}

run_search_suites() {
    build/dev/tests/test_search_elasticsearch && build/dev/tests/test_elasticsearch_server &&
        build/dev/tests/test_elasticsearch_order
}

# with_engine ENGINE COMMAND...: runs it while MEOWER_TEST_ELASTICSEARCH is an engine that the other steps do not use.
with_engine() {
    local engine=$1 status=0
    shift
    ENGINE=$engine server search-engine $((servers_port + 5)) "$engine"
    MEOWER_TEST_ELASTICSEARCH=elasticsearch:http://127.0.0.1:$((servers_port + 5)) "$@" || status=$?
    tests/servers/search-engine stop "$servers_folder/$engine"
    return "$status"
}

# The search suites against the engines that are older than the one the other steps use.
run_older_engines() {
    local engine status=0
    for engine in "${engine_older[@]}"; do
        with_engine "$engine" run_search_suites || status=1
    done
    return "$status"
}

# run_behind_nginx BUS SEARCH [SELECTION]: the black-box suite, or the selected tests of it, against three daemons behind
# NGINX.
run_behind_nginx() {
    local report=build/logs/nginx.xml
    echo "bus $1, search $2 ${MEOWER_TEST_ELASTICSEARCH##*:}"
    MEOWERD="$PWD/build/dev/bin/meowerd" tallied "$report" timeout 1200 /usr/bin/python3 -m pytest tests/http -q \
        --junitxml "$report" --deployment distributed --bus "$1" --search "$2" ${3:+-k "$3"}
}

# Every engine that the full run leaves out, with the tests that differ by engine.
run_other_deployments() {
    local selection="test_post or test_search or test_original_defects or test_get_delete" status=0
    run_behind_nginx postgresql index "test_search or test_original_defects or test_sse" || status=1
    with_engine elasticsearch-7.10.2 run_behind_nginx nats elasticsearch "$selection" || status=1
    with_engine elasticsearch-6.2.3 run_behind_nginx postgresql elasticsearch test_search || status=1
    return "$status"
}

# Every bus with every search engine; kafka with OpenSearch has a step of its own.
run_all_deployments() {
    local bus engine status=0
    for bus in postgresql nats kafka; do
        run_behind_nginx "$bus" index || status=1
        [ "$bus" = kafka ] || run_behind_nginx "$bus" elasticsearch || status=1
        for engine in "${engine_older[@]}"; do
            with_engine "$engine" run_behind_nginx "$bus" elasticsearch || status=1
        done
    done
    return "$status"
}
