"""Cases made from answers: what a ruleset says of a profile, written down so that a change of it is noticed.

The sentence of such a case names the patient first, then what becomes of each therapy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from hepatica.assurance.cases.case import ExpectedAnswer, ExpectedRule, ExpectedWhy, PatientCase
from hepatica.assurance.cases.run import RulePart, TherapyPart, parts_of
from hepatica.assurance.version import Subject
from hepatica.evaluation import LISTS, Evaluator, ListName
from hepatica.knowledge import STANDINGS, Ruleset
from hepatica.patient import NONE, UNKNOWN, Facts, Field, Profile, Value

MOST_NAMED = 4
LONGEST = 390
SAID: Mapping[ListName, tuple[str, str]] = {
    "options": ("is an option", "are options"),
    "trials": ("is in trial", "are in trial"),
    "possible": ("is possible", "are possible"),
    "not_supported": ("is not supported", "are not supported"),
    "ruled_out": ("is ruled out", "are ruled out"),
    "unreported": ("is only named", "are only named"),
}
SCOPED = {"in": "the patient is in scope", "out": "the patient is out of scope", UNKNOWN: "scope is not known"}
HOLDS = {"yes": "holds", "no": "does not hold", UNKNOWN: "is not known"}
ENROLLED = {
    "inside": "such patients were enrolled by {}",
    "partly_stated": "such patients meet the little that is recorded of {}",
    "outside": "such patients were not enrolled by {}",
    "unknown": "it cannot be told whether such patients were enrolled by {}",
    "not_stated": "nobody's enrolment is recorded of {}",
}


class Pin(NamedTuple):
    """A profile, and a part of its answer to write down.

    Standing and citations are written where a rule applies; `evidence` asks for them also where it only may. `shows` is a text
    that the therapy's headline holds.
    """

    facts: Facts
    subject: Subject
    evidence: bool = False
    shows: str = ""


def pinned(pins: Iterable[Pin], evaluator: Evaluator) -> list[PatientCase]:
    """One case to a profile, holding everything that is pinned of it, in order of first meeting."""
    groups: dict[tuple[tuple[str, Value | None], ...], list[Pin]] = {}
    for pin in pins:
        # A yes is no 1: equal values of different kinds are different facts.
        key = tuple((type(value).__name__, value) for value in pin.facts.values())
        groups.setdefault(key, []).append(pin)
    return [_case(group, evaluator) for group in groups.values()]


def _case(pins: Sequence[Pin], evaluator: Evaluator) -> PatientCase:
    ruleset = evaluator.ruleset
    # As it would be read back: what one field says of another is filled in.
    profile = Profile(pins[0].facts, fields=ruleset.fields).under(ruleset.fields)
    answer = parts_of(evaluator.evaluate(profile))
    subjects = {pin.subject for pin in pins}
    placed = [name for name in ruleset.therapies if any(p.subject == Subject("therapy", name) and not p.shows for p in pins)]
    evidence = {pin.subject.id for pin in pins if pin.evidence}
    shows = {p.subject.id: tuple(q.shows for q in pins if q.shows and q.subject == p.subject) for p in pins if p.shows}
    lists: dict[str, Any] = {name: tuple(t for t in placed if answer.therapies[t].list == name) or None for name in LISTS}
    expected = ExpectedAnswer(
        case="",
        scope=answer.scope if Subject("scope") in subjects else None,
        derived={name: answer.derived[name] for name in ruleset.concepts if Subject("concept", name) in subjects},
        applicability={s.id: answer.applicability[s.id] for s in sorted(subjects) if s.kind == "study"},  # type: ignore[misc]
        why={name: _why(answer.therapies[name], ruleset, name, evidence=name in evidence) for name in placed},
        shows=shows,
        **lists,
    )
    named = {name: answer.therapies[name] for name in (*placed, *(name for name in shows if name not in placed))}
    return PatientCase(_with_sentence(expected, profile.facts, named, ruleset), profile)


def _why(part: TherapyPart, ruleset: Ruleset, therapy: str, *, evidence: bool) -> ExpectedWhy:
    if part.list == "ruled_out":
        return ExpectedWhy(blocked_by=tuple(name for name in ruleset.fields if name in part.blocked_by))
    full = evidence or part.list != "possible"
    others = [rule.id for rule in ruleset.therapies[therapy].rules if rule.id != part.rule]
    return ExpectedWhy(
        rule=part.rule,
        standing=part.standing if full else None,
        verdict=part.verdict if full else None,
        cites=part.cites if full else None,
        needs=tuple(name for name in ruleset.fields if name in part.needs) if part.list == "possible" else None,
        also={rule: _other(part.rules.get(rule), evidence=evidence) for rule in others},
    )


def _other(found: RulePart | None, *, evidence: bool) -> ExpectedRule:
    if found is None or not evidence:
        return ExpectedRule(list=found.list if found is not None else "ruled_out")
    return ExpectedRule(list=found.list, standing=found.standing, cites=found.cites)


# The sentence


def _with_sentence(expected: ExpectedAnswer, facts: Facts, named: Mapping[str, TherapyPart], ruleset: Ruleset) -> ExpectedAnswer:
    said = [SCOPED[expected.scope]] if expected.scope is not None else []
    for name, truth in expected.derived.items():
        meaning = re.split(r"[.(;]", ruleset.concepts[name].says)[0].strip(" ,")
        said.append(f"“{meaning}” {HOLDS[truth]}")
    for status, sentence in ENROLLED.items():
        studies = [ruleset.studies[name].name for name, one in expected.applicability.items() if one == status]
        said += [sentence.format(_names(studies))] if studies else []
    groups: dict[tuple[ListName, str], list[str]] = {}
    for therapy, part in named.items():
        groups.setdefault((part.list, _reason(part, ruleset)), []).append(ruleset.therapies[therapy].name)
    said += [f"{_names(names)} {SAID[reached][len(names) > 1]}{reason}" for (reached, reason), names in groups.items()]
    said += [f"of {ruleset.therapies[name].name} “{text}” is shown" for name, texts in expected.shows.items() for text in texts]
    known = [_phrase(field, value) for name, field in ruleset.fields.items() if (value := facts[name]) is not None]
    who = ", ".join(known) or "nothing known"
    return replace(expected, case=_bounded(who[0].upper() + who[1:], said))


def _bounded(who: str, said: Sequence[str]) -> str:
    kept = list(said)
    while len(kept) > 1 and len(f"{who}: {'; '.join(kept)}; and more.") > LONGEST:
        kept.pop()
    more = "; and more" if len(kept) < len(said) else ""
    return f"{who}: {'; '.join(kept)}{more}."


def _phrase(field: Field, value: Value) -> str:
    """A field with its value in running text: "no prior sorafenib", "AFP 400 ng/mL", "portal vein invasion"."""
    title = _lowered(field.title)
    if field.kind == "flag":
        return title if value else f"not {title}" if title.startswith("suitable") else f"no {title}"
    shown = field.shown(value)
    return f"no {title}" if shown == NONE else f"{title} {shown}"


def _lowered(title: str) -> str:
    """A title inside a sentence; abbreviations and names keep their capitals."""
    first = title.split(maxsplit=1)[0]
    return title if not first[1:].islower() else title[0].lower() + title[1:]


def _reason(part: TherapyPart, ruleset: Ruleset) -> str:
    fields = [field for name, field in ruleset.fields.items() if name in part.needs | part.blocked_by]
    if part.list == "possible":
        asked = [f"whether {_lowered(field.title)}" if field.kind == "flag" else _lowered(field.title) for field in fields]
        return f" until {_joined(asked)} {'are' if len(asked) > 1 else 'is'} known"
    if part.list == "ruled_out":
        return f" because of {_joined([_lowered(field.title) for field in fields])}" if fields else ""
    return f" ({STANDINGS[part.standing].phrase})" if part.list == "options" else ""


def _names(names: Sequence[str]) -> str:
    listed = sorted(names, key=str.lower)
    if len(listed) <= MOST_NAMED + 1:
        return _joined(listed)
    return f"{', '.join(listed[:MOST_NAMED])} and {len(listed) - MOST_NAMED} others"


def _joined(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
