"""A ruleset as far as it can be read: its objects, each with the node it is written in, and what is wrong so far.

The dataclasses of `evidence` and `ruleset` are the schema; nothing is written twice. Conditions have a reader of their own: a
mapping is all-of, a list of values one-of, `any` / `all` / `not` nest, `"> 400"` compares.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import make_dataclass, replace
from functools import lru_cache
from itertools import islice
from types import GenericAlias
from typing import Any, cast

from hepatica.documents import DIALECT, MOST_PROBLEMS, Node, adapter, decode, read_yaml
from hepatica.knowledge.cache import CARD
from hepatica.knowledge.conditions import AllOf, AnyOf, ConceptTest, Condition, NotOf, Operator, Test, leaves
from hepatica.knowledge.evidence import Reference, Study
from hepatica.knowledge.ruleset import Card, Concept, Note, Omission, Rule, Therapy
from hepatica.patient import COMMON_FIELDS, DECIMALS, FLAGS, NONE, Field, Fields, faults, fields_of
from hepatica.printable import UNSAFE_TEXT
from hepatica.problems import InvalidInput, Problem, quote, suggestion

Nodes = dict[str, Node]
"""The parsed files of a ruleset by name; every node names its file as its `origin`."""

CONDITION_KEYS = ("when", "scope", "subgroup_when")
# The attribute that a key at the top of a file stands for, where the two differ.
WRITTEN: Mapping[type, Mapping[str, str]] = {Card: {"ruleset": "id"}, Therapy: {"therapy": "id", "class": "drug_class"}}
LISTS = {"concepts": Concept, "fields": Field, "references": Reference, "notes": Note, "omissions": Omission}
# Files that are one list are made from the table, so that a new kind of list is one word there.
_FILES: dict[str, type] = {
    key: make_dataclass(
        f"{key.title()}File", [(key, GenericAlias(tuple, (kind, ...)))], namespace={"__doc__": f"A file of {key}."}
    )
    for key, kind in LISTS.items()
}
FILE_KINDS: Mapping[str, type] = {"ruleset": Card, "therapy": Therapy, **_FILES}


def kind_of(name: str) -> str:
    """What a file of a ruleset holds, by its name: "ruleset", "concepts", "therapies" ..."""
    return name.partition("/")[0].removesuffix(".yaml")


class Draft:
    """Everything that could be read of a ruleset, with places; `problems` collects what is wrong with it. `lost` are the kinds of
    which a file could not be parsed. `unread` are ids in files that could not be used: naming them is no further fault."""

    def __init__(self, nodes: Nodes, lost: Collection[str], problems: list[Problem]) -> None:
        self.nodes, self.lost, self.problems = nodes, lost, problems
        self.unread: set[str] = set()
        self.fields = COMMON_FIELDS
        # Names come before what uses them: fields and concepts first, then the conditions that test them.
        files = self._files("concepts")
        names = tuple(entry.at(("id",)).raw for node in files for entry in entries(node, "concepts"))
        readable = all(names) and all(isinstance(node.at(("concepts",)).value, list) for node in files)
        self._concepts = names if readable and "concepts" not in lost else None
        self.fields = self._all_fields()
        self.card: tuple[Card, Node] | None = next(iter(self._read(Card, "ruleset")), None)
        self.concepts: list[tuple[Concept, Node]] = self._entries("concepts")
        self.references: list[tuple[Reference, Node]] = self._entries("references")
        self.notes: list[tuple[Note, Node]] = self._entries("notes")
        self.omissions: list[tuple[Omission, Node]] = self._entries("omissions")
        self.therapies: list[tuple[Therapy, Node]] = []
        tumour = self.card[0].tumour if self.card else ""  # a study's, where it does not say
        for therapy, node in self._read(Therapy, "therapies"):
            studies = tuple(replace(study, tumour=study.tumour or tumour) for study in therapy.studies)
            self.therapies.append((replace(therapy, studies=studies), node))
        self.studies: list[tuple[Study, Node]] = self._parts("studies")
        self.rules: list[tuple[Rule, Node]] = self._parts("rules")

    @property
    def named(self) -> Mapping[str, list[tuple[Any, Node]]]:
        """Everything that has an id, by what it is."""
        found: dict[str, list[tuple[Any, Node]]] = {"concept": self.concepts, "therapy": self.therapies, "study": self.studies}
        return found | {"rule": self.rules, "reference": self.references, "note": self.notes}

    def known(self, found: Collection[str]) -> Collection[str] | None:
        """Names of therapies or studies that may be used; None where some cannot be known. `found` are those that were read."""
        # A name in a file that could not be parsed would be called a misspelling of another.
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
                ids = [node.at(("therapy",)), *(entry.at(("id",)) for entry in entries(node, "studies"))]
                self.unread |= {entry.raw for entry in ids if isinstance(entry.value, str)}
        return found

    def _entries(self, kind: str) -> list[tuple[Any, Node]]:
        files = self._read(_FILES[kind], kind)
        return [(entry, node.at((kind, i))) for file, node in files for i, entry in enumerate(getattr(file, kind))]

    def _parts(self, key: str) -> list[tuple[Any, Node]]:
        return [(part, node.at((key, i))) for therapy, node in self.therapies for i, part in enumerate(getattr(therapy, key))]

    def _files(self, kind: str) -> list[Node]:
        return [node for name, node in self.nodes.items() if kind_of(name) == kind]

    def _all_fields(self) -> Fields:
        own = self._entries("fields")
        card = self.nodes.get(CARD)
        kept = entries(card, "common_fields") if card and card.at(("common_fields",)) is not card else None
        for node in kept or ():
            if node.raw not in COMMON_FIELDS:
                message = f"no common field {quote(node.raw)}; {suggestion(node.raw, COMMON_FIELDS)}"
                self.problems.append(node.fault("unknown-field", message))
        fields = fields_of([field for field, _ in own], None if kept is None else tuple(node.raw for node in kept))
        for field, node in own:
            self.problems.extend(node.fault("field", f"{field.name}: {fault}") for fault in faults(field, fields))
        return fields


def entries(node: Node, key: str) -> list[Node]:
    """The entries of the list under a key; none where there is no such list."""
    listed = node.at((key,)).value
    return listed if isinstance(listed, list) else []


MOST_MET = 512
"""Files of which what was read is kept: more than a ruleset may have, else reading a large one twice would find none of them."""


# Two versions of a ruleset, or one before and after an edit, have nearly every file in common: each is read once.
@lru_cache(maxsize=MOST_MET)
def placed(data: bytes, file: str) -> tuple[Node, int, tuple[Problem, ...]]:
    """The parsed file, every node of which names the file, how many there are, and what is wrong with its texts. Raises
    `InvalidInput`."""
    tree = read_yaml(data, file)
    return tree, sum(1 for _ in tree.below()), tuple(islice(text_problems(tree), MOST_PROBLEMS))


@lru_cache(maxsize=MOST_MET)
def _decoded(cls: type, node: Node, concepts: tuple[str, ...] | None, fields: Fields) -> tuple[Any, tuple[Problem, ...]]:
    problems: list[Problem] = []
    reader = ConditionReader(concepts, problems, fields)
    special = dict.fromkeys(CONDITION_KEYS, reader.read)
    read = decode(cls, node, problems, written=WRITTEN.get(cls), special=special)
    return read, tuple(problems)


# -- what no text may be: empty, or a carrier of characters that a terminal or a page would obey -------------------------

_ONE_LINE = frozenset({"id", "name", "title", "nct", "version", "therapy", "ruleset", "class"})
_CONTROL = re.compile(rf"\t|{UNSAFE_TEXT}")


def text_problems(node: Node, key: str = "") -> Iterator[Problem]:
    """What is wrong with the texts in `node`, which stands at `key` of a mapping, or in a list there."""
    if isinstance(node.value, dict):
        for name in node.value:
            if _CONTROL.search(name) or "\n" in name:
                yield node.key_fault(name, "control-character", f"{quote(name)} holds a control character")
            yield from text_problems(node.value[name], name)
    elif isinstance(node.value, list):
        for child in node.value:
            yield from text_problems(child, key)
    elif isinstance(node.value, str):
        if not node.raw.strip():
            yield node.fault("empty-text", f"{key or 'a text'} is empty; write it, or leave the key out")
        if found := _CONTROL.search(node.raw):
            message = f"holds the control character U+{ord(found[0]):04X}; allowed: line breaks"
            yield node.fault("control-character", f"{quote(node.raw)} {message}")
        elif key in _ONE_LINE and "\n" in node.raw:
            yield node.fault("line-break", f"{key} is one line; {quote(node.raw)} holds a line break")


# -- conditions --------------------------------------------------------------------------------------------------------

_COMPARISON = re.compile(r"\s*(<=|>=|<|>)\s*([0-9]{1,9}(?:\.[0-9]{1,30})?)\s*\Z")
_JOINERS: dict[str, type[AllOf | AnyOf]] = {"all": AllOf, "any": AnyOf}
RESERVED = (*_JOINERS, "not", "known")


class ConditionReader:
    """Reads conditions; unknown names and impossible values are added to `problems`. `concepts` is None where their
    names cannot be known: then whatever is asked with yes or no may be one."""

    def __init__(self, concepts: Collection[str] | None, problems: list[Problem], fields: Fields) -> None:
        self.concepts, self.problems, self.fields = concepts, problems, fields

    def read(self, node: Node) -> Condition:
        """The condition in `node`: a mapping whose entries must all hold."""
        if not isinstance(node.value, dict) or not node.value:
            return self._fault(node, "a condition is a mapping such as {prior_sorafenib: none, cmet: high}")
        return _joined(AllOf, [self._entry(node, key, child) for key, child in node.value.items()])

    def _fault(self, node: Node, message: str, code: str = "condition") -> Condition:
        self.problems.append(node.fault(code, message))
        # It stands in for what cannot be read, so that reading goes on; with a problem told, nobody is judged by it.
        return AllOf(())

    def _entry(self, mapping: Node, key: str, node: Node) -> Condition:
        if key in _JOINERS:
            if not isinstance(node.value, list) or not node.value:
                return self._fault(node, f"'{key}' takes a list of conditions")
            return _joined(_JOINERS[key], [self.read(child) for child in node.value])
        if key in ("not", "known"):
            inner = self.read(node)
            return NotOf(inner) if key == "not" else self._known(inner, node)
        if key in self.fields:
            return self._field(self.fields[key], node)
        wanted = FLAGS.get(node.raw.lower())
        if key in self.concepts if self.concepts is not None else wanted is not None:
            said = f"the concept {key} is tested with yes or no"
            return self._fault(node, said, "unknown-value") if wanted is None else ConceptTest(key, wanted)
        near = suggestion(key, (*self.fields, *sorted(self.concepts or ()), *RESERVED))
        message = f"unknown field or concept {quote(key)}; {near}"
        self.problems.append(mapping.key_fault(key, "unknown-field", message))
        return AllOf(())

    def _known(self, condition: Condition, node: Node) -> Condition:
        if isinstance(condition, Test):
            return replace(condition, unknown=False)
        if isinstance(condition, (AllOf, AnyOf)):
            return type(condition)(tuple(self._known(part, node) for part in condition.parts))
        return self._fault(node, "'known' takes fields and their values, not concepts or 'not'")

    def _field(self, field: Field, node: Node) -> Condition:
        values = node.value if isinstance(node.value, list) else [node]
        if not values and field.kind != "set":
            return self._fault(node, f"{field.name} needs at least one value")
        if field.kind in ("integer", "number"):
            return _joined(AnyOf, [self._number(field, child) for child in values])
        read = {self._word(field, child) for child in values}
        # In the order of the field, not of writing: "one of" has no order, and sentences must not depend on it.
        words = [word for word in dict.fromkeys((True, False, *field.values, NONE)) if word in read]
        if field.kind != "set":
            return Test(field.name, "in", tuple(words))
        members = tuple(word for word in words if word != NONE)
        empty = [Test(field.name, "empty")] if NONE in words or not values else []
        return _joined(AnyOf, [*empty, *([Test(field.name, "includes", members)] if members or not empty else [])])

    def _word(self, field: Field, node: Node) -> str | bool:
        if field.kind == "flag" and node.raw.lower() in FLAGS:
            return FLAGS[node.raw.lower()]
        allowed = ("yes", "no") if field.kind == "flag" else (*field.values, *([NONE] if field.kind == "set" else []))
        if field.kind != "flag" and node.raw in allowed:
            return node.raw
        note = " (a rule cannot ask for 'unknown')" if node.raw == "unknown" else ""
        self._fault(node, f"{field.name} cannot be {node.described}{note}; {suggestion(node.raw, allowed)}", "unknown-value")
        return ""

    def _number(self, field: Field, node: Node) -> Condition:
        if isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
            return self._bounded(field, node, "=", float(node.value))
        matches = [_COMPARISON.match(part) for part in node.raw.split(" and ")]
        if not all(matches):
            return self._fault(node, f'{field.name} cannot be {node.described}; allowed: a number, "> 400", or ">= 7 and <= 8"')
        return _joined(AllOf, [self._bounded(field, node, cast("Operator", m[1]), float(m[2])) for m in matches if m])

    def _bounded(self, field: Field, node: Node, operator: Operator, bound: float) -> Condition:
        span = f"{field.low:g} to {field.high:g} {field.unit}"
        finest = f"values are kept to {DECIMALS} decimals, a bound has no more"
        if not field.low <= bound <= field.high:
            self._fault(node, f"{field.name} is held against {bound:g}; allowed: {span}", "out-of-range")
        if bound != round(bound, DECIMALS):
            self._fault(node, f"{field.name} is held against {quote(node.raw)}; {finest}", "out-of-range")
        if field.kind == "integer" and bound != int(bound):
            self._fault(node, f"{field.name} is a whole number; {bound:g} is not", "out-of-range")
        return Test(field.name, operator, (bound,))


def _joined(join: type[AllOf | AnyOf], parts: Sequence[Condition]) -> Condition:
    return parts[0] if len(parts) == 1 else join(tuple(parts))


def lines_of(condition: Any, node: Any) -> Iterator[int]:
    """Where each single test of a condition stands, in order of writing; `node` is what it was read from."""
    part: Any
    for (key, child), part in zip(node.value.items(), _parts_of(condition, node), strict=True):
        if key in _JOINERS:
            for inner, one in zip(_parts_of(part, child), child.value, strict=True):
                yield from lines_of(inner, one)
        elif key in RESERVED:
            yield from lines_of(part.part if key == "not" else part, child)
        else:  # "> 7 and <= 9" is two tests, on the line of their key
            yield from [node.keys[key][0]] * len(leaves(part))


def _parts_of(condition: Any, node: Any) -> Sequence[Condition]:
    return condition.parts if len(node.value) > 1 else [condition]


# -- schemas -----------------------------------------------------------------------------------------------------------

_COMPARED = r"^\s*(<=|>=|<|>)\s*\d+(\.\d+)?(\s+and\s+(<=|>=|<|>)\s*\d+(\.\d+)?)*\s*$"


def ruleset_schemas(concepts: Iterable[str], fields: Fields) -> dict[str, dict[str, Any]]:
    """A JSON Schema for each kind of file, made by pydantic from the classes that the loader itself uses, and a table of fields.
    With the names of concepts, conditions are checked against them too."""
    condition = _condition(tuple(concepts), fields)
    return {kind: _schema(cls, condition) for kind, cls in FILE_KINDS.items()}


def _schema(cls: type, condition: dict[str, Any]) -> dict[str, Any]:
    made = adapter(cls).json_schema(ref_template="#/$defs/{model}")
    definitions = made.pop("$defs", {})
    for properties in [schema.get("properties", {}) for schema in (made, *definitions.values())]:
        # Conditions are written in YAML, not as the classes they become.
        for key in properties.keys() & CONDITION_KEYS:
            properties[key] = {"$ref": "#/$defs/Condition"}
            definitions["Condition"] = condition
        for inner in properties.values():
            _widen(inner)
    # The top of a file uses the words of the rule language (`therapy:`, `class:`, `ruleset:`).
    words = {name: written for written, name in WRITTEN.get(cls, {}).items()}
    made["properties"] = {words.get(key, key): value for key, value in made["properties"].items()}
    made["required"] = [words.get(key, key) for key in made.get("required", [])]
    if cls is Card:  # what a ruleset that extends another takes over need not be written again
        inherited = [key for key in made["required"] if key in ("scope", "out_of_scope", "therapies")]
        made["required"] = [key for key in made["required"] if key not in inherited]
        made["anyOf"] = [{"required": ["extends"]}, {"required": inherited}]
    return {"$schema": DIALECT, **made, "$defs": dict(sorted(definitions.items()))}


def _widen(schema: dict[str, Any]) -> None:
    """Words may be written as bare numbers (`lines: 413`), and yes/no as YAML's booleans."""
    if schema.get("type") == "string" and "enum" not in schema and "const" not in schema:
        schema["type"] = ["string", "number", "boolean"]
    if {"yes", "no"} & set(map(str, schema.get("enum", []))):
        schema["enum"] = [*schema["enum"], True, False]
        schema.pop("type", None)
    for inner in (schema.get("items"), *schema.get("anyOf", [])):
        if isinstance(inner, dict):
            _widen(inner)


def _condition(concepts: tuple[str, ...], fields: Fields) -> dict[str, Any]:
    one_more, yes_or_no = {"$ref": "#/$defs/Condition"}, {"enum": [True, False, "yes", "no"]}
    nested = {"type": "array", "minItems": 1, "items": one_more}
    properties: dict[str, Any] = {"all": nested, "any": nested, "not": one_more, "known": one_more}
    for field in fields.values():
        one: dict[str, Any] = yes_or_no
        if field.kind in ("integer", "number"):
            number = {"type": "number", "minimum": field.low, "maximum": field.high}
            one = {"anyOf": [number, {"type": "string", "pattern": _COMPARED}]}
        elif field.kind != "flag":
            digits = [int(value) for value in field.values if value.isdigit()]
            one = {"enum": [*field.values, *digits, *([NONE] if field.kind == "set" else [])]}
        properties[field.name] = {"anyOf": [one, {"type": "array", "items": one}], "description": field.help}
    properties |= dict.fromkeys(concepts, yes_or_no)
    other: dict[str, Any] = {"additionalProperties": False if concepts else yes_or_no}
    return {"type": "object", "minProperties": 1, "properties": properties, **other}
