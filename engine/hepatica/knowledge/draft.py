"""A ruleset as far as it can be read: its objects, each with the node it is written in, and what is wrong so far.

The dataclasses of `evidence` and `ruleset` are the schema; nothing is written twice.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import make_dataclass, replace
from functools import lru_cache
from itertools import islice
from types import GenericAlias
from typing import Any

from hepatica.documents import MOST_PROBLEMS, Node, decode, read_yaml
from hepatica.knowledge.condition_reader import ConditionReader
from hepatica.knowledge.evidence import Reference, Study
from hepatica.knowledge.files import CARD
from hepatica.knowledge.ruleset import Card, Concept, Note, Omission, Rule, Therapy
from hepatica.patient import COMMON_FIELDS, Field, Fields, faults, fields_of
from hepatica.problems import InvalidInput, Problem, quote, suggestion

Nodes = dict[str, Node]
"""The parsed files of a ruleset by name; every node names its file as its `origin`."""

CONDITION_KEYS = ("when", "scope", "subgroup_when")
# The attribute that a key at the top of a file stands for, where the two differ.
WRITTEN: Mapping[type, Mapping[str, str]] = {Card: {"ruleset": "id"}, Therapy: {"therapy": "id", "class": "drug_class"}}
LISTS = {"concepts": Concept, "fields": Field, "references": Reference, "notes": Note, "omissions": Omission}


# Files that are one list are made from the table, so that a new kind of list is one word there.
_FILES: dict[str, type] = {
    key: make_dataclass(f"{key.title()}File", [(key, listed)], namespace={"__doc__": f"A file of {key}."})
    for key, listed in ((key, GenericAlias(tuple, (kind, ...))) for key, kind in LISTS.items())
}
FILE_KINDS: Mapping[str, type] = {"ruleset": Card, "therapy": Therapy, **_FILES}


def kind_of(name: str) -> str:
    """What a file of a ruleset holds, by its name: "ruleset", "concepts", "therapies" ..."""
    return name.partition("/")[0].removesuffix(".yaml")


class Draft:
    """Everything that could be read of a ruleset, with places; `problems` collects what is wrong with it.

    `lost` are the kinds of which a file could not be parsed. `unread` are ids in files that could not be used: naming them
    is no further fault.
    """

    def __init__(self, nodes: Nodes, lost: Collection[str], problems: list[Problem]) -> None:
        self.nodes = nodes
        self.problems = problems
        self.lost = lost
        self.unread: set[str] = set()
        self.fields = COMMON_FIELDS
        # Names come before what uses them: fields and concepts first, then the conditions that test them.
        self._concepts = None if "concepts" in lost else self._concept_names()
        self.fields = self._all_fields()
        self.card: tuple[Card, Node] | None = next(iter(self._read(Card, "ruleset")), None)
        self.concepts: list[tuple[Concept, Node]] = self._entries("concepts")
        self.references: list[tuple[Reference, Node]] = self._entries("references")
        self.notes: list[tuple[Note, Node]] = self._entries("notes")
        self.omissions: list[tuple[Omission, Node]] = self._entries("omissions")
        self.therapies: list[tuple[Therapy, Node]] = [(self._of_tumour(t), n) for t, n in self._read(Therapy, "therapies")]
        self.studies: list[tuple[Study, Node]] = self._parts("studies")
        self.rules: list[tuple[Rule, Node]] = self._parts("rules")

    @property
    def named(self) -> Mapping[str, list[tuple[Any, Node]]]:
        """Everything that has an id, by what it is."""
        return {
            "concept": self.concepts,
            "therapy": self.therapies,
            "study": self.studies,
            "rule": self.rules,
            "reference": self.references,
            "note": self.notes,
        }

    def known(self, found: Collection[str]) -> Collection[str] | None:
        """Names of therapies or studies that may be used; None where some cannot be known. `found` are those that were read."""
        return None if "therapies" in self.lost else {*found, *self.unread}

    def _read(self, cls: type, kind: str) -> list[tuple[Any, Node]]:
        found: list[tuple[Any, Node]] = []
        for node in self._files(kind):
            if len(self.problems) > MOST_PROBLEMS:  # enough to mend; reading on would take seconds to say more of the same
                raise InvalidInput(self.problems)
            read, problems = _decoded(cls, node, self._concepts, self.fields)
            self.problems.extend(problems)
            if read is not None:
                found.append((read, node))
            elif kind == "therapies":
                self.unread |= _ids_in(node)
        return found

    def _of_tumour(self, therapy: Therapy) -> Therapy:
        """The therapy with its studies' tumour filled in: without a word it is the ruleset's."""
        own = self.card[0].tumour if self.card else ""
        return replace(therapy, studies=tuple(replace(study, tumour=study.tumour or own) for study in therapy.studies))

    def _entries(self, kind: str) -> list[tuple[Any, Node]]:
        files = self._read(_FILES[kind], kind)
        return [(entry, node.at((kind, i))) for file, node in files for i, entry in enumerate(getattr(file, kind))]

    def _parts(self, key: str) -> list[tuple[Any, Node]]:
        return [(part, node.at((key, i))) for therapy, node in self.therapies for i, part in enumerate(getattr(therapy, key))]

    def _files(self, kind: str) -> list[Node]:
        return [node for name, node in self.nodes.items() if kind_of(name) == kind]

    def _concept_names(self) -> tuple[str, ...] | None:
        """The ids of the concepts, so that conditions can be read before them; None where one is unreadable."""
        files = self._files("concepts")
        names = tuple(entry.at(("id",)).raw for node in files for entry in entries(node, "concepts"))
        return names if all(names) and all(isinstance(node.at(("concepts",)).value, list) for node in files) else None

    def _all_fields(self) -> Fields:
        """The common fields, or those of them that the card keeps, and those of the ruleset."""
        own = self._entries("fields")
        card = self.nodes.get(CARD)
        kept = entries(card, "common_fields") if card and card.at(("common_fields",)) is not card else None
        for node in kept or ():
            if node.raw not in COMMON_FIELDS:
                message = f"no common field {quote(node.raw)}; {suggestion(node.raw, COMMON_FIELDS)}"
                self.problems.append(node.problem("", "unknown-field", message))
        fields = fields_of([field for field, _ in own], None if kept is None else tuple(node.raw for node in kept))
        for field, node in own:
            self.problems.extend(node.problem("", "field", f"{field.name}: {fault}") for fault in faults(field, fields))
        return fields


def _ids_in(node: Node) -> set[str]:
    """The therapy and the studies that a file names, as far as it can be read."""
    named = [node.at(("therapy",)), *(entry.at(("id",)) for entry in entries(node, "studies"))]
    return {entry.raw for entry in named if isinstance(entry.value, str)}


def entries(node: Node, key: str) -> list[Node]:
    """The entries of the list under a key; none where there is no such list."""
    listed = node.at((key,)).value
    return listed if isinstance(listed, list) else []


MOST_MET = 512
"""Files of which what was read is kept: more than a ruleset may have, else reading a large one twice would find none of them."""


# Two versions of a ruleset, or one before and after an edit, have nearly every file in common: each is read once.
@lru_cache(maxsize=MOST_MET)
def placed(data: bytes, file: str) -> tuple[Node, int, tuple[Problem, ...]]:
    """The parsed file, every node of which names the file, how many there are, and what is wrong with its texts.

    Raises `InvalidInput`.
    """
    tree = read_yaml(data, file)
    count = 0
    for count, node in enumerate(tree.below(), 1):  # noqa: B007 -- the last number is the sum
        node.origin = file
    return tree, count, tuple(islice(text_problems(tree), MOST_PROBLEMS))


@lru_cache(maxsize=MOST_MET)
def _decoded(cls: type, node: Node, concepts: tuple[str, ...] | None, fields: Fields) -> tuple[Any, tuple[Problem, ...]]:
    """What a file holds, None where it is unusable, and what is wrong with it."""
    problems: list[Problem] = []
    reader = ConditionReader(node.origin, concepts, problems, fields)
    special = dict.fromkeys(CONDITION_KEYS, reader.read)
    read = decode(cls, node, node.origin, problems, written=WRITTEN.get(cls), special=special)
    return read, tuple(problems)


# -- what no text may be: empty, or a carrier of characters that a terminal or a page would obey -------------------------

_ONE_LINE = frozenset({"id", "name", "title", "nct", "version", "therapy", "ruleset", "class"})
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def text_problems(node: Node, key: str = "") -> Iterator[Problem]:
    """What is wrong with the texts in `node`, which stands at `key` of a mapping, or in a list there."""
    if isinstance(node.value, dict):
        for name in node.value:
            if _CONTROL.search(name) or "\n" in name:
                yield node.key_problem("", name, "control-character", f"{quote(name)} holds a control character")
            yield from text_problems(node.value[name], name)
    elif isinstance(node.value, list):
        for child in node.value:
            yield from text_problems(child, key)
    elif isinstance(node.value, str):
        if not node.raw.strip():
            yield node.problem("", "empty-text", f"{key or 'a text'} is empty; write it, or leave the key out")
        if found := _CONTROL.search(node.raw):
            message = f"holds the control character U+{ord(found[0]):04X}; allowed: line breaks"
            yield node.problem("", "control-character", f"{quote(node.raw)} {message}")
        elif key in _ONE_LINE and "\n" in node.raw:
            yield node.problem("", "line-break", f"{key} is one line; {quote(node.raw)} holds a line break")
