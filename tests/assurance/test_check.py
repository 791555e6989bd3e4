"""What `check` finds: every kind in the faulty teaching ruleset, each proved by its witness, and nothing where it is mended."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from shutil import copytree

import pytest

from hepatica.assurance.answers.version import Version
from hepatica.assurance.cases.reader import read_cases
from hepatica.assurance.check.check import Report, check
from hepatica.assurance.check.findings import KINDS, Finding
from hepatica.evaluation import Evaluator
from hepatica.inference import compile_ruleset
from hepatica.knowledge import load_ruleset
from hepatica.patient import Profile
from tests.conftest import ROOT

FAULTS = ROOT / "rulesets" / "teaching-faults"
SPACED = {
    "alphatinib": "therapies/alphatinib.yaml",
    "betamab": "therapies/betamab.yaml",
    "gammaplatin": "therapies/gammaplatin.yaml",
}


def report_of(folder: Path) -> Report:
    ruleset = load_ruleset(folder)
    tried = [case.profile.facts for case in read_cases([folder / "cases"], ruleset)] if (folder / "cases").is_dir() else []
    return check(Version(ruleset, compile_ruleset(ruleset)), tried)


@lru_cache(maxsize=1)
def faults() -> Report:
    return report_of(FAULTS)


def found(report: Report, code: str) -> list[Finding]:
    return [finding for finding in report.findings if finding.code == code]


def answer(code: str) -> tuple[Finding, Evaluator]:
    """The finding of a code in the teaching ruleset and an evaluator to hold its witness against."""
    return found(faults(), code)[0], Evaluator(faults().version.ruleset)


def test_the_teaching_ruleset_has_every_kind_of_finding() -> None:
    assert {finding.code for finding in faults().findings} == set(KINDS)


@pytest.mark.parametrize("code", KINDS)
def test_the_teaching_ruleset_marks_every_fault_where_it_is_written(code: str) -> None:
    written = "".join(path.read_text(encoding="utf-8") for path in sorted(FAULTS.rglob("*.yaml")))
    assert f"# {code}:" in written


@pytest.mark.parametrize("code", KINDS)
def test_every_sentence_and_remedy_is_filled(code: str) -> None:
    for finding in found(faults(), code):
        for text in (finding.sentence, finding.remedy):
            assert text.endswith(".") and not re.search(r"[{}]|None", text)
        assert finding.place or code == "unused-field"


def test_findings_come_in_the_order_of_the_kinds() -> None:
    codes = [finding.code for finding in faults().findings]
    assert codes == sorted(codes, key=list(KINDS).index)


def test_never_applies_is_shown_by_a_profile_that_only_the_contradiction_stops() -> None:
    finding, evaluator = answer("never-applies")
    assert finding.witness is not None
    entry = evaluator.evaluate(Profile(finding.witness))
    assert all(f.rule.id != finding.names["rule"] for e in entry.options for f in (e.finding, *e.others))


@pytest.mark.parametrize("code", ["always-subsumed", "never-decides"])
def test_a_rule_that_never_decides_applies_at_its_witness_beside_the_one_that_does(code: str) -> None:
    finding, evaluator = answer(code)
    assert finding.witness is not None
    _, entry = evaluator.evaluate(Profile(finding.witness)).entry("alphatinib")
    assert entry.finding.rule.id == finding.names["others"]
    assert finding.names["rule"] in {other.rule.id for other in entry.others}


def test_rules_that_always_apply_together_do_so_at_the_witness() -> None:
    finding, evaluator = answer("always-together")
    assert finding.witness is not None
    _, entry = evaluator.evaluate(Profile(finding.witness)).entry("betamab")
    assert {finding.names["rule"], finding.names["other"]} <= {f.rule.id for f in (entry.finding, *entry.others)}


def test_a_patient_who_gets_nothing_gets_nothing() -> None:
    finding, evaluator = answer("no-option")
    assert finding.witness is not None
    evaluation = evaluator.evaluate(Profile(finding.witness))
    assert evaluation.scope == "in"
    assert not evaluation.options and not any(e.finding.rule.standing != "not_supported" for e in evaluation.possible)


def test_an_option_outside_its_trials_is_outside_at_the_witness() -> None:
    finding, evaluator = answer("outside-trials")
    assert finding.witness is not None
    _, entry = evaluator.evaluate(Profile(finding.witness)).entry("betamab")
    own = next(f for f in (entry.finding, *entry.others) if f.rule.id == finding.names["rule"])
    assert {citation.applicability.status for citation in own.citations} == {"outside"}


def test_an_unknown_that_no_one_can_resolve_leaves_the_rule_open_at_the_witness() -> None:
    finding, evaluator = answer("unresolvable-unknown")
    assert finding.witness is not None and finding.names["fields"] == "afp"
    name, entry = evaluator.evaluate(Profile(finding.witness)).entry("gammaplatin")
    assert name == "possible" and "afp" in entry.finding.needs


def test_the_sides_of_a_threshold_that_no_case_tries_are_named() -> None:
    finding = next(f for f in found(faults(), "untested-threshold") if f.names["field"] == "afp")
    assert (finding.names["sides"], finding.names["value"]) == ("below or exactly at", "400")


def test_remarks_fail_a_check_only_when_asked() -> None:
    report = faults()
    remarks = [finding for finding in report.findings if finding.kind.weight == "remark"]
    assert remarks
    assert report.faults(strict=True) - report.faults() == len(remarks)


MENDED = {
    "outside-trials": ("betamab", "child_pugh_class: [A, B]}", "child_pugh_class: A}"),
    "never-applies": ("alphatinib", '"> 6"', '"< 7"'),
    "always-together": ("betamab", "[none, refused]}", "[none]}"),
    "unresolvable-unknown": ("gammaplatin", '"< 400"', '"< 500"'),
    "standing-not-borne-out": ("betamab", "cites: [beta-series]", "cites: [beta-2]"),
    "always-subsumed": ("alphatinib", "{untreated: yes, child_pugh_class: A, cmet: high}", "{child_pugh_class: A, cmet: high}"),
    "unused-study": ("alphatinib", "cites: [alpha-extension]", "cites: [alpha-extension, alpha-1]"),
}


@pytest.mark.parametrize("code", MENDED)
def test_a_finding_goes_when_its_cause_is_mended(code: str, tmp_path: Path) -> None:
    folder = copytree(FAULTS, tmp_path / "mended")
    therapy, before, after = MENDED[code]
    file = folder / SPACED[therapy]
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")
    assert not found(report_of(folder), code)


def test_extrapolates_accepts_a_promise_beyond_the_trials(tmp_path: Path) -> None:
    folder = copytree(FAULTS, tmp_path / "mended")
    file = folder / SPACED["betamab"]
    marked = "id: betamab-after-sorafenib"
    file.write_text(
        file.read_text(encoding="utf-8").replace(marked, f"{marked}\n    extrapolates: for a reason"), encoding="utf-8"
    )
    assert not found(report_of(folder), "outside-trials")


def test_the_shipped_ruleset_has_no_fault_that_changes_an_answer() -> None:
    report = report_of(ROOT / "rulesets" / "hcc-2016")
    harmful = ("never-applies", "always-subsumed", "always-together", "no-option", "outside-trials", "unresolvable-unknown")
    assert [finding.sentence for finding in report.findings if finding.code in harmful] == []
    assert report.counted_twice
