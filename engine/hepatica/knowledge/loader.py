"""A ruleset folder to a `Ruleset`, or every reason why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from hepatica.documents import Node, read_yaml
from hepatica.knowledge.conditions import strata
from hepatica.knowledge.decode import ConceptsFile, FieldsFile, NotesFile, OmissionsFile, ReferencesFile, decode
from hepatica.knowledge.draft import Draft, Located
from hepatica.knowledge.files import CARD, CONCEPTS, FIELDS_FILE, REFERENCES, RulesetFiles, gather
from hepatica.knowledge.ruleset import Card, Concept, Note, Omission, Ruleset, Therapy
from hepatica.knowledge.texts import text_problems
from hepatica.knowledge.validation import validate
from hepatica.patient import COMMON_FIELDS, Fields
from hepatica.problems import InvalidInput, Problem


def load_ruleset(root: Path | str) -> Ruleset:
    """The validated ruleset in a folder. Raises `InvalidInput` with every problem, sorted by place."""
    return load_files(gather(Path(root)))


def load_files(files: RulesetFiles) -> Ruleset:
    """As `load_ruleset`, of files already read."""
    problems: list[Problem] = []
    nodes: dict[str, Node] = {}
    for name, data in files.contents.items():
        try:
            nodes[name] = read_yaml(data, files.shown[name])
        except InvalidInput as error:
            problems.extend(error.problems)
        else:
            problems.extend(text_problems(nodes[name], files.shown[name]))
    reading = _Reading(files, nodes, problems)
    draft = reading.draft()
    if not problems or draft.therapies:
        validate(draft)
    if problems:
        raise InvalidInput(problems)
    return reading.ruleset(draft)


class _Reading:
    def __init__(self, files: RulesetFiles, nodes: dict[str, Node], problems: list[Problem]) -> None:
        self.files = files
        self.nodes = nodes
        self.problems = problems
        self.names = _concept_names(nodes.get(CONCEPTS)) if CONCEPTS in files.contents else ()
        self.fields = self._fields()
        self.omissions: list[Omission] = []

    def draft(self) -> Draft:
        draft = Draft(self._card(), [], [], [], self.problems, self.fields, complete=self._therapies_parsed())
        for name, node in sorted(self.nodes.items()):
            file, folder = self.files.shown[name], name.partition("/")[0]
            if name == CONCEPTS:
                concepts = decode(ConceptsFile, node, file, self.names, self.problems, self.fields)
                for index, concept in enumerate(concepts.concepts if concepts else ()):
                    draft.concepts.append((concept, Located(file, node.at(("concepts", index)))))
            elif name == REFERENCES:
                listed = decode(ReferencesFile, node, file, self.names, self.problems)
                for index, reference in enumerate(listed.references if listed else ()):
                    draft.references.append((reference, Located(file, node.at(("references", index)))))
            elif folder == "therapies":
                therapy = decode(Therapy, node, file, self.names, self.problems, self.fields)
                if therapy:
                    draft.therapies.append((therapy, Located(file, node)))
                else:
                    draft.unread |= _ids_in(node)
            elif folder == "notes":
                notes = decode(NotesFile, node, file, self.names, self.problems, self.fields)
                for index, note in enumerate(notes.notes if notes else ()):
                    draft.notes.append((note, Located(file, node.at(("notes", index)))))
            elif folder == "omissions":
                left_out = decode(OmissionsFile, node, file, self.names, self.problems, self.fields)
                self.omissions.extend(left_out.omissions if left_out else ())
        return draft

    def _fields(self) -> Fields:
        """The common fields and those of the ruleset."""
        node = self.nodes.get(FIELDS_FILE)
        file = self.files.shown.get(FIELDS_FILE, FIELDS_FILE)
        own = decode(FieldsFile, node, file, (), self.problems) if node else None
        return Fields([*COMMON_FIELDS.values(), *own.fields]) if own else COMMON_FIELDS

    def _therapies_parsed(self) -> bool:
        return all(name in self.nodes for name in self.files.contents if name.startswith("therapies/"))

    def _card(self) -> tuple[Card, Located] | None:
        node = self.nodes.get(CARD)
        if node is None:
            return None
        for name in sorted(n for n in self.nodes if n.startswith("base/")):
            node = _laid_over(self.nodes[name], self.files.shown[name], node)
        file = self.files.shown[CARD]
        card = decode(Card, node, file, self.names, self.problems, self.fields)
        return (card, Located(file, node)) if card else None

    def ruleset(self, draft: Draft) -> Ruleset:
        assert draft.card is not None
        card = draft.card[0]
        by_id = {therapy.id: therapy for therapy, _ in draft.therapies}
        return Ruleset(
            card=card,
            digest=self.files.digest,
            concepts={concept.id: concept for concept in _in_order_of_use(draft.concepts)},
            therapies={name: by_id[name] for name in card.therapies},
            references={reference.id: reference for reference, _ in draft.references},
            fields=self.fields,
            notes=tuple(note for note, _ in draft.notes),
            omissions=tuple(self.omissions),
            places=self._all_places(draft),
        )

    def _all_places(self, draft: Draft) -> Mapping[str, str]:
        groups: Mapping[str, Sequence[tuple[Concept | Therapy | Note, Located]]] = {
            "concept": draft.concepts,
            "therapy": draft.therapies,
            "note": draft.notes,
        }
        assert draft.card is not None
        card = draft.card[1]
        scope = card.node.at(("scope",))
        found = {"scope": Located(scope.origin or card.file, scope)}
        found |= {f"{kind}/{item.id}": source for kind, group in groups.items() for item, source in group}
        found |= {f"study/{study.id}": source for study, source in draft.studies()}
        found |= {f"rule/{rule.id}": source for rule, source in draft.rules()}
        root = self.files.root
        return {name: _shown_place(source, root) for name, source in found.items()}


def _ids_in(node: Node) -> set[str]:
    """The therapy and the studies that a file names, as far as it can be read."""
    studies = node.at(("studies",)).value
    named = [entry.at(("id",)) for entry in studies] if isinstance(studies, list) else []
    return {entry.raw for entry in [node.at(("therapy",)), *named] if isinstance(entry.value, str)}


def _shown_place(source: Located, root: Path) -> str:
    path = Path(source.file)
    shown = path.relative_to(root) if path.is_relative_to(root) else path
    return f"{shown.as_posix()}:{source.node.line}"


def _concept_names(node: Node | None) -> Sequence[str] | None:
    """The ids of the concepts, so that conditions can be read before the concepts are decoded; None where one is unreadable."""
    listed = node.at(("concepts",)).value if node else None
    if not isinstance(listed, list):
        return None
    names = [entry.at(("id",)).raw for entry in listed]
    return names if all(names) else None


def _in_order_of_use(concepts: list[tuple[Concept, Located]]) -> list[Concept]:
    """Concepts so that each stands after those it refers to."""
    by_id = {concept.id: concept for concept, _ in concepts}
    levels = strata({name: concept.when for name, concept in by_id.items()})
    return [by_id[name] for level in levels for name in level]


def _laid_over(base: Node, file: str, own: Node) -> Node:
    """The base's card with the entries of `own` in place of its own."""
    if not isinstance(base.value, dict) or not isinstance(own.value, dict):
        return own
    _set_origin(base, file)
    return Node({**base.value, **own.value}, own.line, own.column, "", {**base.keys, **own.keys})


def _set_origin(node: Node, file: str) -> None:
    """Every part of `node` says that it comes from `file`."""
    node.origin = file
    for child in node.value.values() if isinstance(node.value, dict) else node.value if isinstance(node.value, list) else ():
        _set_origin(child, file)
