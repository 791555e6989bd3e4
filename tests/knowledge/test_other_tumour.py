"""A ruleset of another disease, with fields of its own, works everywhere from data alone, and nothing of the liver shows."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from hepatica.cli.main import cli
from hepatica.knowledge import load
from tests.web.serving import serving

CARD = """\
ruleset: rcc-example
version: 1.0.0
title: Systemic treatment of advanced renal cell carcinoma, invented for a test
tumour: rcc
as_of: 2026-01
source_word: record
common_fields: [ecog, region]
fields: [imdc_risk, prior_treatment, ecog, organ_transplant, surgery_possible]
sources: [invented-1]
scope: {advanced_rcc: yes}
out_of_scope: Not advanced, so surgery comes first.
therapies: [firstinib, duolimab, secondanib, oldinib, newinib]
waivers:
  - {code: no-option, why: The example leaves most patients without an option.}
"""
FIELDS = """\
fields:
  - name: imdc_risk
    title: IMDC risk
    kind: choice
    nature: test
    values: [favourable, intermediate, poor]
    help: Risk group of the International Metastatic RCC Database Consortium.
  - name: surgery_possible
    title: Surgery possible
    kind: flag
    nature: test
    help: Whether all disease can be removed.
  - name: prior_treatment
    title: Prior treatment
    kind: set
    nature: history
    values: [vegfr_inhibitor, checkpoint_inhibitor]
    value_titles: {vegfr_inhibitor: VEGFR inhibitor}
    help: Systemic treatments already taken.
  - name: organ_transplant
    title: Organ transplant
    kind: flag
    nature: characteristic
    help: An organ transplant that checkpoint inhibitors would endanger.
"""
CONCEPTS = """\
concepts:
  - {id: advanced_rcc, says: Surgery cannot remove it., basis: reading, when: {surgery_possible: no}}
  - {id: untreated, says: No systemic treatment so far., basis: reading, when: {prior_treatment: none}}
"""
REFERENCES = """\
references:
  - {id: invented-1, citation: Invented for a test; there is no such paper., year: 2020, kind: paper, read: abstract, known: invented}
  - {id: invented-2, citation: Invented for a test; no such trial., year: 2022, kind: registry, read: registry, known: invented}
"""
THERAPY = """\
therapy: {id}
name: {name}
class: an invented drug
about: Invented for a test.
source: {{ref: invented-1, place: abstract}}
studies:
  - id: {id}-3
    name: {study}
    kind: randomised_controlled_trial
    phase: III
    status: {status}
    design: randomised
    summary: Invented for a test.
    reference: invented-2
    source: {{ref: invented-2, place: abstract}}
{outcome}    criteria:
      - {{when: {{advanced_rcc: yes, {when}}}, says: Invented., source: {{ref: invented-2, place: abstract}}, basis: confirmed}}
rules:
  - id: {id}-rule
    says: {says}
    line: {line}
    standing: {standing}
    when: {{{when}}}
    cites: [{id}-3]
    source: {{ref: invented-1, place: abstract}}
"""
RESULT = """\
    primary_endpoints: [{{name: OS, met: {met}, source: {{ref: invented-2, place: abstract}}}}]
    arms: [{{id: {id}, n: 200}}, {{id: control, name: control, n: 200}}]
    results:
      - {{id: os, endpoint: OS, arms: {{{id}: {tested}, control: {control}}}, hr: {hr}, ci: [{low}, {high}], source: {{ref: invented-2, place: abstract}}}}
"""
CASES = """\
cases:
  - case: An untreated patient of intermediate risk has two options.
    profile: {surgery_possible: no, imdc_risk: intermediate, prior_treatment: none, ecog: 1, organ_transplant: no}
    options_exactly: [duolimab, firstinib]
    shows: {duolimab: duolimab 25 v control 20}
  - case: After a VEGFR inhibitor secondanib is an option, and oldinib was tested in vain.
    profile: {surgery_possible: no, imdc_risk: poor, prior_treatment: [vegfr_inhibitor], ecog: 1, organ_transplant: no}
    options_exactly: [secondanib]
    not_supported: [oldinib]
  - case: At ECOG 2 firstinib is ruled out.
    profile: {surgery_possible: no, imdc_risk: favourable, prior_treatment: none, ecog: 2}
    ruled_out: [firstinib]
  - case: At ECOG 0 firstinib is an option.
    profile: {surgery_possible: no, imdc_risk: favourable, prior_treatment: none, ecog: 0}
    options_exactly: [firstinib]
