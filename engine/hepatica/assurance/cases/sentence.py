"""The sentence of a case that was written by the program: the patient first, then what becomes of each therapy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from hepatica.assurance.cases.case import Case
from hepatica.assurance.cases.run import Placed
from hepatica.evaluation import ApplicabilityStatus, Finding, ListName
from hepatica.knowledge import DEMANDS, Ruleset
from hepatica.patient import FIELD_BY_NAME, FIELDS, NONE, UNKNOWN, Facts, Value, show

MOST_NAMED = 4
LONGEST = 390
SAID: Mapping[ListName, tuple[str, str]] = {
    "options": ("is an option", "are options"),
    "possible": ("is possible", "are possible"),
    "not_supported": ("is not supported", "are not supported"),
    "ruled_out": ("is ruled out", "are ruled out"),
}
SCOPED = {
    "in": "the patient is in scope",
    "out": "the patient is out of scope",
    UNKNOWN: "scope is not known",
}
ENROLLED: Mapping[ApplicabilityStatus, str] = {
    "inside": "such patients were enrolled by {}",
    "outside": "such patients were not enrolled by {}",
    "unknown": "it cannot be told whether such patients were enrolled by {}",
    "not_stated": "no population is printed for {}",
}


def sentence(case: Case, placed: Mapping[str, Placed], ruleset: Ruleset) -> str:
    """What is known of the patient, then scope, concepts, studies, and the therapies grouped by what becomes of them and why."""
    said = [SCOPED[case.scope]] if case.scope is not None else []
    said += [_concept(ruleset, name, value) for name, value in case.derived.items()]
    said += _enrolment(case, ruleset)
    groups: dict[tuple[ListName, str], list[str]] = {}
    for reached, entry in placed.values():
        groups.setdefault((reached, _reason(entry.finding)), []).append(entry.therapy.name)
    said += [f"{_names(names)} {SAID[reached][len(names) > 1]}{reason}" for (reached, reason), names in groups.items()]
    return _bounded(patient(case.profile.facts), said)


def _enrolment(case: Case, ruleset: Ruleset) -> list[str]:
    groups: dict[ApplicabilityStatus, list[str]] = {}
    for study, status in case.applicability.items():
        groups.setdefault(status, []).append(ruleset.studies[study].name)
    return [ENROLLED[status].format(_names(names)) for status, names in groups.items()]


def _bounded(who: str, said: Sequence[str]) -> str:
    kept = list(said)
    while len(kept) > 1 and len(f"{who}: {'; '.join(kept)}; and more.") > LONGEST:
        kept.pop()
    more = "; and more" if len(kept) < len(said) else ""
    return f"{who}: {'; '.join(kept)}{more}."


def patient(facts: Facts) -> str:
    """The known facts as one phrase that starts with a capital."""
    known = [phrase(name, value) for field in FIELDS if (value := facts[name := field.name]) is not None]
    text = ", ".join(known) or "nothing known"
    return text[0].upper() + text[1:]


def phrase(name: str, value: Value) -> str:
    """A field with its value in running text: "no prior sorafenib", "AFP 400 ng/mL", "portal vein invasion"."""
    field = FIELD_BY_NAME[name]
    title = lowered(field.title)
    shown = show(value).replace("_", " ")
    if field.kind == "flag":
        return title if value else f"not {title}" if title.startswith("suitable") else f"no {title}"
    if shown == NONE:
        return f"no {title}"
    return f"{title} {shown} {field.unit}" if field.kind == "number" else f"{title} {shown}"


def lowered(title: str) -> str:
    """A title inside a sentence; abbreviations and names keep their capitals."""
    first = title.split(maxsplit=1)[0]
    return title if not first[1:].islower() else title[0].lower() + title[1:]


def _reason(finding: Finding) -> str:
    if finding.reaches == "possible":
        return f" until {_joined(map(_asked, finding.needs))} {'are' if len(finding.needs) > 1 else 'is'} known"
    if finding.reaches == "ruled_out":
        fields = dict.fromkeys(reason.field for reason in finding.blocked_by)
        return f" because of {_joined(lowered(FIELD_BY_NAME[name].title) for name in fields)}"
    return "" if finding.reaches == "not_supported" else f" ({lowered(DEMANDS[finding.rule.standing].title)})"


def _asked(name: str) -> str:
    field = FIELD_BY_NAME[name]
    return f"whether {lowered(field.title)}" if field.kind == "flag" else lowered(field.title)


def _concept(ruleset: Ruleset, name: str, value: str) -> str:
    meaning = re.split(r"[.(;]", ruleset.concepts[name].says)[0].strip(" ,")
    verdict = {"yes": "holds", "no": "does not hold", UNKNOWN: "is not known"}[value]
    return f"“{meaning}” {verdict}"


def _names(names: Sequence[str]) -> str:
    listed = sorted(names, key=str.lower)
    if len(listed) <= MOST_NAMED + 1:
        return _joined(listed)
    return f"{', '.join(listed[:MOST_NAMED])} and {len(listed) - MOST_NAMED} others"


def _joined(parts: Iterable[str]) -> str:
    words = list(parts)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
