"""A ruleset folder to a `Ruleset`, or every reason why not."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from hepatica.documents import Node
from hepatica.knowledge.cache import CARD, RulesetFiles, digest_of, gather
from hepatica.knowledge.conditions import strata
from hepatica.knowledge.draft import LISTS, MOST_MET, Draft, Nodes, entries, kind_of, lines_of, placed
from hepatica.knowledge.ruleset import Card, Ruleset
from hepatica.knowledge.validation import validate
from hepatica.problems import InvalidInput, Problem, quote, suggestion

MAX_VALUES = 500_000
"""In all files of a ruleset together; hcc-2016 has 12,600."""


def load_ruleset(root: Path | str) -> Ruleset:
    """The validated ruleset in a folder, read anew. Raises `InvalidInput` with every problem, sorted by place."""
    return load_files(gather(Path(root)))


def load_files(files: RulesetFiles) -> Ruleset:
    """As `load_ruleset`, of files already read."""
    # Two versions of a ruleset have nearly every file in common. Nodes name the file that they are from, so what was read of
    # it serves again only under the name of the first time: where anything is wrong all is read again under its own.
    named = {name: _met(name, data).setdefault("shown", files.shown[name]) for name, data in files.contents.items()}
    try:
        return _loaded(replace(files, shown=named))
    except InvalidInput:
        if named == files.shown:
            raise
    return _loaded(files)


@lru_cache(maxsize=MOST_MET)
def _met(name: str, data: bytes) -> dict[str, str]:
    """Under which name a file of a ruleset was shown when one like it was first read."""
    return {}


def _loaded(files: RulesetFiles) -> Ruleset:
    draft = drafted(files)
    # Where not one therapy could be read, every name would be called unknown: the problems so far say more.
    if not draft.problems or draft.therapies:
        validate(draft)
    if draft.problems or draft.card is None:
        raise InvalidInput(draft.problems)
    card = draft.card[0]
    by_id = {kind: {item.id: item for item, _ in group} for kind, group in draft.named.items()}
    concepts = by_id["concept"]
    loaded = Ruleset(
        card=card,
        digest="",
        folder=files.folder,
        # Each after those it refers to.
        concepts={name: concepts[name] for level in strata({n: one.when for n, one in concepts.items()}) for name in level},
        therapies={name: by_id["therapy"][name] for name in card.therapies},
        references=by_id["reference"],
        fields=draft.fields,
        notes=tuple(by_id["note"].values()),
        omissions=tuple(omission for omission, _ in draft.omissions),
        places=_places(card, draft, files),
    )
    # The digest is of all else, and so comes last.
    return replace(loaded, digest=digest_of(loaded))


def _places(card: Card, draft: Draft, files: RulesetFiles) -> dict[str, str]:
    """Where each thing is written: `file:line`; under its name and `/when` the line of each test of its condition: `file:7,8`."""
    scope = draft.nodes[CARD].at(("scope",))
    found = {"scope": scope} | {f"{kind}/{item.id}": node for kind, group in draft.named.items() for item, node in group}
    found |= {f"waiver/{n}": node for n, node in enumerate(entries(draft.nodes[CARD], "waivers"))}
    written = [("scope", card.scope, scope)]
    for kind in ("concept", "rule"):
        written += [(f"{kind}/{item.id}", item.when, node.at(("when",))) for item, node in draft.named[kind]]
    for study, node in draft.studies:
        parts = [(study.population, ("population",)), *((part, ("criteria", n)) for n, part in enumerate(study.criteria))]
        written += [(f"study/{study.id}", part.when, node.at((*path, "when"))) for part, path in parts if part and part.when]
    names = {shown: name for name, shown in files.shown.items()}  # the files of this ruleset by their names in it
    files_of = {name: names.get(node.origin, node.origin) for name, node in found.items()}
    lines: dict[str, list[int]] = {}
    for name, when, node in written:
        lines.setdefault(name, []).extend(lines_of(when, node))
    told = {f"{name}/when": f"{files_of[name]}:{','.join(map(str, each))}" for name, each in lines.items()}
    return {name: f"{file}:{found[name].line}" for name, file in files_of.items()} | told


def drafted(files: RulesetFiles) -> Draft:
    """What can be read of a ruleset, not yet checked as a whole."""
    problems: list[Problem] = []
    lost: set[str] = set()
    return Draft(_parsed(files, lost, problems), lost, problems)


def _parsed(files: RulesetFiles, lost: set[str], problems: list[Problem]) -> Nodes:
    nodes: Nodes = {}
    total = 0
    for name, data in files.contents.items():
        try:
            nodes[name], count, found = placed(data, files.shown[name])
            problems.extend(found)
            total += count
        except InvalidInput as error:
            problems.extend(error.problems)
            lost.add(kind_of(name))
        if total > MAX_VALUES:  # some seconds of reading
            raise InvalidInput([nodes[name].fault("too-large", f"more than {MAX_VALUES} values in the files up to here")])
    if files.base is None or CARD not in nodes:
        return nodes
    base = _parsed(files.base, lost, problems)
    if CARD not in base:  # without it anything else said would be guessing
        raise InvalidInput(problems)
    return _laid_over(base, nodes, problems)


# -- a ruleset that builds on another: what it takes over, replaces and drops, piece by piece ----------------------------
#
# Therapies, concepts, fields, references and notes of the base are taken over one by one: an own one of the same id
# replaces it, an id under the card's `drop:` leaves it out. Of the card only what says how to read the rules is taken over;
# where knowledge comes from, who made it and who checked it never is. What came from a base of one text keeps that text as
# its reference, so that no figure changes its origin.

_INHERITED_KEYS = ("scope", "out_of_scope", "tumour", "source_word", "fields", "common_fields")

Piece = tuple[str, str, Node]
"""A therapy or an entry of a list: what it is, its id, and where it is written."""


def _laid_over(base: Nodes, own: Nodes, problems: list[Problem]) -> Nodes:
    """The parsed files of a ruleset over those of its base: a taken piece is a file of its own, ahead of the own ones."""
    dropped = {node.raw: node for node in entries(own[CARD], "drop")}
    replaced = {(kind, name) for kind, name, _ in _pieces(own)}
    identity = base[CARD].at(("ruleset",)).raw
    offered = [*_text_of(base, identity), *_pieces(base)]
    taken = [piece for piece in offered if piece[:2] not in replaced and piece[1] not in dropped]
    names = {name for _, name, _ in offered}
    for name, node in dropped.items():
        if name not in names:
            message = f"the ruleset below has no {quote(name)}; {suggestion(name, sorted(names))}"
            problems.append(node.fault("unknown-id", message))
    merged: Nodes = {}
    for number, (kind, _, node) in enumerate(taken):
        if kind != "therapies":  # a file that holds just this piece
            listed = Node([node], node.line, node.column, origin=node.origin)
            node = Node({kind: listed}, node.line, node.column, origin=node.origin)  # noqa: PLW2901
        # Only what a file holds counts, not what it is called; a number keeps files of the same name apart.
        merged[f"{kind}/{number}"] = node
    return {**merged, **own, CARD: _card(base[CARD], own)}


def _pieces(nodes: Nodes) -> Iterator[Piece]:
    for name, node in nodes.items():
        kind = kind_of(name)
        if kind == "therapies":
            yield kind, node.at(("therapy",)).raw, node
        # Omissions speak of the numbers in the base's own text: a ruleset above it has no such text to leave out.
        elif kind in LISTS and kind != "omissions":
            for entry in entries(node, kind):
                yield kind, entry.at(("name" if kind == "fields" else "id",)).raw, entry


def _card(base: Node, own: Nodes) -> Node:
    """The own card, with what may be taken over; the base's therapies follow the own ones in the order shown."""
    card = own[CARD]
    if not isinstance(base.value, dict) or not isinstance(card.value, dict):
        return card
    taken = {key: node for key, node in base.value.items() if key in _INHERITED_KEYS and key not in card.value}
    files = sorted(name for kind, name, _ in _pieces(own) if kind == "therapies")
    listed = entries(card, "therapies") or [Node(name, card.line, card.column, name, origin=card.origin) for name in files]
    # A therapy that is listed above keeps the place it has there; only the others follow.
    left_out = {node.raw for node in (*listed, *entries(card, "drop"))}
    rest = [entry for entry in entries(base, "therapies") if entry.raw not in left_out]
    place = card.value.get("therapies", card)
    therapies = Node([*listed, *rest], place.line, place.column, origin=card.origin)
    values = {**taken, **card.value, "therapies": therapies}
    return Node(values, card.line, card.column, "", {**base.keys, **card.keys}, card.origin)


