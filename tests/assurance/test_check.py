"""What `check` finds: every kind in the faulty teaching ruleset, each proved by its witness, and nothing where it is mended."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from shutil import copytree

import pytest

from hepatica.assurance import RulesetVersion
from hepatica.assurance.cases import read_cases
from hepatica.assurance.check import KINDS, CheckFinding, CheckResult, check, findings
from hepatica.evaluation import Entry, Evaluation, Evaluator, RuleAnswer
from hepatica.knowledge import AllOf, Test, load_ruleset
from hepatica.patient import profile_from
from hepatica.report.assurance import check_view
from hepatica.report.render_text import text as written
from tests.conftest import ROOT, shipped_ruleset
from tests.making import write_ruleset

THRESHOLDS = """\
cases:
  - {case: Below., profile: {bclc_stage: C, afp: 399, prior_sorafenib: progressed}, ruled_out: [beta]}
  - {case: At., profile: {bclc_stage: C, afp: 400, prior_sorafenib: progressed}, ruled_out: [beta]}
  - {case: Above., profile: {bclc_stage: C, afp: 401, prior_sorafenib: progressed}, options: [beta]}
"""
FAULTS = ROOT / "rulesets" / "teaching-faults"
SPACED = {
    "alphatinib": "therapies/alphatinib.yaml",
    "betamab": "therapies/betamab.yaml",
    "gammaplatin": "therapies/gammaplatin.yaml",
}


def report_of(folder: Path, *, strict: bool = False) -> CheckResult:
    ruleset = load_ruleset(folder)
    tried = [case.profile.facts for case in read_cases([folder / "cases"], ruleset)] if (folder / "cases").is_dir() else []
    return check(RulesetVersion.of(ruleset), tried, strict=strict)


@lru_cache(maxsize=1)
def faults() -> CheckResult:
    return report_of(FAULTS)


def found(report: CheckResult, code: str) -> list[CheckFinding]:
    return [finding for finding in report.findings if finding.code == code]


def answer(code: str) -> tuple[CheckFinding, Evaluation]:
    """The finding of a code in the teaching ruleset and the answer for its witness."""
    finding = found(faults(), code)[0]
    assert finding.witness is not None
    return finding, Evaluator(load_ruleset(FAULTS)).evaluate(profile_from(finding.witness))


def rules_of(entry: Entry) -> set[str]:
    return {entry.rule, *(other.rule for other in entry.other_rules)}


def test_the_teaching_ruleset_has_every_kind_of_finding() -> None:
    assert {finding.code for finding in faults().findings} == set(KINDS)


@pytest.mark.parametrize("recorded", ["for whom", "where"])
def test_a_licensed_rule_is_held_to_its_own_approval(recorded: str) -> None:
    ruleset = shipped_ruleset("hcc-2016")
    folfox4 = ruleset.therapies["folfox4"]
    licensed = replace(folfox4.rules[0], when=Test("region", "in", ("mainland_china", "japan")))
    studies = folfox4.studies
    if recorded == "where":
        # The approval's own words for its region are read as a patient's would be.
        studies = tuple(replace(one, population=None) if one.approval else one for one in studies)
    edited = replace(folfox4, studies=studies, rules=(licensed, *folfox4.rules[1:]))
    told = findings(RulesetVersion.of(replace(ruleset, therapies={**ruleset.therapies, "folfox4": edited})), ())
    (outside,) = [one for one in told if one.code == "outside-trials"]
    assert (outside.names["rule"], outside.witness and outside.witness["region"]) == (licensed.id, "japan")


@pytest.mark.parametrize("edited", ["alphatinib", "betamab", "gammaplatin", "deltanib", "a concept"])
def test_what_was_proved_before_an_edit_is_what_is_proved_anew(edited: str) -> None:
    old = RulesetVersion.of(load_ruleset(FAULTS))
    ruleset = old.ruleset
    if edited == "a concept":
        changed = replace(
            ruleset, concepts={**ruleset.concepts, "frail": replace(ruleset.concepts["frail"], when=Test("ecog", ">", (1.0,)))}
        )
    else:
        therapy = ruleset.therapies[edited]
        changed = replace(ruleset, therapies={**ruleset.therapies, edited: replace(therapy, rules=therapy.rules[1:])})
    new, before = RulesetVersion.of(changed), findings(old, ())
    told, anew = findings(new, (), (old, before)), findings(new, ())
    assert {(one.code, *one.names.items(), one.waived) for one in told} == {
        (one.code, *one.names.items(), one.waived) for one in anew
    }
    assert len(told) == len(anew)


def test_a_waiver_without_a_name_accepts_no_finding_that_has_one(tmp_path: Path) -> None:
    folder = copytree(FAULTS, tmp_path / "rules")
    card = folder / "ruleset.yaml"
    text = card.read_text(encoding="utf-8").partition("waivers:")[0]
    card.write_text(f"{text}waivers: [{{code: unused-study, why: All}}, {{code: no-option, why: Meant.}}]", encoding="utf-8")
    told = report_of(folder).findings
    assert {one.code: one.waived for one in told if one.code in ("unused-study", "no-option")} == {
        "unused-study": "",
        "no-option": "Meant.",
    }
    assert [one.names["code"] for one in told if one.code == "stale-waiver"] == ["unused-study"]


@pytest.mark.parametrize("code", KINDS)
def test_the_teaching_ruleset_marks_every_fault_where_it_is_written(code: str) -> None:
    written = "".join(path.read_text(encoding="utf-8") for path in sorted(FAULTS.rglob("*.yaml")))
    assert f"# {code}:" in written


@pytest.mark.parametrize("code", KINDS)
def test_every_sentence_and_remedy_is_filled(code: str) -> None:
    for finding in found(faults(), code):
        for text in (finding.says, finding.remedy):
            assert text.endswith(".") and not re.search(r"[{}]|None", text)
        assert finding.place or code == "unused-field"


def test_findings_come_in_the_order_of_the_kinds() -> None:
    codes = [finding.code for finding in faults().findings]
    assert codes == sorted(codes, key=list(KINDS).index)


def test_never_applies_is_shown_by_a_profile_that_only_the_contradiction_stops() -> None:
    finding, evaluation = answer("never-applies")
    assert all(finding.names["rule"] not in rules_of(entry) for entry in evaluation.options)


def test_a_rule_that_decides_only_while_it_is_open_is_not_called_subsumed(tmp_path: Path) -> None:
    ruleset = load_ruleset(write_ruleset(tmp_path))
    beta = ruleset.therapies["beta"]
    stage, others = Test("bclc_stage", "in", ("C",)), (Test("bclc_stage", "in", ("C", "D")), Test("bclc_stage", "not in", ("A",)))
    failed = replace(beta.rules[0], standing="not_supported", verdict="no_better")
    wide, narrow = AllOf((stage, *others)), AllOf((stage, Test("cmet", "in", ("high",))))
    rules = (replace(failed, id="wide", when=wide), replace(failed, id="narrow", when=narrow))
    changed = replace(ruleset, therapies={**ruleset.therapies, "beta": replace(beta, rules=rules)})
    entry = Evaluator(changed).evaluate(profile_from({"bclc_stage": "C"})).entry("beta")
    assert (entry[0], entry[1].rule) == ("possible", "narrow")
    told = check(RulesetVersion.of(changed), [])
    assert not [one for one in told.findings if one.code in ("always-subsumed", "never-decides")]


@pytest.mark.parametrize("code", ["always-subsumed", "never-decides"])
def test_a_rule_that_never_decides_applies_at_its_witness_beside_the_one_that_does(code: str) -> None:
    finding, evaluation = answer(code)
    _, entry = evaluation.entry("alphatinib")
    assert entry.rule in finding.names["others"]
    assert finding.names["rule"] in {other.rule for other in entry.other_rules}


def test_rules_that_always_apply_together_do_so_at_the_witness() -> None:
    finding, evaluation = answer("always-together")
    assert {finding.names["rule"], finding.names["other"]} <= rules_of(evaluation.entry("betamab")[1])


def test_a_patient_who_gets_nothing_gets_nothing() -> None:
    _, evaluation = answer("no-option")
    assert evaluation.scope == "in"
    assert not evaluation.options and not any(entry.would_be == "options" for entry in evaluation.possible)


def test_an_option_outside_its_trials_is_outside_at_the_witness() -> None:
    finding, evaluation = answer("outside-trials")
    entry = evaluation.entry("betamab")[1]
    rules: tuple[Entry | RuleAnswer, ...] = (entry, *entry.other_rules)
    own = next(one for one in rules if one.rule == finding.names["rule"])
    assert {citation.applicability.status for citation in own.citations} == {"outside"}


def test_an_unknown_that_no_one_can_resolve_leaves_the_rule_open_at_the_witness() -> None:
    finding, evaluation = answer("unresolvable-unknown")
    name, entry = evaluation.entry("gammaplatin")
    assert finding.names["fields"] == "afp" and name == "possible" and "afp" in entry.needs


def test_the_sides_of_a_threshold_that_no_case_tries_are_named() -> None:
    finding = next(f for f in found(faults(), "untested-threshold") if f.names["field"] == "afp")
    assert (finding.names["sides"], finding.names["value"]) == ("below or exactly at", "400")


def test_remarks_fail_a_check_only_when_asked(tmp_path: Path) -> None:
    folder = write_ruleset(tmp_path)
    (folder / "cases").mkdir()
    (folder / "cases" / "all.yaml").write_text(THRESHOLDS, encoding="utf-8")
    accepted = ("no-option", "uncited, about: concept advanced_hcc", "uncited, about: concept untreated")
    waivers = ", ".join(f"{{code: {each}, why: For this test.}}" for each in accepted)
    card = folder / "ruleset.yaml"
    card.write_text(f"{card.read_text(encoding='utf-8')}waivers: [{waivers}]\n", encoding="utf-8")
    assert report_of(folder).remarks and report_of(folder).passed
    assert not report_of(folder, strict=True).passed
    told = [written(check_view(report_of(folder, strict=strict))) for strict in (False, True)]
    assert ["remarks fail the check" in one for one in told] == [False, True]


def test_a_waiver_accepts_the_finding_it_names_with_its_reason_and_no_other(tmp_path: Path) -> None:
    folder = copytree(FAULTS, tmp_path / "waived")
    card = folder / "ruleset.yaml"
    card.write_text(card.read_text(encoding="utf-8").replace("alpha-9", "alpha-1"), encoding="utf-8")
    before, report = faults(), report_of(folder)
    (study,) = found(report, "unused-study")
    assert study.waived == "It was to be cited later." and report.waived == 1
    assert not found(report, "stale-waiver")
    assert report.faults == before.faults - 2


def test_a_waiver_that_meets_nothing_is_told_where_it_stands_with_the_code_that_was_meant(tmp_path: Path) -> None:
    folder = write_ruleset(tmp_path)
    card = folder / "ruleset.yaml"
    text = card.read_text(encoding="utf-8")
    card.write_text(f"{text}waivers:\n  - {{code: outside-trails, why: A slip.}}\n", encoding="utf-8")
    (stale,) = found(report_of(folder), "stale-waiver")
    assert stale.place == f"ruleset.yaml:{text.count(chr(10)) + 2}"
    assert "did you mean 'outside-trials'?" in stale.says


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


@pytest.mark.parametrize(
    ("excuse", "left"),
    [
        ("{says: A reason., studies: [beta-2], fields: [child_pugh_class]}", 0),
        ("{says: A reason., fields: [child_pugh_class]}", 0),
        ("{says: A reason., fields: [afp]}", 1),
    ],
)
def test_extrapolates_excuses_what_it_names_and_nothing_else(excuse: str, left: int, tmp_path: Path) -> None:
    folder = copytree(FAULTS, tmp_path / "mended")
    file = folder / SPACED["betamab"]
    marked = "id: betamab-after-sorafenib"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(marked, f"{marked}\n    extrapolates: {excuse}"), encoding="utf-8")
    assert len(found(report_of(folder), "outside-trials")) == left


@pytest.mark.slow
def test_the_shipped_ruleset_has_no_fault_that_changes_an_answer() -> None:
    report = report_of(ROOT / "rulesets" / "hcc-2016")
    harmful = ("never-applies", "always-subsumed", "always-together", "no-option", "outside-trials", "unresolvable-unknown")
    assert [finding.says for finding in report.findings if finding.code in harmful and not finding.waived] == []
    assert report.counted_twice
