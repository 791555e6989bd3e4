"""A ruleset as far as it has been read: its objects, each with the place where it is written, and what is wrong so far."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from hepatica.documents import Node, Path
from hepatica.knowledge.evidence import Reference, Study
from hepatica.knowledge.ruleset import Card, Concept, Note, Omission, Rule, Therapy
from hepatica.patient import Fields
from hepatica.problems import Problem


@dataclass(frozen=True, slots=True)
class Located:
    """An object of the ruleset and where it is written."""

    file: str
    node: Node

    def problem(self, path: Path, code: str, message: str) -> Problem:
        """A problem at `path` inside the object."""
        return self.node.at(path).problem(self.file, code, message)


@dataclass(slots=True)
class Draft:
    """Everything read so far, with places; `problems` collects what is wrong with it.

    `unread` holds the ids in files that could not be used: naming them is no further fault. Where a therapy's file gave
    not even its ids, `complete` is false and no therapy or study can be called unknown.
    """

    card: tuple[Card, Located] | None
    concepts: list[tuple[Concept, Located]]
    therapies: list[tuple[Therapy, Located]]
    notes: list[tuple[Note, Located]]
    problems: list[Problem]
    fields: Fields
    omissions: list[tuple[Omission, Located]] = field(default_factory=list)
    references: list[tuple[Reference, Located]] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    complete: bool = True

    def lacks(self, name: str, known: Collection[str]) -> bool:
        """Whether the therapy or study `name` is surely none of the ruleset's; `known` are those that were read."""
        return self.complete and name not in known and name not in self.unread

    def studies(self) -> Iterator[tuple[Study, Located]]:
        """Every study with the place of its own mapping."""
        for therapy, source in self.therapies:
            for index, study in enumerate(therapy.studies):
                yield study, Located(source.file, source.node.at(("studies", index)))

    def rules(self) -> Iterator[tuple[Rule, Located]]:
        """Every rule with the place of its own mapping."""
        for therapy, source in self.therapies:
            for index, rule in enumerate(therapy.rules):
                yield rule, Located(source.file, source.node.at(("rules", index)))


def children(node: Node) -> Iterator[Node]:
    """The values of a mapping or the entries of a list; nothing of a scalar."""
    if isinstance(node.value, dict):
        yield from node.value.values()
    elif isinstance(node.value, list):
        yield from node.value
