"""add_licences.py WHEEL - puts the licences of the shared libraries that auditwheel has bundled into the wheel.

On Debian each package says its copyright in /usr/share/doc/PACKAGE/copyright, which may refer to a text in
/usr/share/common-licenses. Both go into the wheel's folder of licences, below bundled/, and METADATA names them.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

DOCUMENTS = pathlib.Path("/usr/share/doc")
COMMON = pathlib.Path("/usr/share/common-licenses")


def original_name(bundled):
    """The name of a library before auditwheel put a hash into it: libpq-508c89f2.so.5.15 was libpq.so.5.15."""
    return re.sub(r"-[0-9a-f]{8}(?=\.)", "", bundled, count=1)


def system_libraries():
    """The shared libraries that this machine's loader finds: {file name: path}."""
    lines = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout.splitlines()
    paths = [pathlib.Path(line.partition(" => ")[2]) for line in lines if " => " in line]
    return {name: path for path in paths for name in (path.name, path.resolve().name)}


def package_of(path):
    """The Debian package that a file is of."""
    for candidate in (path, path.resolve(), str(path).removeprefix("/usr"), str(path.resolve()).removeprefix("/usr")):
        done = subprocess.run(["dpkg-query", "-S", candidate], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout.split(":")[0]
    raise SystemExit(f"{path} is of no Debian package: its licence must be added by hand")


def copy_licence(package, target):
    """Copies what a package says of its copyright, and the texts that it refers to."""
    source = DOCUMENTS / package / "copyright"
    if not source.is_file():
        raise SystemExit(f"{source} is missing: the licence of {package} cannot be bundled")
    folder = target / package
    folder.mkdir(parents=True, exist_ok=True)
    text = source.read_bytes().decode("utf-8", "replace")
    (folder / "copyright").write_text(text)
    for name in set(re.findall(rf"{COMMON}/([\w.+-]*[\w+])", text)):
        if (COMMON / name).is_file():
            (target / "common-licenses").mkdir(exist_ok=True)
            shutil.copyfile(COMMON / name, target / "common-licenses" / name)


def main(wheel):
    with tempfile.TemporaryDirectory() as work:
        subprocess.run([sys.executable, "-m", "wheel", "unpack", "--dest", work, wheel], check=True)
        (tree,) = pathlib.Path(work).iterdir()
        (information,) = tree.glob("*.dist-info")
        libraries = sorted(tree.glob("*.libs/*"))
        system = system_libraries()
        for library in libraries:
            path = system.get(original_name(library.name))
            if path is None:
                raise SystemExit(f"{library.name}: no library of this machine has that name")
            copy_licence(package_of(path), information / "licenses" / "bundled")
        metadata = information / "METADATA"
        head, blank, body = metadata.read_text().partition("\n\n")
        files = sorted(path for path in (information / "licenses" / "bundled").rglob("*") if path.is_file())
        names = "".join(f"\nLicense-File: {path.relative_to(information / 'licenses')}" for path in files)
        metadata.write_text(head + names + blank + body)
        subprocess.run([sys.executable, "-m", "wheel", "pack", "--dest-dir", pathlib.Path(wheel).parent, tree], check=True)
    print(f"{len(libraries)} libraries, {len(files)} files of licences")


if __name__ == "__main__":
    main(*sys.argv[1:])
