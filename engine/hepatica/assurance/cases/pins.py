"""Cases made from answers: what a ruleset says of a profile, written down so that a change of it is noticed.

The sentence of such a case names the patient first, then what becomes of each therapy. The file of them is YAML that the case
reader reads back to the same cases, with a seal by which a later edit is known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from textwrap import shorten, wrap
from typing import Any, NamedTuple

from hepatica.assurance.cases.case import ExpectedAnswer, ExpectedRule, ExpectedWhy, PatientCase
from hepatica.assurance.cases.run import PlacedTherapy, enrolled, every_place, truth
from hepatica.assurance.version import Subject
from hepatica.documents import Flow, adapter, yaml_text
from hepatica.evaluation import LISTS, Evaluator
from hepatica.knowledge import Ruleset, Therapy, concept_words
from hepatica.notice import notice
from hepatica.patient import Facts, Profile, Value
from hepatica.wording import Wording, all_of, grouped, spoken

MOST_NAMED, LONGEST = 4, 900
_SEAL = "# As written, this file has the seal "


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
    fields = evaluator.ruleset.fields
    groups: dict[tuple[tuple[str, Value | None], ...], tuple[Profile, list[Pin]]] = {}
    for pin in pins:
        # As it would be read back: what one field says of another is filled in, and may make one case of two.
        profile = Profile(pin.facts, fields=fields).under(fields)
        # A yes is no 1: equal values of different kinds are different facts.
        key = tuple((type(value).__name__, value) for value in profile.facts.values())
        groups.setdefault(key, (profile, []))[1].append(pin)
    return [_case(group, profile, evaluator) for profile, group in groups.values()]


def _case(pins: Sequence[Pin], profile: Profile, evaluator: Evaluator) -> PatientCase:
    ruleset = evaluator.ruleset
    answer = evaluator.evaluate(profile)
    places, studies = every_place(answer), enrolled(answer)
    subjects = {pin.subject for pin in pins}
    asked = [name for name in ruleset.therapies if any(p.subject == Subject("therapy", name) and not p.shows for p in pins)]
    evidence = {pin.subject.id for pin in pins if pin.evidence}
    shows = {p.subject.id: tuple(q.shows for q in pins if q.shows and q.subject == p.subject) for p in pins if p.shows}
    lists: dict[str, Any] = {name: tuple(one for one in asked if places[one].list == name) or None for name in LISTS}
    expected = ExpectedAnswer(
        case="",
        profile=None,
        scope=answer.scope if Subject("scope") in subjects else None,
        derived={name: truth(answer.derived[name]) for name in ruleset.concepts if Subject("concept", name) in subjects},
        applicability={subject.id: studies[subject.id] for subject in sorted(subjects) if subject.kind == "study"},
        why={name: _why(places[name], ruleset.therapies[name], evidence=name in evidence) for name in asked},
        shows=shows,
        **lists,
    )
    return PatientCase(replace(expected, case=_sentence(expected, profile, ruleset)), profile)


def _why(place: PlacedTherapy, therapy: Therapy, *, evidence: bool) -> ExpectedWhy:
    """What is pinned of a therapy's reasons: standing and studies where a rule applies, or where they are asked for."""
    why = place.why
    if place.list == "ruled_out":
        return ExpectedWhy(blocked_by=why.blocked_by)
    others = {rule.id: why.also.get(rule.id, ExpectedRule(list="ruled_out")) for rule in therapy.rules if rule.id != why.rule}
    also = {name: other if evidence else ExpectedRule(list=other.list) for name, other in others.items()}
    why = replace(why, needs=why.needs if place.list == "possible" else None, blocked_by=None, also=also)
    return why if evidence or place.list != "possible" else replace(why, standing=None, verdict=None, cites=None)


def _sentence(expected: ExpectedAnswer, profile: Profile, ruleset: Ruleset) -> str:
    known = [Wording(ruleset).fact(name, value) for name, value in profile.facts.items() if value is not None]
    said = [f"scope {expected.scope}"] if expected.scope is not None else []
    said += [f"{concept_words(name)} {holds}" for name, holds in expected.derived.items()]
    patients = grouped((status, ruleset.studies[name].name) for name, status in expected.applicability.items())
    said += [f"{spoken(status)} {_names(studies)}" for status, studies in patients.items()]
    for name, words in LISTS.items():
        therapies = [ruleset.therapies[one].name for one in getattr(expected, name) or ()]
        said += [f"{_names(therapies)} {'is' if len(therapies) == 1 else 'are'} {words.phrase}"] if therapies else []
    said += [f"of {ruleset.therapies[name].name} “{text}” is shown" for name, texts in expected.shows.items() for text in texts]
    return shorten(f"{', '.join(known) or 'Nothing known'}: {'; '.join(said)}.", LONGEST, placeholder=" and more.")


def _names(names: Sequence[str]) -> str:
    listed = sorted(names, key=str.lower)
    others = len(listed) - MOST_NAMED
    return all_of(listed if others < 2 else [*listed[:MOST_NAMED], f"{others} others"])


def case_file(cases: Sequence[PatientCase], purpose: str, command: str, as_of: str) -> str:
    """A whole case file: what it is for, that it wants reviewing, how to write it again, its seal, and the cases."""
    count = "1 case" if len(cases) == 1 else f"{len(cases)} cases"
    header = [
        *wrap(f"{count} written by the program: {purpose}", 120),
        "They say what the rules do now, not what they ought to do: read them.",
        "Written again from the other cases by:",
        f"  {command}",
        *wrap(notice(as_of), 120),
    ]
    body = "cases:\n" + "\n".join(map(_written, cases))
    return "\n".join([*(f"# {line}".rstrip() for line in header), f"{_SEAL}{_sealed(body)}.", body])


def untouched(text: str) -> bool:
    """Whether a file was written by this program and no one has reworded, added or removed a case since."""
    head, found, rest = text.partition(_SEAL)
    seal, _, body = rest.partition(".\n")
    return bool(found) and head.startswith("#") and seal == _sealed(body)


def _sealed(body: str) -> str:
    # Editors that mend blanks at the ends of lines reword nothing.
    return hashlib.sha256("\n".join(line.rstrip() for line in body.splitlines()).encode()).hexdigest()[:16]


def _written(case: PatientCase) -> str:
    said = adapter(ExpectedAnswer).dump_python(case.expected, exclude_defaults=True)
    known = {name: value for name, value in case.profile.facts.items() if value is not None}
    field = case.profile.fields
    who = {name: list(v) if isinstance(v, tuple) else field[name].written(v) for name, v in known.items()}
    why = {therapy: one if "also" in one else Flow(one) for therapy, one in said.get("why", {}).items()}
    return yaml_text([{**said, "profile": Flow(who), **({"why": why} if why else {})}])
