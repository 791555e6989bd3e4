"""A ruleset folder to a `Ruleset`, or every reason why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hepatica.documents import Node, read_yaml
from hepatica.knowledge.conditions import strata
from hepatica.knowledge.content import digest_of
from hepatica.knowledge.decode import (
    ConceptsFile,
    FieldsFile,
    NotesFile,
    OmissionsFile,
    ReferencesFile,
    decode,
    text_problems,
)
from hepatica.knowledge.draft import Draft, Located
from hepatica.knowledge.extends import Nodes, laid_over
from hepatica.knowledge.files import CARD, CONCEPTS, FIELDS_FILE, REFERENCES, RulesetFiles, gather
from hepatica.knowledge.ruleset import Card, Concept, Ruleset, Therapy
from hepatica.knowledge.validation import validate
from hepatica.patient import COMMON_FIELDS, Fields
from hepatica.problems import InvalidInput, Problem

# Files that hold one list: the class that reads them and the name of the list, in the file and in the draft.
_LISTS: Mapping[str, tuple[Any, str]] = {
    CONCEPTS: (ConceptsFile, "concepts"),
    REFERENCES: (ReferencesFile, "references"),
    "notes": (NotesFile, "notes"),
    "omissions": (OmissionsFile, "omissions"),
}


def load_ruleset(root: Path | str) -> Ruleset:
    """The validated ruleset in a folder. Raises `InvalidInput` with every problem, sorted by place."""
    return load_files(gather(Path(root)))


def load_files(files: RulesetFiles) -> Ruleset:
    """As `load_ruleset`, of files already read."""
    problems: list[Problem] = []
    reading = _Reading(files, _parsed(files, problems), problems)
    draft = reading.draft()
    if not problems or draft.therapies:
        validate(draft)
    if problems:
        raise InvalidInput(problems)
    return reading.ruleset(draft)


def _parsed(files: RulesetFiles, problems: list[Problem]) -> Nodes:
    """Every file as a tree, those of the base beneath; files that cannot be read are left out and their faults added."""
    nodes: Nodes = {}
    for name, data in files.contents.items():
        try:
            nodes[name] = read_yaml(data, files.shown[name])
        except InvalidInput as error:
            problems.extend(error.problems)
        else:
            problems.extend(text_problems(nodes[name], files.shown[name]))
    if files.base is None or CARD not in nodes:
        return nodes
    below = _parsed(files.base, problems)
    if CARD not in below:  # without it anything else said would be guessing
        raise InvalidInput(problems)
    return laid_over(below, files.base.shown, nodes, files.shown[CARD], problems)


class _Reading:
    def __init__(self, files: RulesetFiles, nodes: Nodes, problems: list[Problem]) -> None:
        self.files = files
        self.nodes = nodes
        self.problems = problems
        self.concepts = _concept_names(nodes, CONCEPTS in files.contents)
        self.fields = self._fields()

    def draft(self) -> Draft:
        draft = Draft(self._card(), [], [], [], self.problems, self.fields, complete=self._therapies_parsed())
        for name, node in sorted(self.nodes.items()):
            folder = name.partition("/")[0]
            if folder in _LISTS:
                kind, key = _LISTS[folder]
                listed = getattr(self._decoded(kind, name), key, ())
                places = (self._located(name, node.at((key, index))) for index in range(len(listed)))
                getattr(draft, key).extend(zip(listed, places, strict=True))
            elif folder == "therapies":
                therapy = self._decoded(Therapy, name)
                if therapy:
                    draft.therapies.append((therapy, self._located(name, node)))
                else:
                    draft.unread |= _ids_in(node)
        return draft

    def _decoded(self, kind: Any, name: str) -> Any:
        return decode(kind, self.nodes[name], self._file(name), self.concepts, self.problems, self.fields)

    def _file(self, name: str) -> str:
        return self.files.shown.get(name, name)

    def _located(self, name: str, node: Node) -> Located:
        return Located(node.origin or self._file(name), node)

    def _fields(self) -> Fields:
        """The common fields and those of the ruleset."""
        if FIELDS_FILE not in self.nodes:
            return COMMON_FIELDS
        own = decode(FieldsFile, self.nodes[FIELDS_FILE], self._file(FIELDS_FILE), (), self.problems)
        return Fields([*COMMON_FIELDS.values(), *own.fields]) if own else COMMON_FIELDS

    def _therapies_parsed(self) -> bool:
        return all(name in self.nodes for name in self.files.contents if name.startswith("therapies/"))

    def _card(self) -> tuple[Card, Located] | None:
        card = self._decoded(Card, CARD) if CARD in self.nodes else None
        return (card, Located(self._file(CARD), self.nodes[CARD])) if card else None

    def ruleset(self, draft: Draft) -> Ruleset:
        assert draft.card is not None
        card = draft.card[0]
        by_id = {therapy.id: therapy for therapy, _ in draft.therapies}
        loaded = Ruleset(
            card=card,
            digest="",
            folder=self.files.folder,
            concepts={concept.id: concept for concept in _in_order_of_use(draft.concepts)},
            therapies={name: by_id[name] for name in card.therapies},
            references={reference.id: reference for reference, _ in draft.references},
            fields=self.fields,
            notes=tuple(note for note, _ in draft.notes),
            omissions=tuple(omission for omission, _ in draft.omissions),
            places=self._all_places(draft),
        )
        return replace(loaded, digest=digest_of(loaded))

    def _all_places(self, draft: Draft) -> Mapping[str, str]:
        groups: Mapping[str, Sequence[tuple[Any, Located]]] = {
            "concept": draft.concepts,
            "therapy": draft.therapies,
            "note": draft.notes,
            "reference": draft.references,
            "study": list(draft.studies()),
            "rule": list(draft.rules()),
        }
        scope = self.nodes[CARD].at(("scope",))
        found = {"scope": self._located(CARD, scope)}
        found |= {f"{kind}/{item.id}": place for kind, group in groups.items() for item, place in group}
        return {name: _shown_place(place, self.files.root) for name, place in found.items()}


def _ids_in(node: Node) -> set[str]:
    """The therapy and the studies that a file names, as far as it can be read."""
    studies = node.at(("studies",)).value
    named = [entry.at(("id",)) for entry in studies] if isinstance(studies, list) else []
    return {entry.raw for entry in [node.at(("therapy",)), *named] if isinstance(entry.value, str)}


def _shown_place(place: Located, root: Path) -> str:
    path = Path(place.node.origin or place.file)
    shown = path.relative_to(root) if path.is_relative_to(root) else path
    return f"{shown.as_posix()}:{place.node.line}"


def _concept_names(nodes: Nodes, expected: bool) -> Sequence[str] | None:
    """The ids of the concepts, so that conditions can be read before the concepts are decoded; None where one is unreadable."""
    if CONCEPTS not in nodes:
        return None if expected else ()
    listed = nodes[CONCEPTS].at(("concepts",)).value
    if not isinstance(listed, list):
        return None
    names = [entry.at(("id",)).raw for entry in listed]
    return names if all(names) else None


def _in_order_of_use(concepts: list[tuple[Concept, Located]]) -> list[Concept]:
    """Concepts so that each stands after those it refers to."""
    by_id = {concept.id: concept for concept, _ in concepts}
    levels = strata({name: concept.when for name, concept in by_id.items()})
    return [by_id[name] for level in levels for name in level]
