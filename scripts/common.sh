# shellcheck shell=bash
# common.sh - what every part of ./dev stands on: messages, packages, builds. Sourced, in the project's folder.

say() {
    printf '==> %s\n' "$*"
}

# Says what went wrong and what to do about it, and ends the script.
fail() {
    printf '==> error: %s\n' "$*" >&2
    exit 1
}

# Prints the packages of the groups named.
packages_of() {
    local group
    for group in "$@"; do
        awk -v group="$group" '$1 == group { print $2 }' scripts/packages.txt
    done | sort -u
}

# Prints the packages of the groups named that are not installed.
packages_missing() {
    local package
    for package in $(packages_of "$@"); do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
    done
}

# Runs apt-get as root, without questions, and waits for another apt-get to end rather than fail.
apt() {
    local root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "packages are missing and this is neither root nor a machine with sudo." \
            "As root: apt-get install ${missing[*]}"
        root=(sudo)
    fi
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" \
        </dev/null >>"$apt_log" 2>&1
}

# Installs what is missing of the packages of the groups named. MEOWER_SKIP_INSTALL=1 leaves that to you.
need() {
    local missing apt_log=build/logs/apt-get.log
    [ "${MEOWER_SKIP_INSTALL:-}" != 1 ] || return 0
    command -v apt-get >/dev/null ||
        fail "this is not Debian or a relative of it. Install what scripts/packages.txt lists, then set" \
            "MEOWER_SKIP_INSTALL=1"
    mapfile -t missing < <(packages_missing "$@")
    [ "${#missing[@]}" -gt 0 ] || return 0
    mkdir -p build/logs
    : >"$apt_log"
    say "installing ${missing[*]}"
    apt update || say "apt-get update failed (offline?), trying with the lists at hand"
    apt install -y --no-install-recommends "${missing[@]}" || {
        tail -n 20 "$apt_log" >&2
        fail "apt-get could not install them; its output is in $apt_log. Try: apt-get install ${missing[*]}"
    }
}

# Installs Node.js and npm where there is no npm: another source's nodejs has it inside, and excludes Debian's.
need_npm() {
    command -v npm >/dev/null || need npm
}

# Installs the packages of a folder's package-lock.json, once for each version of that.
npm_install() {
    cmp -s "$1/package-lock.json" "$1/node_modules/.installed" ||
        (cd "$1" && npm ci && cp package-lock.json node_modules/.installed)
}

# Unpacks NGINX for the benchmarks. Installing the package would start its service on port 80, now and at every boot.
need_nginx() {
    local folder=build/bench/nginx apt_log=build/logs/apt-get.log
    [ ! -x /usr/sbin/nginx ] && [ ! -x "$folder/usr/sbin/nginx" ] || return 0
    mkdir -p "$folder" build/logs
    say "unpacking NGINX into $folder"
    (cd "$folder" && apt-get -q download nginx && dpkg -x nginx_*.deb .) >>"$apt_log" 2>&1 ||
        fail "NGINX could not be fetched; see $apt_log. Try: apt-get update, or apt-get install nginx-light"
}

tantivy_folder=build/bench/tantivy

# Makes a venv with tantivy, a search engine that Debian lacks.
need_tantivy() {
    [ ! -e "$tantivy_folder/ready" ] || return 0
    /usr/bin/python3 -m venv "$tantivy_folder" && "$tantivy_folder/bin/pip" install -q tantivy==0.27.0 &&
        touch "$tantivy_folder/ready"
}

# Configures a preset of CMakePresets.json into build/PRESET.
configure() {
    local log=build/logs/configure-$1.log
    mkdir -p build/logs
    cmake --preset "$1" >"$log" 2>&1 || {
        cat "$log" >&2
        printf '==> error: cmake --preset %s failed, see above. ./dev clean gives a fresh start.\n' "$1" >&2
        return 1
    }
}

# Configures and builds a preset.
build() {
    configure "$1" && cmake --build --preset "$1" -j "$(nproc)"
}

# tallied REPORT COMMAND...: runs tests that write a JUnit report, and counts them, also when it came to none.
tallied() {
    local status=0
    rm -f "$1"
    "${@:2}" || status=$?
    /usr/bin/python3 scripts/tally_pytest.py "$1"
    return "$status"
}

# Prints the C files of the project.
c_files() {
    find . \( -path ./build -o -name node_modules \) -prune -o -name '*.[ch]' -print | sort
}
