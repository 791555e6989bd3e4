"""Reading YAML and JSON from outside: bounded, located, and nothing clever."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.documents import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_NODES,
    decode,
    read_document,
    read_input,
    read_json,
    read_yaml,
)
from hepatica.problems import InvalidInput, Problem
from tests.making import plain


def refused(data: bytes, name: str = "f.yaml") -> str:
    with pytest.raises(InvalidInput) as caught:
        read_document(data, name)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a: !!python/object/apply:os.system [ls]",
            "f.yaml:1:4: tag: tags are not read: 'tag:yaml.org,2002:python/object/apply:os.system'",
        ),
        ("a: &x 1\nb: *x", "f.yaml:1:4: anchor: anchors are not read: &x\nf.yaml:2:4: alias: aliases are not read: *x"),
        ("a: 1\na: 2", "f.yaml:2:1: duplicate-key: 'a' is given twice (first at line 1)"),
        ("a: 1\n---\nb: 2", "f.yaml:2:1: several-documents: one document to a file"),
        ("[1, 2]: 3", "f.yaml:1:1: key: a key must be a word"),
        ("a: [", "f.yaml:2:1: yaml-syntax: not valid YAML: did not find expected node content"),
        ("", "f.yaml:1:1: empty: the document is empty"),
    ],
)
def test_what_yaml_allows_and_we_do_not(text: str, expected: str) -> None:
    assert refused(text.encode()) == expected


def test_an_exploding_document_is_refused_at_once() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)
    )
    assert "anchors are not read" in refused(bomb.encode())


@pytest.mark.parametrize("name", ["f.yaml", "f.json"])
def test_depth_size_and_number_are_bounded(name: str) -> None:
    assert "too-deep" in refused(b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2), name)
    assert "too-deep" in refused(b"[" * 100_000, name)
    assert "too-large" in refused(b" " * (MAX_BYTES + 1), name)
    assert "too-many" in refused(b"[" + b"1," * (MAX_NODES + 1) + b"1]", name)


def test_bytes_that_are_not_text_are_refused_with_their_line() -> None:
    assert refused(b"a: 1\nb: \xff\xfe") == "f.yaml:2:1: not-text: not UTF-8 text"


def test_places_are_those_of_the_file() -> None:
    node = read_yaml(b"a:\n  b: [x,  y]\n", "f.yaml")
    assert (node.at(("a", "b", 1)).line, node.at(("a", "b", 1)).column) == (2, 11)
    node = read_json(b'{\n  "a": [1,\n 22]}', "f.json")
    assert (node.at(("a", 1)).line, node.at(("a", 1)).column) == (3, 2)
    assert node.keys["a"] == (2, 3)


def test_a_name_given_twice_is_located_where_it_is_given_again() -> None:
    assert refused(b'{"afp": 1,\n "afp": 2}', "f.json") == "f.json:2:2: duplicate-key: 'afp' is given twice (first at line 1)"


def test_without_an_ending_json_and_flow_yaml_are_both_read() -> None:
    assert plain(read_document(b'{"a": "\\u00e9"}', "<stdin>")) == {"a": "\u00e9"}
    assert plain(read_document(b"{a: C, b: [x, y]}", "<stdin>")) == {"a": "C", "b": ["x", "y"]}
    assert refused(b"{a: [", "<stdin>").startswith("<stdin>:1:2: json-syntax")


@pytest.mark.parametrize(
    "text", ['{"a": 1,}', "{'a': 1}", '{"a" 1}', "[1 2]", "nul", "01", '"\\x"', '{"a":1,"a":2}', "NaN", "[1] 2", '"\n"']
)
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_json(text.encode(), "f.json")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False).map(lambda v: round(v, 3))
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@given(JSON.filter(lambda value: "e" not in json.dumps(value)))
def test_json_means_what_the_standard_library_says(value: object) -> None:
    assert plain(read_json(json.dumps(value).encode(), "f.json")) == value


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for name in ("f.yaml", "f.json", "f"):
        try:
            read_document(data, name)
        except InvalidInput as error:
            assert error.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    name: str
    amount: float = 0
    kind: Literal["whole", "half"] = "whole"
    arms: dict[str, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meal:
    id: str
    parts: tuple[Part, ...] = ()
    when: object = None


def decoded_meal(text: str) -> tuple[Meal | None, list[str]]:
    problems: list[Problem] = []
    found = decode(
        Meal,
        read_yaml(text.encode(), "m.yaml"),
        problems,
        written={"meal": "id"},
        special={"when": lambda node: node.raw},
    )
    return found, [str(problem) for problem in sorted(problems)]


def test_a_dataclass_is_read_from_a_document_with_its_types() -> None:
    found, problems = decoded_meal("meal: soup\nparts: [{name: yes, amount: 3}]\nwhen: 1.10")
    assert (found, problems) == (Meal(id="soup", parts=(Part(name="yes", amount=3),), when="1.10"), [])


def test_everything_wrong_in_a_document_is_located_and_said_in_words() -> None:
    _, problems = decoded_meal('meel: soup\nparts: [{naem: yes, amount: many, kind: hafl, arms: {"a\\eb": [1]}}, 3]')
    assert problems == [
        "m.yaml:1:1: missing-key: meal is required",
        "m.yaml:1:1: unknown-key: unknown key 'meel'; allowed: meal, parts, when",
        "m.yaml:2:9: missing-key: parts.0.name is required",
        "m.yaml:2:10: unknown-key: unknown key 'naem'; allowed: name, amount, kind, arms",
        "m.yaml:2:29: wrong-type: parts.0.amount is a number, not 'many'",
        "m.yaml:2:41: unknown-value: parts.0.kind cannot be 'hafl'; allowed: whole, half",
        "m.yaml:2:62: wrong-type: parts.0.arms.a\ufffdb is a number, not a list",
        "m.yaml:2:69: wrong-type: parts.1 is a mapping, not '3'",
    ]


def test_standard_input_that_is_closed_is_a_problem_not_a_crash(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(InvalidInput, match="<stdin>:1:1: unreadable: standard input is closed"):
        read_input("-")
    with pytest.raises(InvalidInput, match="no such file"):
        read_input(str(tmp_path / "absent"))
