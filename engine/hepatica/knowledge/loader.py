"""A ruleset folder to a `Ruleset`, or every reason why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hepatica.knowledge.conditions import strata
from hepatica.knowledge.content import digest_of
from hepatica.knowledge.draft import Draft, Nodes, kind_of, placed
from hepatica.knowledge.extends import laid_over
from hepatica.knowledge.files import CARD, RulesetFiles, gather
from hepatica.knowledge.ruleset import Ruleset
from hepatica.knowledge.validation import validate
from hepatica.problems import InvalidInput, Problem

MAX_VALUES = 500_000
"""In all files of a ruleset together; hcc-2016 has 12,600."""


def load_ruleset(root: Path | str) -> Ruleset:
    """The validated ruleset in a folder, read anew. Raises `InvalidInput` with every problem, sorted by place."""
    return load_files(gather(Path(root)))


def load_files(files: RulesetFiles) -> Ruleset:
    """As `load_ruleset`, of files already read."""
    draft = drafted(files)
    if not draft.problems or draft.therapies:
        validate(draft)
    if draft.problems:
        raise InvalidInput(draft.problems)
    return _ruleset(draft, files)


def drafted(files: RulesetFiles) -> Draft:
    """What can be read of a ruleset, not yet checked as a whole."""
    problems: list[Problem] = []
    lost: set[str] = set()
    return Draft(_parsed(files, lost, problems), lost, problems)


def _parsed(files: RulesetFiles, lost: set[str], problems: list[Problem]) -> Nodes:
    """Every file as a tree, those of the base beneath; of files that cannot be read the kind is added to `lost`."""
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
            raise InvalidInput([nodes[name].problem("", "too-large", f"more than {MAX_VALUES} values in the files up to here")])
    if files.base is None or CARD not in nodes:
        return nodes
    base = _parsed(files.base, lost, problems)
    if CARD not in base:  # without it anything else said would be guessing
        raise InvalidInput(problems)
    return laid_over(base, nodes, problems)


def _ruleset(draft: Draft, files: RulesetFiles) -> Ruleset:
    assert draft.card is not None
    card = draft.card[0]
    concepts = {concept.id: concept for concept, _ in draft.concepts}
    therapies = {therapy.id: therapy for therapy, _ in draft.therapies}
    levels = strata({name: concept.when for name, concept in concepts.items()})
    loaded = Ruleset(
        card=card,
        digest="",
        folder=files.folder,
        concepts={name: concepts[name] for level in levels for name in level},  # each after those it refers to
        therapies={name: therapies[name] for name in card.therapies},
        references={reference.id: reference for reference, _ in draft.references},
        fields=draft.fields,
        notes=tuple(note for note, _ in draft.notes),
        omissions=tuple(omission for omission, _ in draft.omissions),
        places=_places(draft, files),
    )
    return replace(loaded, digest=digest_of(loaded))


def _places(draft: Draft, files: RulesetFiles) -> Mapping[str, str]:
    """Where each thing is written: `file:line`, the files of this ruleset by their names in it."""
    found = {"scope": draft.nodes[CARD].at(("scope",))}
    found |= {f"{kind}/{item.id}": node for kind, group in draft.named.items() for item, node in group}
    names = {shown: name for name, shown in files.shown.items()}
    return {name: f"{names.get(node.origin, node.origin)}:{node.line}" for name, node in found.items()}
