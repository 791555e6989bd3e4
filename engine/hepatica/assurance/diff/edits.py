"""What was edited between two versions of a ruleset: each rule, study, figure and text that was added, removed or changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Literal, NamedTuple

from hepatica.knowledge import AllOf, AnyOf, ConceptTest, NotOf, Ruleset, Test, condition_words

Area = Literal["rule", "study", "figure", "text", "therapy", "concept", "note", "card"]
Action = Literal["added", "removed", "changed"]

FIGURES = ("results", "toxicity", "figures", "arms", "n", "n_planned", "primary_endpoint")
TEXTS = ("says", "about", "summary", "name", "title", "caveats", "n_says", "label", "developer", "funding", "topic")
_CONDITIONS = (AllOf, AnyOf, NotOf, Test, ConceptTest)
LONGEST = 200


class Edit(NamedTuple):
    """One edit: what kind of thing, which one, which part of it, and the two values as text ("" where there is none)."""

    area: Area
    action: Action
    what: str
    part: str
    before: str
    after: str


def edits(old: Ruleset, new: Ruleset) -> tuple[Edit, ...]:
    """Every edit, in the order of the new version; things only the old one has come last in their group."""
    found: list[Edit] = []
    found += _compared("card", {old.card.id: old.card}, {new.card.id: new.card})
    found += _compared("concept", old.concepts, new.concepts)
    found += _compared("therapy", _therapies(old), _therapies(new))
    found += _compared("rule", old.rules, new.rules)
    found += _compared("study", old.studies, new.studies)
    found += _compared("note", {n.id: n for n in old.notes}, {n.id: n for n in new.notes})
    return tuple(found)


def _therapies(ruleset: Ruleset) -> dict[str, dict[str, Any]]:
    """The therapies without their rules and studies, which are compared on their own."""
    left_out = ("rules", "studies")
    return {
        name: {f.name: getattr(therapy, f.name) for f in fields(therapy) if f.name not in left_out}
        for name, therapy in ruleset.therapies.items()
    }


def _compared(area: Area, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Edit]:
    for name, after in new.items():
        if name not in old:
            yield Edit(area, "added", name, "", "", shown(after))
        elif old[name] != after:
            for part, first, second in _differences("", old[name], after):
                yield Edit(_area(area, part), _action(first, second), name, part, _text(first), _text(second))
    for name, before in old.items():
        if name not in new:
            yield Edit(area, "removed", name, "", shown(before), "")


def _area(area: Area, part: str) -> Area:
    """Which kind of edit a part's change is."""
    steps = [step.partition("[")[0] for step in part.split(".")]
    head, last = steps[0], steps[-1]
    if last in TEXTS or head in TEXTS:
        return "text"
    return "figure" if area == "study" and head in FIGURES else area


class _Nothing:
    """Stands for a part that one version does not have."""


_NOTHING = _Nothing()


def _action(first: object, second: object) -> Action:
    if first is _NOTHING:
        return "added"
    return "removed" if second is _NOTHING else "changed"


def _differences(path: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """The smallest differing parts: path, value before, value after."""
    if old == new:
        return
    first, second = _parts(old), _parts(new)
    if first is None or second is None:
        yield path, old, new
        return
    for key in dict.fromkeys((*second, *first)):
        yield from _differences(_joined(path, key), first.get(key, _NOTHING), second.get(key, _NOTHING))


def _joined(path: str, key: str) -> str:
    return f"{path}{key}" if key.startswith("[") or not path else f"{path}.{key}"


def _parts(value: Any) -> dict[str, Any] | None:
    """The named parts of a record, a mapping, or a list of records with ids; None for anything compared whole."""
    if isinstance(value, _CONDITIONS) or value is _NOTHING:
        return None
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): inner for key, inner in value.items()}
    if isinstance(value, tuple) and value and all(is_dataclass(inner) and not isinstance(inner, _CONDITIONS) for inner in value):
        return _listed(value)
    return None


def _listed(values: Sequence[Any]) -> dict[str, Any]:
    """Records by their id, or by their place where they have none."""
    return {f"[{getattr(value, 'id', '') or index}]": value for index, value in enumerate(values, 1)}


def _text(value: Any) -> str:
    return "" if value is _NOTHING else shown(value)


def shown(value: Any) -> str:
    """A value as one bounded line."""
    if isinstance(value, _CONDITIONS):
        text = condition_words(value)
    elif is_dataclass(value) and not isinstance(value, type):
        says = getattr(value, "says", "") or getattr(value, "name", "") or getattr(value, "title", "")
        text = str(says) or ", ".join(
            f"{f.name} {shown(getattr(value, f.name))}" for f in fields(value) if getattr(value, f.name)
        )
    elif isinstance(value, (tuple, list)):
        text = ", ".join(map(shown, value))
    elif isinstance(value, Mapping):
        text = str(value["name"]) if "name" in value else ", ".join(f"{key}: {shown(inner)}" for key, inner in value.items())
    else:
        text = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."
