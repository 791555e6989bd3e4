"""A ruleset that builds on another: what it takes over, replaces and drops, piece by piece.

Therapies, concepts, fields, references and notes of the base are taken over one by one: an own one of the same id
replaces it, an id under the card's `drop:` leaves it out. Of the card only what says how to read the rules is taken over;
where knowledge comes from, who made it and who checked it never is. What came from a base of one text keeps that text as
its reference, so that no figure changes its origin.
"""

from __future__ import annotations

from collections.abc import Mapping

from hepatica.documents import Node
from hepatica.knowledge.draft import children
from hepatica.knowledge.files import CARD, CONCEPTS, FIELDS_FILE, REFERENCES
from hepatica.problems import Problem, quote, suggestion

INHERITED_KEYS = ("scope", "out_of_scope", "tumour", "source_word", "fields")
_LISTS = {CONCEPTS: ("concepts", "id"), FIELDS_FILE: ("fields", "name"), REFERENCES: ("references", "id")}

Nodes = dict[str, Node]


def laid_over(base: Nodes, shown: Mapping[str, str], own: Nodes, file: str, problems: list[Problem]) -> Nodes:
    """The parsed files of a ruleset over those of its base; `shown` names the base's files, `file` is the own card's."""
    for name, node in base.items():
        _set_origin(node, shown.get(name, shown[CARD]))
    text = _text_of(base, shown)
    pieces = _Pieces(own, file, problems)
    merged = {name: node for name, node in own.items() if name not in _LISTS}
    for name, node in base.items():
        if name.startswith("therapies/"):
            if pieces.keeps(node.at(("therapy",)).raw):
                merged[f"therapies/{_id(base)}/{name.rpartition('/')[2]}"] = node
        elif name.startswith("notes/"):
            kept = [entry for entry in _entries(node, "notes") if pieces.keeps(entry.at(("id",)).raw)]
            merged[f"notes/{_id(base)}/{name.rpartition('/')[2]}"] = _listing(node, "notes", kept)
    for name, (key, identity) in _LISTS.items():
        parts = [node for node in (base.get(name), own.get(name)) if node is not None]
        kept = [e for e in _entries(base.get(name), key) if pieces.keeps(e.at((identity,)).raw)]
        extra = [text] if text and name == REFERENCES and text.at(("id",)).raw not in pieces.own else []
        if parts or extra:
            merged[name] = _listing(parts[-1] if parts else Node({}, 1, 1), key, [*extra, *kept, *_entries(own.get(name), key)])
    merged[CARD] = _card(base[CARD], own[CARD], pieces)
    pieces.unused_drops()
    return merged


class _Pieces:
    """What the upper ruleset has of its own and what it drops."""

    def __init__(self, own: Nodes, file: str, problems: list[Problem]) -> None:
        self.file = file
        self.problems = problems
        self.therapies = {node.at(("therapy",)).raw for name, node in own.items() if name.startswith("therapies/")}
        self.own = set(self.therapies)
        for name, (key, identity) in _LISTS.items():
            self.own |= {entry.at((identity,)).raw for entry in _entries(own.get(name), key)}
        notes = (node for name, node in own.items() if name.startswith("notes/"))
        self.own |= {entry.at(("id",)).raw for node in notes for entry in _entries(node, "notes")}
        self.dropped = {node.raw: node for node in _entries(own[CARD], "drop")}
        self.seen: set[str] = set()

    def keeps(self, name: str) -> bool:
        """Whether the base's piece of that id stays."""
        self.seen.add(name)
        return name not in self.own and name not in self.dropped

    def unused_drops(self) -> None:
        """Tells of ids to be dropped that the base does not have."""
        for name, node in self.dropped.items():
            if name not in self.seen:
                message = f"the ruleset below has no {quote(name)}; {suggestion(name, sorted(self.seen))}"
                self.problems.append(node.problem(self.file, "unknown-id", message))


def _card(base: Node, own: Node, pieces: _Pieces) -> Node:
    """The own card, with what may be taken over; the base's therapies follow the own ones in the order shown."""
    if not isinstance(base.value, dict) or not isinstance(own.value, dict):
        return own
    taken = {key: node for key, node in base.value.items() if key in INHERITED_KEYS and key not in own.value}
    listed = _entries(own, "therapies")
    ahead = {entry.raw for entry in listed}
    first = listed or [Node(name, own.line, own.column, name) for name in sorted(pieces.therapies)]
    rest = [entry for entry in _entries(base, "therapies") if entry.raw not in ahead and entry.raw not in pieces.dropped]
    rest = [entry for entry in rest if listed or entry.raw not in pieces.own]
    place = own.value.get("therapies", own)
    therapies = Node([*first, *rest], place.line, place.column)
    return Node({**taken, **own.value, "therapies": therapies}, own.line, own.column, "", {**base.keys, **own.keys})


def _text_of(base: Nodes, shown: Mapping[str, str]) -> Node | None:
    """The one text a base is distilled from, as a reference; every place in it without another one gets its id."""
    source = base[CARD].at(("source",))
    name = _id(base)
    if not isinstance(source.value, dict) or "citation" not in source.value:
        return None
    for path, node in base.items():
        if path.startswith(("therapies/", "notes/")) or path == CONCEPTS:
            _name_text(node, name)
    year = base[CARD].at(("as_of",)).raw[:4]
    given = {"id": name, "kind": "paper", "read": "full text", "known": f"the text that {name} is distilled from"}
    entries = {key: Node(value, source.line, source.column, value, origin=shown[CARD]) for key, value in given.items()}
    entries["year"] = Node(int(year) if year.isdigit() else year, source.line, source.column, year, origin=shown[CARD])
    entries["citation"] = source.value["citation"]
    return Node(entries, source.line, source.column, origin=shown[CARD])


def _name_text(node: Node, name: str) -> None:
    for child in children(node):
        _name_text(child, name)
    place = node.value.get("source") if isinstance(node.value, dict) else None
    if place is not None and isinstance(place.value, dict) and "lines" in place.value and "ref" not in place.value:
        place.value["ref"] = Node(name, place.line, place.column, name, origin=place.origin)


def _id(nodes: Nodes) -> str:
    return nodes[CARD].at(("ruleset",)).raw


def _entries(node: Node | None, key: str) -> list[Node]:
    listed = node.value.get(key) if node is not None and isinstance(node.value, dict) else None
    return listed.value if listed is not None and isinstance(listed.value, list) else []


def _listing(node: Node, key: str, entries: list[Node]) -> Node:
    """A file of one list that holds just these entries."""
    whole = node.value if isinstance(node.value, dict) else {}
    place = whole.get(key, node)
    return Node({**whole, key: Node(entries, place.line, place.column)}, node.line, node.column, "", node.keys)


def _set_origin(node: Node, file: str) -> None:
    """Every part of `node` says that it comes from `file`, unless it already says so of a file further below."""
    node.origin = node.origin or file
    for child in children(node):
        _set_origin(child, file)
