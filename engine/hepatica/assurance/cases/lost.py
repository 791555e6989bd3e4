"""Cases that one version of a ruleset has and the next has not: each was a question about the rules that nobody asks any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hepatica.documents import Node, read_yaml
from hepatica.problems import InvalidInput
from hepatica.records import record


@record(kw_only=True)
class LostCase:
    """A case that is gone, by its sentence and where it was written."""

    case: str
    place: str
    declared: bool = False


def lost_cases(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> tuple[LostCase, ...]:
    """The cases of the old files (name to content) that the new ones do not have, in another file or other words either.

    Old files that cannot be read ask nothing. Raises `InvalidInput` for new ones.
    """
    # Files that are the same on both sides hold the same cases: most need no reading.
    before = {name: data for name, data in old.items() if new.get(name) != data}
    kept = {told for name, data in new.items() if old.get(name) != data for _, *both in _cases(name, data) for told in both}
    found: list[LostCase] = []
    for name, data in before.items():
        try:
            cases = list(_cases(name, data))
        except InvalidInput:
            continue
        lost = [(place, sentence) for place, sentence, asked in cases if sentence not in kept and asked not in kept]
        found += [LostCase(case=str(sentence), place=place) for place, sentence in lost]
    return tuple(found)


def _cases(name: str, data: bytes) -> Iterator[tuple[str, object, object]]:
    """Each case of a file: its place, its sentence, and what it asks of whom (the same in other words)."""
    listed = read_yaml(data, name).at(("cases",)).value
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each.value, dict) and "case" in each.value:
            # The sentence is only a name for the question: reworded, or with keys in another order, it is still asked.
            asked = {key: _said(child) for key, child in each.value.items() if key != "case"}
            yield f"{name}:{each.line}", " ".join(each.value["case"].raw.split()), frozenset(asked.items())


def _said(node: Node) -> object:
    """What a node says, the order of keys apart."""
    if isinstance(node.value, dict):
        return frozenset((key, _said(child)) for key, child in node.value.items())
    return tuple(map(_said, node.value)) if isinstance(node.value, list) else node.raw