def _text_of(base: Nodes, identity: str) -> Iterator[Piece]:
    """The one text a base is distilled from, as a reference; every place in it without another one gets its id."""
    source = base[CARD].at(("source",))
    if not isinstance(source.value, dict) or "citation" not in source.value:
        return
    # What was read may be in use elsewhere: the places are filled in on copies.
    copies = {name: deepcopy(tree) for name, tree in base.items() if kind_of(name) in ("therapies", "notes", "concepts")}
    base |= copies
    for node in (node for tree in copies.values() for node in tree.below()):
        place = node.value.get("source") if isinstance(node.value, dict) else None
        if place is not None and isinstance(place.value, dict) and "lines" in place.value and "ref" not in place.value:
            place.value["ref"] = Node(identity, place.line, place.column, identity, origin=place.origin)
    year = base[CARD].at(("as_of",)).raw[:4]
    known = f"the text that {identity} is distilled from"
    given = {"id": identity, "kind": "paper", "read": "full text", "known": known, "year": year}
    found = {key: Node(value, source.line, source.column, value, origin=source.origin) for key, value in given.items()}
    found["year"].value = int(year) if year.isdigit() else year
    found["citation"] = source.value["citation"]
    yield "references", identity, Node({**found}, source.line, source.column, origin=source.origin)
