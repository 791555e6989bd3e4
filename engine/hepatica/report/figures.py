"""A study's figures as a reader needs them: the most telling one in a line, adverse events with their corrections."""

from __future__ import annotations

from collections.abc import Mapping

from hepatica.evaluation import TELLING, arm_name, result_line, shown
from hepatica.knowledge import Discrepancy, Found, Reference, Ruleset, Study, Toxicity
from hepatica.report.blocks import Item
from hepatica.report.citing import lines_words, place_words
from hepatica.wording import counted, joined

LEADS = {"misprint": "Should read", "later_report": "Later report", "not_printed": "Published", "remark": "But"}


def telling_line(ruleset: Ruleset, found: Found) -> str:
    """The result that says most, in one line: the whole study before a subgroup, survival before progression before response."""
    telling = [result for result in found.study.results if result.endpoint in TELLING]
    best = min(telling, key=lambda r: (r.subgroup != "", TELLING.index(r.endpoint)), default=None)
    return result_line(found.study, best, ruleset.references, found.therapy) if best else ""


def event_words(study: Study, event: Toxicity) -> str:
    """An adverse event with its rate, grade and arm: "fatigue: 12 % (grade 3/4, tivantinib); should read grade >= 3"."""
    amount = f"{shown(event.percent)} %" if event.percent is not None else ""
    patients = counted(event.count, "patient") if event.count is not None else ""
    where = joined(_grade(event), arm_name(study, event.arm) if event.arm else "", mark=", ")
    stated = joined(joined(amount, patients, mark=", "), f"({where})" if where else "", mark=" ")
    return joined(f"{event.event}: {stated}" if stated else event.event, _event_corrected(event))


def _grade(event: Toxicity) -> str:
    """An adverse event's grade in words: "grade 3/4", "any grade", "severe"; empty where none is stated."""
    if event.grade[:1].isdigit() or event.grade[:1] in ("<", ">"):
        return f"grade {event.grade}"
    return {"not stated": "", "any": "any grade"}.get(event.grade, event.grade)


def _event_corrected(event: Toxicity) -> str:
    rate = f"{shown(event.corrected_percent)} %" if event.corrected_percent is not None else ""
    new = joined(rate, f"grade {event.corrected_grade}" if event.corrected_grade else "", mark=", ")
    return f"should read {new}" if new else ""


def correction_item(item: Discrepancy, references: Mapping[str, Reference], word: str) -> Item:
    """Where the source cannot be taken at its word: what it prints, what is right, and how that is known."""
    lead = lines_words(item.lines, word)
    prints = f"{lead[:1].upper()}{lead[1:]} print{'' if 'lines' in lead else 's'}" if lead else "Printed"
    source = place_words(item.source, references, word)
    note = f"; {item.basis_note}" if item.basis_note else ""
    known = f"{item.basis}, confidence {item.confidence}{f', {source}' if source else ''}{note}"
    pairs = ((prints, item.prints), (LEADS[item.kind], item.correction), ("Use", item.use), ("Known by", known))
    ends = (".", "?", "!")
    words = " ".join(f"{name}: {value}{'' if value.endswith(ends) else '.'}" for name, value in pairs if value)
    return Item(item.id, words, f"{item.severity} severity")
