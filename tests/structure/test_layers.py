"""The layers of the library and of the server, computed from what each file includes: no include points upwards, no files
include each other in a circle, and one file alone knows what an instance is made of."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# From the lowest layer to the highest. Folders of one line are level: each may include the other, but not in a circle.
LIBRARY = ROOT / "libmeower"
LIBRARY_LAYERS = [
    ["base"],
    ["run"],
    ["port"],
    ["store", "bus", "search"],
    ["feed"],
    ["stage"],
    ["api"],
]

# process -> routes -> live, http -> net. A folder that is not there yet is left out.
DAEMONS = ROOT / "daemons"
SERVER_LAYERS = [
    ["server/net"],
    ["server/live", "server/http"],
    ["server/routes"],
    ["server/process"],
]

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def includes(root):
    """The files below root that each file there includes, by paths from root."""
    graph = {}
    for path in sorted(root.rglob("*.[ch]")):
        name = path.relative_to(root).as_posix()
        graph[name] = []
        for text in INCLUDE.findall(path.read_text(encoding="utf-8")):
            found = [place for place in (root / text, path.parent / text) if place.is_file()]
            if found:
                graph[name].append(found[0].resolve().relative_to(root).as_posix())
    return graph


def rank_of(name, layers):
    """How high the file's layer is; None for a file of no layer."""
    for rank, folders in enumerate(layers):
        if any(name.startswith(folder + "/") for folder in folders):
            return rank
    return None


def upward_includes(graph, layers):
    found = []
    for name, included in graph.items():
        for other in included:
            low, high = rank_of(name, layers), rank_of(other, layers)
            if low is not None and high is not None and high > low:
                found.append(f"{name} includes {other}, which is above it")
    return found


def unit_of(name):
    """A .c file and the .h file of the same name are one unit."""
    return name.rsplit(".", 1)[0]


def units(graph, layers):
    """The units that each unit of a layer includes."""
    edges = {}
    for name, included in graph.items():
        if rank_of(name, layers) is None:
            continue
        others = {unit_of(other) for other in included if rank_of(other, layers) is not None}
        edges.setdefault(unit_of(name), set()).update(others - {unit_of(name)})
    return edges


def find_circle(edges):
    """The units of one circle in their order, the first one again at the end; None when there is none."""
    finished = set()
    for start in sorted(edges):
        path, ways = [start], [iter(sorted(edges[start]))]
        while ways:
            unit = next(ways[-1], None)
            if unit is None:
                finished.add(path.pop())
                ways.pop()
            elif unit in path:
                return path[path.index(unit) :] + [unit]
            elif unit not in finished:
                path.append(unit)
                ways.append(iter(sorted(edges.get(unit, ()))))
    return None


def assert_layered(root, layers):
    graph = includes(root)
    upwards = upward_includes(graph, layers)
    assert not upwards, "\n".join(upwards)
    circle = find_circle(units(graph, layers))
    assert circle is None, "these include each other in a circle: " + " -> ".join(circle)


def test_the_library_has_no_upward_include_and_no_circle():
    assert_layered(LIBRARY, LIBRARY_LAYERS)


def test_every_file_of_the_library_belongs_to_a_layer():
    homeless = [name for name in includes(LIBRARY) if rank_of(name, LIBRARY_LAYERS) is None]
    assert not homeless, "no layer of LIBRARY_LAYERS has " + ", ".join(homeless)


def test_the_server_has_no_upward_include_and_no_circle():
    assert_layered(DAEMONS, SERVER_LAYERS)


def test_the_programs_see_only_the_library_s_public_headers():
    """And four files of its lowest layer, so that there is one way to check UTF-8, to hash, to write JSON text, and to
    gather labels."""
    names = set(includes(LIBRARY)) - {"base/hash.h", "base/json.h", "base/labels_buffer.h", "base/utf8.h"}
    found = []
    for path in sorted(DAEMONS.rglob("*.[ch]")):
        for text in INCLUDE.findall(path.read_text(encoding="utf-8")):
            if text in names and not (DAEMONS / text).is_file():
                found.append(f"{path.relative_to(ROOT)} includes {text} of the library")
    assert not found, "\n".join(found)


def test_one_file_knows_what_an_instance_is_made_of():
    definition = re.compile(r"^struct meower_feed\s*{", re.MULTILINE)
    knowing = [name for name in includes(LIBRARY) if definition.search((LIBRARY / name).read_text(encoding="utf-8"))]
    assert knowing == ["api/instance.c"]


def test_a_circle_is_found():
    assert find_circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert find_circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) is None


def test_an_upward_include_is_found():
    graph = {"feed/feed.c": ["stage/writer.h", "store/store.h"], "store/store.h": ["bus/bus.h"]}
    assert upward_includes(graph, LIBRARY_LAYERS) == ["feed/feed.c includes stage/writer.h, which is above it"]
