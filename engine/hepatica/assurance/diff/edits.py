"""What was edited between two versions of a ruleset: each rule, study, figure and text that was added, removed or changed.

Order without meaning (of rules, of the parts of a condition, of keys) is no edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from textwrap import shorten
from typing import Any

from hepatica.assurance.diff.result import Action, Area, RulesetEdit
from hepatica.knowledge import AllOf, AnyOf, ConceptTest, NotOf, Rule, Ruleset, Test, condition_words
from hepatica.patient import Fields

FIGURES = ("results", "toxicity", "figures", "arms", "n", "n_planned", "primary_endpoints")
TEXTS = ("says", "about", "summary", "name", "title", "caveats", "n_says", "label", "developer", "funding", "topic")
_CONDITIONS = (AllOf, AnyOf, NotOf, Test, ConceptTest)
_UNORDERED = ("cites", "synonyms", "targets", "drugs", "regions", "biomarkers", "affects")
NOTES_MOVED = "notes (order)"
_MAKES_A_RULE = ("says", "when", "standing", "verdict", "cites", "line", "source", "caveats")
ENOUGH_ALIKE = 0.7
LONGEST, LONGEST_NAME = 200, 40


def edits(old: Ruleset, new: Ruleset) -> tuple[RulesetEdit, ...]:
    """Every edit, in the order of the new version; things only the old one has come last in their group."""
    known = old.fields.merged(new.fields.values())
    areas: list[tuple[Area, Mapping[str, Any], Mapping[str, Any]]] = [
        ("card", {new.card.id: old.card}, {new.card.id: new.card}),
        ("fields", _readings(old.fields), _readings(new.fields)),
        ("concept", old.concepts, new.concepts),
        ("therapy", _therapies(old), _therapies(new)),
        ("rule", old.rules, new.rules),
        ("study", old.studies, new.studies),
        ("note", {note.id: note for note in old.notes}, {note.id: note for note in new.notes}),
        ("reference", old.references, new.references),
        ("omission", {f"lines {one.lines}": one for one in old.omissions}, {f"lines {one.lines}": one for one in new.omissions}),
    ]
    found = [edit for area, before, after in areas for edit in _compared(area, before, after, known)]
    homes = [
        {("rule", rule): t.id for rule, t in side.owners.items()}
        | {("study", study.id): t.id for t in side.therapies.values() for study in t.studies}
        for side in (old, new)
    ]
    found += [
        RulesetEdit(area=area, action="changed", what=name, part="therapy", before=homes[0][area, name], after=home)
        for area in ("rule", "study")
        for (kind, name), home in homes[1].items()
        if kind == area and homes[0].get((area, name), home) != home
    ]
    before, after = (", ".join(note.id for note in notes) for notes in moved(old.notes, new.notes))
    if before:
        found.append(RulesetEdit(area="card", action="changed", what=new.card.id, part=NOTES_MOVED, before=before, after=after))
    return tuple(found)


def renamed_rules(old: Ruleset, new: Ruleset) -> dict[str, str]:
    """Rules that have another id and are otherwise the same, or nearly: new id to old id."""
    gone = [(t.id, rule) for t, rule in old.rules_with_therapy() if rule.id not in new.rules]
    come = [(t.id, rule) for t, rule in new.rules_with_therapy() if rule.id not in old.rules]
    pairs = [(_likeness(one, rule), one.id, rule.id) for therapy, rule in come for owner, one in gone if owner == therapy]
    found: dict[str, str] = {}
    for likeness, before, after in sorted(pairs, key=lambda pair: -pair[0]):
        if likeness >= ENOUGH_ALIKE and after not in found and before not in found.values():
            found[after] = before
    return {rule.id: found[rule.id] for _, rule in come if rule.id in found}


def _likeness(first: Rule, second: Rule) -> float:
    """The share of what makes a rule (its sentence, condition, standing, studies and so on) that two have alike."""
    pairs = [(ordered(getattr(first, part)), ordered(getattr(second, part))) for part in _MAKES_A_RULE]
    return [one == other for one, other in pairs].count(True) / len(pairs)


def ordered(value: Any) -> Any:  # noqa: PLR0911 - one answer to a kind
    """A value in which order without meaning is gone: equal for two that say the same."""
    if isinstance(value, (AllOf, AnyOf)):
        return type(value).__name__, frozenset(map(ordered, value.parts))
    if isinstance(value, NotOf):
        return "NotOf", ordered(value.part)
    if isinstance(value, Test):
        return value.field, value.operator, frozenset(value.operands), value.unknown
    if isinstance(value, ConceptTest):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return tuple((f.name, _ordered_part(f.name, getattr(value, f.name))) for f in fields(value))
    if isinstance(value, Mapping):
        return frozenset((key, ordered(inner)) for key, inner in value.items())
    return tuple(map(ordered, value)) if isinstance(value, (tuple, list)) else value


def _ordered_part(name: str, value: Any) -> Any:
    return frozenset(value) if name in _UNORDERED and isinstance(value, (tuple, list)) else ordered(value)


def _therapies(ruleset: Ruleset) -> dict[str, dict[str, Any]]:
    """The therapies without their rules and studies, which are compared on their own."""
    left_out = ("rules", "studies")
    return {
        name: {f.name: getattr(therapy, f.name) for f in fields(therapy) if f.name not in left_out}
        for name, therapy in ruleset.therapies.items()
    }


def _readings(known: Fields) -> dict[str, dict[str, Any]]:
    """The fields, the words that are read for them in one order: theirs means nothing."""
    return {
        name: {f.name: getattr(field, f.name) if f.name == "values" else _sorted(getattr(field, f.name)) for f in fields(field)}
        for name, field in known.items()
    }


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(inner) for key, inner in value.items()}
    words = isinstance(value, tuple) and all(isinstance(one, str) for one in value)
    return tuple(sorted(value)) if words else value


def _compared(area: Area, old: Mapping[str, Any], new: Mapping[str, Any], known: Fields) -> Iterator[RulesetEdit]:
    for name, after in new.items():
        if name not in old:
            yield RulesetEdit(area=area, action="added", what=name, part="", before="", after=_shown(after, known))
        elif old[name] != after and ordered(old[name]) != ordered(after):
            for part, first, second in _differences("", old[name], after):
                action: Action = "added" if first is _NOTHING else "removed" if second is _NOTHING else "changed"
                shown = _shown(first, known), _shown(second, known)
                kind = _area(area, part)
                yield RulesetEdit(area=kind, action=action, what=name, part=part, before=shown[0], after=shown[1])
    for name, before in old.items():
        if name not in new:
            yield RulesetEdit(area=area, action="removed", what=name, part="", before=_shown(before, known), after="")


def _area(area: Area, part: str) -> Area:
    """Which kind of edit a part's change is."""
    steps = [step.partition("[")[0] for step in part.split(".")]
    if steps[-1] in TEXTS or steps[0] in TEXTS:
        return "text"
    return "figure" if area == "study" and steps[0] in FIGURES else area


