#!/usr/bin/env bash
# check_debian.sh - builds the Debian packages from a copy of the project in build/debian, has lintian look at them,
# unpacks them into a folder, and uses what is in it: what debian/tests asks for.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=$(dpkg-parsechangelog --show-field Version)
folder=$PWD/build/debian
source=$folder/meower-$version
root=$folder/root

# Builds in a copy of what git knows: whatever else lies about is not part of the packages.
build_packages() {
    rm -rf "$folder"
    mkdir -p "$source"
    git ls-files --cached --others --exclude-standard -z | tar --create --null --files-from=- |
        tar --extract --directory "$source"
    (cd "$source" && dpkg-buildpackage -us -uc -b)
}

check_with_lintian() {
    lintian --fail-on error,warning --allow-root "$folder"/meower_*.changes
}

check_versions() {
    grep -q "#define MEOWER_VERSION  *\"$version\"" include/meower/base.h || {
        echo "debian/changelog says $version, include/meower/base.h another version" >&2
        return 1
    }
}

# Unpacked below one folder; nothing is installed into the system.
unpack() {
    local package
    for package in "$folder"/*.deb; do
        dpkg -x "$package" "$root"
    done
    libdir=$root/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)
    export LD_LIBRARY_PATH=$libdir PATH=$root/usr/bin:$PATH PYTHONPATH=$root/usr/lib/python3/dist-packages
    PKG_CONFIG_LIBDIR=$libdir/pkgconfig:$(pkg-config --variable pc_path pkg-config)
    export PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR=$root
    AUTOPKGTEST_TMP=$(mktemp -d)
    export AUTOPKGTEST_TMP
    trap 'rm -rf "$AUTOPKGTEST_TMP"' EXIT
}

check_units() {
    local unit
    for unit in "$root"/usr/lib/systemd/system/*.service; do
        systemd-analyze security --offline=yes --no-pager --threshold=20 "$unit" | tail -n 1
    done
    meowerd --config "$root/etc/meower/meowerd.conf" --check-config
}

check_versions
build_packages
check_with_lintian
unpack
check_units
sed -n 's/^Tests: //p' debian/tests/control | while read -r test; do
    echo "debian/tests/$test"
    "debian/tests/$test"
done
