"""Damage to valid documents: edits of a YAML tree, which keep most of it meaningful, and of its text."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from hypothesis import strategies as st

How = Literal["replace", "remove", "rename", "copy from", "alike", "repeat", "wrap", "negate", "add", "text"]
Files = dict[str, bytes]
# What programs trip over: terminals, browsers, matplotlib's mathtext, YAML's own words, numbers at the ends of their range.
HOSTILE: tuple[Any, ...] = (
    *(
        "",
        " ",
        "\x1b[31mred",
        "\x1b]0;title\x07",
        "\u202eright",
        "a\u200fb",
        "\ufeff",
        "a\nb",
        "a\tb",
        "\u2028",
        "\u0085",
        "\x7f",
    ),
    *("$\\bad{ and $", "<script>alert(1)</script>", '" onload="alert(1)', "](javascript:alert(1))", "`|*_#", "{{7*7}}", "%s%n{}"),
    *(
        "a" * 3000,
        "9" * 400,
        "../../../etc/passwd",
        "/dev/zero",
        "hcc-2016",
        "unknown",
        "none",
        "NA",
        "=cmd()",
        "İ",
        "ß",
        "٣",
        "１",
    ),
    *("> 400", ">= 400.000001", "<0", "> 1e400", "1e-400", "3-1", "1-999999", "0", "-0.0", "1,5", "1_000", "0x10", "2016-13"),
    *(0, -1, 1, 2, 400, 400.000001, 10**30, -(10**18), 1e308, 5e-324, float("nan"), float("inf"), True, False, None),
    *([], {}, [[]], [None], {"any": []}, {"all": []}, {"not": {}}, {"known": {}}, {"": ""}, {"a": {"b": {"c": [1]}}}),
)
BYTES = (
    b"\x00",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xc2\x85",
    b"\r",
    b"\t",
    b"\n",
    b"- ",
    b": ",
    b"? ",
    b"#",
    b"&a ",
    b"*a ",
    b"!!python/x ",
    b"---\n",
)
MOST_COPIES = 400


@dataclass(frozen=True)
class Edit:
    """One change of the file and the place that `file` and `spot` count to (whatever they are, modulo what there is)."""

    file: int
    spot: int
    how: How
    put: Any = None


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def edits(words: Sequence[Any], most: int = 3) -> st.SearchStrategy[tuple[Edit, ...]]:
    """A few edits; `words` are what is meaningful in such documents (their own keys and values)."""
    # Ranges begin with 0, towards which hypothesis shrinks: the first file, the first place.
    where = {"file": st.integers(0, 40), "spot": st.integers(0, 20_000)}
    put = st.sampled_from(words) | st.sampled_from(HOSTILE) | st.text(max_size=12) | st.integers(-5, 1000) | st.floats()
    ways: list[st.SearchStrategy[Edit]] = [
        st.builds(Edit, **where, how=st.sampled_from(("replace", "rename", "add")), put=put),
        st.builds(Edit, **where, how=st.sampled_from(("remove", "wrap", "negate"))),
        # Most rulesets are refused after any other change; what stands under the same key elsewhere is mostly allowed.
        *[st.builds(Edit, **where, how=st.sampled_from(("alike", "alike", "copy from")), put=st.integers(0, 20_000))] * 4,
        st.builds(Edit, **where, how=st.just("repeat"), put=st.integers(1, MOST_COPIES)),
        st.builds(
            Edit, **where, how=st.just("text"), put=st.tuples(st.integers(0, 6), st.sampled_from(BYTES) | st.binary(max_size=6))
        ),
    ]
    return st.lists(st.one_of(ways), min_size=1, max_size=most).map(tuple)


def edited(files: Files, changes: Sequence[Edit]) -> Files:
    """The files with every edit made: those of trees first, since a damaged text may have no tree."""
    found, names = dict(files), sorted(files)
    for change in sorted(changes, key=lambda one: one.how == "text"):
        name = names[change.file % len(names)]
        if change.how == "text":
            (cut, put), data = change.put, found[name]
            at = change.spot % (len(data) + 1)
            found[name] = data[:at] + put + data[at + cut :]
        else:
            found[name] = written(_changed(yaml.safe_load(found[name]), change))
    return found


def written(tree: Any) -> bytes:
    """A tree as YAML."""
    return yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120).encode("utf-8", "replace")


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value of a tree, from the root down."""
    yield path
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in inner:
        yield from places(value, (*path, key))


def words_of(files: Files) -> list[Any]:
    """Every key and every scalar of some documents, each once."""
    found: dict[tuple[str, Any], Any] = {}
    for data in files.values():
        tree = yaml.safe_load(data)
        for path in places(tree):
            value = _at(tree, path)
            for word in (*path[-1:], *([] if isinstance(value, (dict, list)) else [value])):
                found.setdefault((type(word).__name__, str(word)), word)
    return [found[key] for key in sorted(found)]


def files_in(folder: Path) -> Files:
    """The YAML files of a folder by their place in it."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.yaml"))}


def write_files(files: Files, folder: Path) -> None:
    """Write files below a folder."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def difference(before: Files, after: Files) -> str:
    """What edits changed, as a unified diff in printable ASCII; a tree edit is held against the file as it is written anew."""
    told: list[str] = []
    for name in sorted(after):
        if after[name] != before.get(name):
            old = written(yaml.safe_load(before[name])) if name in before else b""
            was, now = (text.decode("utf-8", "backslashreplace").split("\n") for text in (old, after[name]))
            told += difflib.unified_diff(was, now, name, name, lineterm="", n=1)
    return "\n".join(ascii(line)[1:-1][:300] for line in told)


def _at(tree: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def _changed(tree: Any, change: Edit) -> Any:
    paths = list(places(tree))
    path = paths[change.spot % len(paths)]
    here = copy.deepcopy(_at(tree, path))
    if change.how == "copy from":
        return _put(tree, path, copy.deepcopy(_at(tree, paths[change.put % len(paths)])))
    if change.how == "alike":
        same = [one for one in paths if one[-1:] == path[-1:]]
        return _put(tree, path, copy.deepcopy(_at(tree, same[change.put % len(same)])))
    if change.how in ("wrap", "negate"):
        return _put(tree, path, [here] if change.how == "wrap" else {"not": here})
    if change.how == "replace" or not path:
        return _put(tree, path, change.put)
    return _placed(tree, path, change)


def _placed(tree: Any, path: tuple[Any, ...], change: Edit) -> Any:
    """Changes of the list or mapping around a value."""
    around, key = _at(tree, path[:-1]), path[-1]
    here = around[key]
    more = change.put if change.how == "repeat" else 0
    if isinstance(around, list):
        kept = [] if change.how == "remove" else [here] * (more + 1)
        added = [change.put] if change.how in ("add", "rename") else []
        return _put(tree, path[:-1], [*around[:key], *kept, *added, *around[key + 1 :]])
    word = change.put if isinstance(change.put, (str, int, float)) else str(change.put)
    kept = [] if change.how in ("remove", "rename") else [(f"{key}{n or ''}", here) for n in range(more + 1)]
    added = [(word, here if change.how == "rename" else change.put)] if change.how in ("add", "rename") else []
    renewed = [pair for one in around.items() for pair in ([*kept, *added] if one[0] == key else [one])]
    return _put(tree, path[:-1], dict(renewed))


def _put(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The tree with another value at a path; the tree itself is changed."""
    if not path:
        return value
    _at(tree, path[:-1])[path[-1]] = value
    return tree
