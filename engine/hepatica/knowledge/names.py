"""Every name that one part of a ruleset uses for another must be the name of something, and be given once.

One walk over every record and the node it is written in; the table says which attributes hold names, and of what.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from hepatica.documents import Node
from hepatica.knowledge.draft import Draft
from hepatica.knowledge.evidence import Correction, Criterion, Discrepancy, Place, Result, Study, Toxicity
from hepatica.knowledge.numbers import ranges
from hepatica.knowledge.ruleset import Card, Extrapolation, Regimen, Rule, Therapy
from hepatica.problems import Problem, quote, suggestion

EVERY_ARM = "all"
LONGEST_ID = 80
_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*\Z")
_MOST_LISTED, _MOST_COMPARED = 12, 300
_AFFECTED = frozenset({
    "nct", "status", "population", "n", "verdict", "name", "class", "p", "toxicity", "dose", "arms", "summary", "refs",
    "design", "primary_endpoints", "figures", "order", "approval", "text",
})  # fmt: skip
_NAMES: Mapping[type, Mapping[str, str]] = {
    Card: {"therapies": "therapy", "sources": "reference", "fields": "field"},
    Regimen: {"study": "study", "discrepancy": "discrepancy"},
    Study: {"reference": "reference"},
    Result: {"arms": "arm", "arm_ci": "arm"},
    Correction: {"arms": "arm", "discrepancy": "discrepancy"},
    Toxicity: {"arm": "arm", "discrepancy": "discrepancy"},
    Discrepancy: {"affects": "result"},
    Rule: {"cites": "study", "figure": "result"},
    Extrapolation: {"studies": "cited study", "fields": "field"},
    Place: {"ref": "reference"},
}
# By what a name is of: the names there are (None: any may be one), and whose they are.
_Known = Mapping[str, tuple[Collection[str] | None, str]]


@cache
def _parts(kind: type) -> tuple[tuple[str, str], ...]:
    """The attributes of a kind of record, each with what it names (empty: nothing)."""
    return tuple((each.name, _NAMES.get(kind, {}).get(each.name, "")) for each in fields(kind))


def names(draft: Draft) -> Iterator[Problem]:
    """What is wrong with names and lines."""
    walk = _Walk(draft)
    for item, node in (*([draft.card] if draft.card else []), *draft.concepts, *draft.therapies, *draft.notes, *draft.omissions):
        yield from walk.problems(item, node, walk.known)


class _Walk:
    def __init__(self, draft: Draft) -> None:
        self.studies = {study.id: study for study, _ in draft.studies}
        self.known: _Known = {
            "therapy": (draft.known([therapy.id for therapy, _ in draft.therapies]), ""),
            "study": (draft.known(self.studies), ""),
            "reference": ({reference.id for reference, _ in draft.references}, ""),
            "field": (draft.fields, ""),
        }

    def problems(self, item: Any, node: Node, known: _Known) -> Iterator[Problem]:
        """Those of a record and of every record below it."""
        # Inner names hide outer ones of the same kind: an arm is one of this study, a discrepancy too.
        known = {**known, **self._within(item, known)}
        kind: Any = type(item)
        for key, what in _parts(kind):
            value = getattr(item, key)
            if not value or not (what or key == "lines" or isinstance(value, tuple) or is_dataclass(value)):
                continue  # nearly every part: a text, a number, nothing
            place = node.at((key,))
            if key == "lines" and ranges(value) is None:
                message = f"{quote(value)} names no lines; allowed: 413, 413-415 or '213-233, 433-458'"
                yield place.problem("", "lines", message)
            if what:
                yield from _unknown(place, value, what, known[what])
            if isinstance(value, tuple) and (what or isinstance(item, Study)):
                yield from _repeated(place, value, f"the {key} of {getattr(item, 'id', 'the rule')}")
            for step, part in enumerate(value) if isinstance(value, tuple) else [((), value)]:
                if is_dataclass(part):
                    yield from self.problems(part, place.at((step,) if isinstance(step, int) else ()), known)

    def _within(self, item: Any, known: _Known) -> _Known:
        """The names that are known inside a record only, or there are others."""
        if isinstance(item, Therapy):
            return {"discrepancy": ({each.id for study in item.studies for each in study.discrepancies}, f" in {item.id}")}
        if isinstance(item, Regimen) and item.study:
            own, where = known["discrepancy"]
            named = self.studies.get(item.study)
            return {"discrepancy": ({*(own or ()), *(each.id for each in named.discrepancies)} if named else None, where)}
        if isinstance(item, Rule):
            results = [f"{name}/{one.id}" for name in item.cites if name in self.studies for one in self.studies[name].results]
            readable = all(name in self.studies for name in item.cites)
            return {"cited study": (item.cites, f" in {item.id}"), "result": (results if readable else None, "")}
        if isinstance(item, Study):
            where = f" in {item.id}"
            # A study that names no arms takes any name.
            arms = {EVERY_ARM, *(arm.id for arm in item.arms)} if item.arms else None
            return {
                "arm": (arms, where),
                "result": (_AFFECTED.union(one.id for one in item.results), where),
                "discrepancy": ({each.id for each in item.discrepancies}, where),
            }
        return {}


def _unknown(
    place: Node, value: str | Collection[str], what: str, known: tuple[Collection[str] | None, str]
) -> Iterator[Problem]:
    """Of one name, of a list of them, or of those that are the keys of a mapping."""
    there, where = known
    listed: Collection[str] = [value] if isinstance(value, str) else value
    for index, name in enumerate(listed if there is not None else ()):
        if name not in (there or ()):
            step = name if isinstance(place.value, dict) else index
            message = f"no {what} {quote(name)}{where}; {_near(name, sorted(there or ()))}"
            yield place.at((step,)).problem("", f"unknown-{what.rsplit(maxsplit=1)[-1]}", message)


def _near(name: str, known: Sequence[str]) -> str:
    """Few names are listed; of many only the nearest is told, of very many only their number: it would be long in finding."""
    shown = suggestion(name, known) if len(known) <= _MOST_COMPARED else ""
    nearest, asked, _ = shown.partition("? ")
    many = f"{nearest}?" if asked else f"allowed: one of {len(known)} names"
    return shown if len(known) < _MOST_LISTED else many


def _repeated(place: Node, parts: Sequence[Any], where: str) -> Iterator[Problem]:
    """Of a list of names, or of records with ids."""
    seen: set[str] = set()
    for index, part in enumerate(parts):
        name = part if isinstance(part, str) else getattr(part, "id", "")
        if name and name in seen:
            yield place.at((index, "id")).problem("", "duplicate-id", f"{quote(name)} is given twice in {where}")
        seen.add(name)


def confirmed(draft: Draft) -> Iterator[Problem]:
    """What is called confirmed names a reference that was read; a correction is no surer than its discrepancy."""
    read = {reference.id for reference, _ in draft.references if reference.was_read}
    for study, node in draft.studies:
        groups: Mapping[str, Sequence[Discrepancy | Criterion]]
        groups = {"discrepancies": study.discrepancies, "criteria": study.criteria}
        for key, index, item in ((key, index, item) for key, group in groups.items() for index, item in enumerate(group)):
            if item.basis == "confirmed" and (item.source is None or item.source.ref not in read):
                message = f"{study.id}: confirmed needs a source ({{ref, place}}) that was read; without one it is recalled"
                yield node.at((key, index, "basis")).problem("", "unread-source", message)
        bases = {item.id: item.basis for item in study.discrepancies}
        for index, result in enumerate(study.results):
            fix = result.corrected
            if fix and fix.basis == "confirmed" and bases.get(fix.discrepancy, "confirmed") != "confirmed":
                message = f"called confirmed, while its discrepancy {fix.discrepancy} is {bases[fix.discrepancy]}"
                yield node.at(("results", index, "corrected", "basis")).problem("", "unread-source", message)


def ids(draft: Draft) -> Iterator[Problem]:
    """Ids are lower-case words, each given once among its kind."""
    for what, group in draft.named.items():
        seen: dict[str, Node] = {}
        for item, node in group:
            place = node.at(("therapy" if what == "therapy" else "id",))
            if not _SLUG.match(item.id) or len(item.id) > LONGEST_ID:
                message = f"{quote(item.id)} is no id; allowed: lower-case words joined by - or _"
                yield place.problem("", "bad-id", message)
            first = seen.setdefault(item.id, node)
            if first is not node:
                message = f"the {what} {quote(item.id)} is already at {first.origin}:{first.line}"
                yield place.problem("", "duplicate-id", message)
