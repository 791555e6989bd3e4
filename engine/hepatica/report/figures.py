"""A study's figures as a reader needs them: the most telling one in a line, adverse events with their corrections."""

from __future__ import annotations

from hepatica.evaluation import TELLING, arm_name, result_line, shown
from hepatica.knowledge import Found, Result, Ruleset, Study, Toxicity


def telling_line(ruleset: Ruleset, found: Found) -> str:
    """The most telling result of a study in one line; empty where it has none."""
    telling = telling_result(found.study)
    return result_line(found.study, telling, ruleset.references, found.therapy) if telling else ""


def telling_result(study: Study) -> Result | None:
    """The result that says most: the whole study before a subgroup, survival before progression before response."""
    telling = [result for result in study.results if result.endpoint in TELLING]
    return min(telling, key=lambda r: (r.subgroup != "", TELLING.index(r.endpoint)), default=None)


def event_words(study: Study, event: Toxicity) -> str:
    """An adverse event with its rate, grade and arm: "fatigue: 12 % (grade 3/4, tivantinib); should read grade >= 3"."""
    amount = f"{shown(event.percent)} %" if event.percent is not None else ""
    patients = f"{event.count} patient{'' if event.count == 1 else 's'}" if event.count is not None else ""
    where = ", ".join(part for part in (grade(event), arm_name(study, event.arm) if event.arm else "") if part)
    figures = ", ".join(part for part in (amount, patients) if part)
    stated = " ".join(part for part in (figures, f"({where})" if where else "") if part)
    words = f"{event.event}: {stated}" if stated else event.event
    return f"{words}; {event_corrected(event)}" if event_corrected(event) else words


def grade(event: Toxicity) -> str:
    """An adverse event's grade in words: "grade 3/4", "any grade", "severe"; empty where none is stated."""
    stated = "" if event.grade == "not stated" else event.grade
    if stated[:1].isdigit() or stated[:1] in ("<", ">"):
        return f"grade {stated}"
    return "any grade" if stated == "any" else stated


def event_corrected(event: Toxicity) -> str:
    """The correction of an adverse event's grade or rate: "should read grade >= 3"; empty where there is none."""
    rate = f"{shown(event.corrected_percent)} %" if event.corrected_percent is not None else ""
    new = f"grade {event.corrected_grade}" if event.corrected_grade else ""
    return f"should read {', '.join(part for part in (rate, new) if part)}" if rate or new else ""
