"""Sentences that every view says the same way: the patient's facts, a trial with its figure, reasons."""

from __future__ import annotations

from hepatica.evaluation import Applicability, Finding, Reason
from hepatica.patient import FIELD_BY_NAME, FIELDS, Field, Profile, show
from hepatica.report.figures import key_result, line


def facts_line(profile: Profile) -> str:
    """What is known and what is not, as one sentence."""
    facts = profile.facts
    known = [f"{f.title} {show(facts[f.name])}{_unit(f)}" for f in FIELDS if facts[f.name] is not None]
    unknown = [f.title for f in FIELDS if facts[f.name] is None]
    text = "; ".join(known) or "nothing is known"
    return f"{text}. Not known: {', '.join(unknown)}." if unknown else f"{text}."


def _unit(field: Field) -> str:
    return f" {field.unit}" if field.kind == "number" else ""


def evidence_line(finding: Finding) -> str:
    """The trial and its key figure in one line; says where the patient is outside the trial's population."""
    studies = [citation.study for citation in finding.citations]
    key = key_result(finding.rule, studies)
    study = key[0] if key else studies[0]
    text = f"{study.name}: {line(key[1])}" if key else f"{study.name}; no figures printed"
    fits = next(citation.applicability for citation in finding.citations if citation.study is study)
    return f"{text} [patient outside its population]" if fits.status == "outside" else text


def applicability_words(fits: Applicability) -> str:
    """Whether the patient is one the study enrolled, in words."""
    if fits.status == "inside":
        return "the patient is inside the population it enrolled"
    if fits.status == "not_stated":
        return "the review does not say whom it enrolled"
    if fits.status == "unknown":
        titles = ", ".join(FIELD_BY_NAME[name].title for name in fits.unknown)
        return f"whether it enrolled such a patient depends on {titles}"
    return f"the patient is outside its population ({blocked(fits.outside_by)})"


def plain(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Reasons without the concepts that ask for them."""
    return tuple(Reason(r.field, r.value, r.requires) for r in reasons)


def blocked(reasons: tuple[Reason, ...]) -> str:
    """What fails: "Tumour c-MET is low, needs high"."""
    return "; ".join(f"{FIELD_BY_NAME[r.field].title} is {r.value}, needs {r.requires}" for r in reasons)


def held(reasons: tuple[Reason, ...]) -> str:
    """What holds: "Tumour c-MET is high"."""
    return "; ".join(f"{FIELD_BY_NAME[r.field].title} is {r.value}" for r in dict.fromkeys(plain(reasons)))
