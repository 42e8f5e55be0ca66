# shellcheck shell=bash
# servers.sh - the real servers that the tests run against: PostgreSQL, NATS, Kafka and search engines, on loopback.
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
    build/dev/tests/test_search_elasticsearch && build/dev/tests/test_elasticsearch_server
}

# The search suites against the engines that are older than the one the other steps use.
run_older_engines() {
    local engine status=0
    for engine in "${engine_older[@]}"; do
        ENGINE=$engine server search-engine $((servers_port + 5)) "$engine"
        MEOWER_TEST_ELASTICSEARCH=elasticsearch:http://127.0.0.1:$((servers_port + 5)) \
            run_search_suites || status=1
        tests/servers/search-engine stop "$servers_folder/$engine"
    done
    return "$status"
}
