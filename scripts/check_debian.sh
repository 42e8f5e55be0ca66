#!/usr/bin/env bash
# check_debian.sh - builds the Debian packages from a copy of the project in build/debian, has lintian look at them,
# installs them into a bare Debian below a temporary folder, and there does what debian/tests asks for. Nothing is
# installed into this system.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/common.sh

version=$(dpkg-parsechangelog --show-field Version)
folder=$PWD/build/debian
source=$folder/meower-$version
unpacked=$folder/unpacked

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

# The units, and that the page is the built one where npm is there to build it.
check_files() {
    local unit package
    for package in "$folder"/*.deb; do
        dpkg -x "$package" "$unpacked"
    done
    for unit in "$unpacked"/usr/lib/systemd/system/*.service; do
        systemd-analyze security --offline=yes --no-pager --threshold=20 "$unit" | tail -n 1
    done
    if command -v npm >/dev/null; then
        grep -q '/assets/' "$unpacked/usr/share/meower/web/index.html" ||
            fail "npm is here, but the page in the packages is the plain one: the build's output above says why"
    fi
}

# What the tests of debian/tests/control need, beside the packages themselves.
test_dependencies() {
    sed -n 's/^Depends: //p' debian/tests/control | tr -d ' ' | tr , '\n' | sort -u | grep -v meower | tr '\n' ' '
}

# What goes into the bare Debian: the packages, their tests, and a script that is run there.
make_inside() {
    local names
    mapfile -t names < <(sed -n 's/^Package: //p' debian/control)
    mkdir -p "$folder/meower/debian"
    cp "$folder"/*.deb README.md "$folder/meower"
    cp -r debian/tests "$folder/meower/debian"
    cat >"$folder/meower/check.sh" <<END
#!/bin/sh -eu
cd /meower
export DEBIAN_FRONTEND=noninteractive
apt-get -q -y --no-install-recommends install $(printf './%s_*.deb ' "${names[@]}") $(test_dependencies)
meowerd --config /etc/meower/meowerd.conf --check-config
for test in $(sed -n 's/^Tests: //p' debian/tests/control | tr '\n' ' '); do
    echo "debian/tests/\$test"
    AUTOPKGTEST_TMP=\$(mktemp -d)
    export AUTOPKGTEST_TMP
    "debian/tests/\$test"
done
apt-get -q -y purge ${names[*]}
if find /usr /etc /var/lib/dpkg/info -name '*meower*' | grep .; then
    echo "is left after the packages were purged" >&2
    exit 1
fi
END
    chmod +x "$folder/meower/check.sh"
}

# A bare Debian of this system's release, out of the archives that it uses itself; it is gone afterwards.
check_installed() {
    # shellcheck disable=SC2016 # apt-get fills these in
    apt-get indextargets --no-release-info --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        grep " $release" | sort -u |
        mmdebstrap --variant=apt --format=null --skip=cleanup/apt --customize-hook="copy-in '$folder/meower' /" \
            --customize-hook='chroot "$1" /meower/check.sh' "$release" /dev/null -
}

release=$(. /etc/os-release && echo "$VERSION_CODENAME")
check_versions
build_packages
check_with_lintian
check_files
make_inside
check_installed