"""
PATIENT = """\
label: After a VEGFR inhibitor
surgery possible: no
IMDC risk: Intermediate
prior treatment: VEGFR inhibitor
ecog: 1
"""
THERAPIES = (
    ("firstinib", "standard", "first", "untreated: yes, ecog: <= 1", ("yes", 30, 20, 0.6, 0.5, 0.8)),
    (
        "duolimab",
        "standard",
        "first",
        "untreated: yes, imdc_risk: [intermediate, poor], organ_transplant: no",
        ("yes", 25, 20, 0.7, 0.6, 0.9),
    ),
    (
        "secondanib",
        "positive_phase_3",
        "second",
        "prior_treatment: [vegfr_inhibitor], ecog: <= 1",
        ("yes", 21, 16, 0.66, 0.5, 0.8),
    ),
    ("oldinib", "not_supported", "second", "prior_treatment: [vegfr_inhibitor]", ("no", 15, 16, 1.05, 0.9, 1.2)),
    ("newinib", "in_trial", "any", "prior_treatment: [checkpoint_inhibitor]", None),
)
LIVER = re.compile(
    r"\bhcc|hepato|liver|sorafenib|bclc|child-?pugh|\bafp\b|c-?met\b|locoregional|\breview\b|etiology|portal", re.IGNORECASE
)


def _therapy(id_: str, standing: str, line: str, when: str, result: tuple[object, ...] | None) -> str:
    outcome = ""
    if result is not None:
        names = ("met", "tested", "control", "hr", "low", "high")
        outcome = RESULT.format(id=id_, **dict(zip(names, result, strict=True)))
    text = THERAPY.format(
        id=id_,
        name=id_.title(),
        study=f"{id_.upper()}-3",
        status="completed" if result else "ongoing",
        says=f"{id_.title()} was compared with a control.",
        outcome=outcome,
        when=when,
        line=line,
        standing=standing,
    )
    return text + ("    verdict: no_better\n" if standing == "not_supported" else "")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "rcc-example"
    files = {
        "ruleset.yaml": CARD,
        "fields.yaml": FIELDS,
        "concepts.yaml": CONCEPTS,
        "references.yaml": REFERENCES,
        "cases/all.yaml": CASES,
        **{f"therapies/{one[0]}.yaml": _therapy(*one) for one in THERAPIES},
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    (tmp_path / "patient.yaml").write_text(PATIENT, encoding="utf-8")
    return root


def run(*arguments: object, code: int = 0) -> str:
    """The output of a command, which has nothing of the liver in it beside the program's name."""
    result = CliRunner().invoke(cli, [str(one) for one in arguments], catch_exceptions=False, standalone_mode=False)
    assert (result.exit_code or result.return_value or 0) == code, result.output
    found = LIVER.search(result.output.replace(str(arguments[-1]), ""))
    assert found is None, result.output[max(0, found.start() - 200) : found.end() + 100]
    return result.output


def test_answers(folder: Path) -> None:
    patient = folder.parent / "patient.yaml"
    shown = run("evaluate", patient, "-r", folder)
    assert "IMDC risk intermediate" in shown and "SECONDANIB-3: OS secondanib 21 v control 16 mo" in shown
    assert "Ecog" not in shown
    answer = json.loads(run("evaluate", patient, "--format", "json", "-r", folder))
    assert [one["therapy"] for one in answer["options"]] == ["secondanib"]
    assert [one["therapy"] for one in answer["not_supported"]] == ["oldinib"]
    assert "VEGFR inhibitor" in run("explain", patient, "duolimab", "-r", folder)
    assert "Duolimab" in run("whatif", patient, "-r", folder)
    assert "cannot be told" in run("evaluate", "-s", "imdc_risk=poor", "-r", folder)


def test_a_field_of_the_liver_is_none_here(folder: Path) -> None:
    result = CliRunner().invoke(cli, ["evaluate", "-s", "bclc_stage=C", "-r", str(folder)], standalone_mode=False)
    assert result.exit_code != 0 and "unknown field 'bclc_stage'" in str(result.exception)


@pytest.mark.slow
def test_assurance(folder: Path) -> None:
    assert "0 faults" in run("check", folder)
    assert "4 cases, all passed" in run("test", folder)
    assert "IMDC risk" in run("coverage", folder)
    assert "IMDC risk" in run("mutate", folder, code=1)
    changed = folder.parent / "changed"
    for file in folder.rglob("*.yaml"):
        target = changed / file.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.read_text().replace("[intermediate, poor]", "[poor]").replace("version: 1.0.0", "version: 1.1.0"))
    shown = run("diff", folder, changed, code=1)
    assert "Duolimab" in shown and "IMDC risk" in shown and "intermediate" in shown


@pytest.mark.slow
def test_teaching(folder: Path) -> None:
    assert "Secondanib" in run("pathway", "-r", folder)
    assert "secondanib" in run("forest", "-r", folder)
    quiz = run("quiz", "--seed", "1", "--format", "markdown", "-r", folder)
    assert "IMDC risk" in quiz and "Firstinib" in quiz


def test_schemas(folder: Path) -> None:
    assert '"imdc_risk"' in run("schema", "profile", "-r", folder)
    assert '"imdc_risk"' in run("schema", "therapy", "-r", folder)


@pytest.mark.slow
def test_the_page(folder: Path) -> None:
    pytest.importorskip("starlette", reason="the page needs the extra 'web'")
    from hepatica.web import RulesetLibrary

    case = "?surgery_possible=no&imdc_risk=poor&prior_treatment=none&ecog=1"
    with contextmanager(serving)(RulesetLibrary({"rcc-example": load(folder)}, folder.parent / "none")) as server:
        for path in ("/answer", "/whatif", "/pathway", "/forest", "/quiz", "/rules", "/rules/duolimab", "/evidence", "/about"):
            reply = server.get(f"{path}{case}")
            assert reply.status == 200, path
            found = LIVER.search(re.sub(r"<[^>]*>", " ", reply.text))
            assert found is None, (path, reply.text[max(0, found.start() - 200) : found.end() + 100])
        assert "IMDC risk" in server.get("/answer").text
