"""The project's text is its own: no run of eight words of the source, and every known fault of the source is recorded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from hepatica.knowledge import Discrepancy, Ruleset
from hepatica.knowledge.figures import digits, ranges, values
from tests.conftest import ROOT

RUN = 8
TITLE = "progress in systemic therapy of advanced hepatocellular carcinoma"


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def _runs(words: list[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(words[start : start + RUN]) for start in range(len(words) - RUN + 1))


def _own_texts() -> list[Path]:
    folders = (ROOT / "rulesets", ROOT / "patients")
    written = [path for folder in folders for ending in ("*.yaml", "*.md") for path in folder.rglob(ending)]
    return sorted([*written, *ROOT.glob("*.md")])


@cache
def _taken(source: str) -> set[tuple[str, ...]]:
    return set(_runs(_words(source)))


def copied(own: str, source: str) -> set[str]:
    """The runs of eight words that `own` shares with `source`; the source's title, a name, does not count."""
    shared = {" ".join(run) for run in _runs(_words(own)) if run in _taken(source)}
    return {run for run in shared if run not in TITLE and TITLE not in run}


def test_a_copied_sentence_would_be_noticed() -> None:
    source = "Patients who took the drug lived 9.2 mo, longer than those\nwho took a placebo."
    assert copied("# patients who took the DRUG lived 7 mo longer than all", source)
    assert not copied("Those on the drug lived longer than patients who took a placebo.", source)


def test_no_text_of_the_project_repeats_eight_words_of_the_source(shared: Path) -> None:
    source = (shared / "review" / "review.txt").read_text(encoding="utf-8")
    assert _own_texts()
    found = {path.name: runs for path in _own_texts() if (runs := copied(path.read_text(encoding="utf-8"), source))}
    assert found == {}


@pytest.mark.parametrize(
    "path", sorted((ROOT / "rulesets" / "hcc-2016" / "therapies").glob("*.yaml")), ids=lambda path: path.stem
)
def test_a_therapys_file_opens_with_a_plain_claim_whose_numbers_stand_in_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    opening = re.match(r"(?:#.*\n)+", text)
    assert opening and 2 <= opening[0].count("\n") <= 5
    held = {value for line in text[opening.end() :].splitlines() for value in values(line)}
    assert [number for number in digits(opening[0]) if Decimal(number) not in held] == []


def _overlaps(place: str, discrepancy: Discrepancy) -> bool:
    wanted, held = ranges(place) or (), ranges(discrepancy.lines) or ()
    return any(first <= high and low <= last for first, last in wanted for low, high in held)


def test_every_known_fault_of_the_source_is_recorded_where_it_stands(shared: Path, ruleset: Ruleset) -> None:
    known = (shared / "review" / "discrepancies.md").read_text(encoding="utf-8")
    places = re.findall(r"^- \*\*[\w-]+\*\*, lines (\d+(?:-\d+)?)", known, re.MULTILINE)
    places += re.findall(r"^- [^\n]*?, line (\d+(?:-\d+)?)[:, (]", known, re.MULTILINE)
    recorded = [item for study in ruleset.studies.values() for item in study.discrepancies]
    assert len(places) > 120
    assert [place for place in places if not any(_overlaps(place, item) for item in recorded)] == []


def test_every_record_names_a_section_of_the_source(ruleset: Ruleset) -> None:
    assert ruleset.card.source is not None
    known = {section.title for section in ruleset.card.source.sections}
    places = [study.source for study in ruleset.studies.values()]
    places += [rule.source for rule in ruleset.rules.values()] + [note.source for note in ruleset.notes]
    named = {part.strip() for place in places for part in place.section.split(";")}
    assert named <= known


def test_every_correction_is_borne_out_by_its_discrepancy(ruleset: Ruleset) -> None:
    for study in ruleset.studies.values():
        told = {item.id: {*values(item.correction), *values(item.prints)} for item in study.discrepancies}
        for result in study.results:
            mend = result.corrected
            if mend is not None:
                parts = (*(mend.arms or {}).values(), mend.hr, *(mend.ci or ()), mend.p)
                numbers = {number for part in parts if part is not None for number in values(str(part))}
                unprinted = numbers - {number for part in (result.arms or {}).values() for number in values(str(part))}
                assert unprinted <= told[mend.discrepancy], f"{study.id}/{result.id}"
        for event in study.toxicity:
            if event.corrected_percent is not None:
                assert set(values(str(event.corrected_percent))) <= told[event.discrepancy], f"{study.id}, {event.event}"