_NOTHING = object()
"""Stands for a part that one version does not have."""


def _differences(path: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """The smallest differing parts: path, value before, value after."""
    name = path.rpartition(".")[2]
    if _ordered_part(name, old) == _ordered_part(name, new):
        return
    first, second = _parts(old), _parts(new)
    if first is None or second is None:
        yield path, old, new
        return
    if isinstance(old, tuple):
        before, after = moved(old, new)
        if before:
            yield f"{path} (order)", ", ".join(map(_name, before)), ", ".join(map(_name, after))
        # What both lists hold is no edit wherever it stands now: of entries without ids the place alone would say otherwise.
        first, second = (
            {key: one for key, one in side.items() if one not in other} for side, other in ((first, new), (second, old))
        )
    for key in dict.fromkeys((*second, *first)):
        below = f"{path}{key}" if key.startswith("[") or not path else f"{path}.{key}"
        yield from _differences(below, first.get(key, _NOTHING), second.get(key, _NOTHING))


def _parts(value: Any) -> dict[str, Any] | None:
    """The named parts of a record, a mapping, or a list of records; None for anything compared whole."""
    if isinstance(value, _CONDITIONS) or value is _NOTHING:
        return None
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): inner for key, inner in value.items()}
    if isinstance(value, tuple) and value and all(is_dataclass(inner) and not isinstance(inner, _CONDITIONS) for inner in value):
        return {f"[{getattr(inner, 'id', '') or index}]": inner for index, inner in enumerate(value, 1)}
    return None


def moved(old: Sequence[Any], new: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Of the records that two lists share, those from the first to the last that stands elsewhere, as each list has them."""
    known = [[getattr(one, "id", "") or one for one in side] for side in (old, new)]
    first = [one for one, key in zip(old, known[0], strict=True) if key in known[1]]
    second = [one for one, key in zip(new, known[1], strict=True) if key in known[0]]
    apart = [n for n, (one, other) in enumerate(zip(first, second, strict=False)) if _name(one) != _name(other)]
    return (first[apart[0] : apart[-1] + 1], second[apart[0] : apart[-1] + 1]) if apart else ([], [])


def _name(value: Any) -> str:
    """What a record of a list is called where its place is told: its id, or the beginning of what it says."""
    return str(getattr(value, "id", "")) or shorten(str(getattr(value, "says", value)), LONGEST_NAME, placeholder="...")


def _shown(value: Any, known: Fields) -> str:
    """A value as one bounded line."""
    if isinstance(value, _CONDITIONS):
        text = condition_words(value, known)
    elif is_dataclass(value) and not isinstance(value, type):
        says = getattr(value, "says", "") or getattr(value, "name", "") or getattr(value, "title", "")
        text = str(says) or ", ".join(
            f"{f.name} {_shown(getattr(value, f.name), known)}" for f in fields(value) if getattr(value, f.name)
        )
    elif isinstance(value, (tuple, list)):
        text = ", ".join(_shown(inner, known) for inner in value)
    elif isinstance(value, Mapping):
        parts = (f"{key}: {_shown(inner, known)}" for key, inner in value.items())
        text = str(value["name"]) if "name" in value else ", ".join(parts)
    else:
        text = "" if value is None or value is _NOTHING else f"{value:g}" if isinstance(value, float) else str(value)
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."
