"""One answer, one telling: every therapy, figure, warning and sentence of scope that one format says, all say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import jsonschema_rs
import pytest

import hepatica
from hepatica import report
from hepatica.cli.main import run
from hepatica.evaluation import LISTS, Evaluation, evaluator_of
from hepatica.explain import Column, compare, what_if, why
from hepatica.knowledge import find_study
from hepatica.patient import profile_of, read_profile
from hepatica.report import Blocks
from tests.conftest import PATIENTS, ROOT, each_patient
from tests.making import sample_profiles

RULESET = hepatica.load("hcc-2016")
UNSAID = ("id", "ref", "cite", "tone", "mark", "folded", "language", "svg", "src")


class Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def flat(text: str) -> str:
    """Letters and digits alone: what a format says, without how."""
    return re.sub(r"[\W_]+", "", text).lower()


def said(blocks: Blocks) -> dict[str, str]:
    page = Words()
    page.feed(report.html(blocks))
    return {
        "text": flat(report.text(blocks, width=100_000, details=True)),  # unwrapped: columns stand side by side
        "markdown": flat(report.markdown(blocks, details=True)),
        "html": flat("".join(page.said)),
    }


def sentences(blocks: tuple[Any, ...]) -> list[str]:
    """Every text that the blocks hold."""
    found: list[str] = []
    for block in blocks:
        if isinstance(block, str):
            found.append(block)
        elif isinstance(block, tuple):
            unsaid = (*UNSAID, "summary") if isinstance(block, report.Tree) else UNSAID
            found += sentences(tuple(part for name, part in _parts(block) if name not in unsaid))
    return [text for text in found if text]


def _parts(block: tuple[Any, ...]) -> list[tuple[str, Any]]:
    """The parts of a block by name, or the items of a plain tuple."""
    return list(zip(getattr(block, "_fields", [""] * len(block)), block, strict=True))


def agreed(blocks: Blocks) -> None:
    """What the blocks hold, every format says."""
    formats = said(blocks)
    for sentence in sentences(blocks):
        for name, shown in formats.items():
            assert flat(sentence) in shown, (name, sentence)


def results() -> list[tuple[str, Callable[[], Blocks]]]:
    met_high = read_profile(ROOT / "patients" / "after-sorafenib-met-high.yaml")
    evaluator = evaluator_of(RULESET)
    one, two = evaluator.evaluate(met_high), evaluator.evaluate(profile_of(["bclc_stage=C"]))
    return [
        ("about", lambda: report.about_view(report.about(RULESET))),
        ("rules", lambda: report.rules_view(report.rule_listing(RULESET, report.rules_found(RULESET)))),
        (
            "rules in full",
            lambda: report.rules_view(report.rule_listing(RULESET, report.rules_found(RULESET, ["tivantinib"]), full=True)),
        ),
        ("study", lambda: report.study_view(report.study_page(RULESET, find_study(RULESET, "reach")))),
        ("references", lambda: report.references_view(report.reference_listing(RULESET))),
        ("explanation", lambda: report.why_view(why(one, "tivantinib"))),
        ("whatif", lambda: report.whatif_view(what_if(evaluator, met_high))),
        ("comparison", lambda: report.compare_view(compare([Column("a", one), Column("b", two)]))),
    ]


@pytest.mark.parametrize(("name", "made"), results(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_format_of_a_result_says_all_of_it(name: str, made: Callable[[], Blocks]) -> None:
    agreed(made())


@each_patient
def test_every_format_of_an_answer_says_all_of_it(path: Any) -> None:
    evaluation = hepatica.evaluate(RULESET, path)
    blocks = report.answer(evaluation)
    agreed(blocks)
    _complete(evaluation, said(blocks))


def _complete(evaluation: Evaluation, formats: dict[str, str]) -> None:
    """Against the result itself, not its blocks: warnings, scope, and every therapy with its line."""
    written = json.loads(report.json_text(evaluation))
    must = [warning["message"] for warning in written["warnings"]] + [written["notice"], written["scope_says"]]
    certain = [e for name in ("options", "trials", "not_supported") for e in written[name]]
    if written["scope"] != "out":
        must += [entry["name"] for name in LISTS for entry in written[name] if certain]
        must += [entry["headline"]["text"] for entry in certain]
        must += [entry["headline"]["later"] for entry in certain]
    for shown in formats.values():
        assert all(flat(sentence) in shown for sentence in must)


def test_figures_stand_in_the_open_not_only_among_details() -> None:
    for profile in sample_profiles(evaluator_of(RULESET), 8, seed=5):
        evaluation = hepatica.evaluate(RULESET, profile)
        shown = flat(report.text(report.answer(evaluation)))
        for entry in (*evaluation.options, *evaluation.trials, *evaluation.not_supported):
            if evaluation.scope != "out":
                assert flat(entry.headline.text) in shown


@pytest.fixture(scope="module")
def promised() -> jsonschema_rs.Draft202012Validator:
    schema = report.schema(Evaluation, "output", "2")
    jsonschema_rs.meta.validate(schema)
    return jsonschema_rs.Draft202012Validator(schema)


@each_patient
def test_json_is_what_its_schema_promises(path: Any, promised: jsonschema_rs.Draft202012Validator) -> None:
    written = json.loads(report.json_text(hepatica.evaluate(RULESET, path)))
    promised.validate(written)
    assert list(written)[:2] == ["notice", "contract"]
    assert [name for name in written if name in LISTS] == list(LISTS)
    assert "knowledge" not in written


def test_out_of_scope_and_nothing_known_take_a_few_lines() -> None:
    for settings in (["bclc_stage=A", "locoregional_suitable=yes", "child_pugh_class=A"], ["afp=300"], ["region=japan"]):
        shown = report.text(report.answer(hepatica.evaluate(RULESET, profile_of(settings))))
        body = shown.split("evidence as of", 1)[1].split("For education")[0].strip().splitlines()
        assert len(body) <= 14
    assert "Enter" in shown


@pytest.mark.slow
def test_no_token_is_shown_raw(capfd: pytest.CaptureFixture[str]) -> None:
    tokens = "wild_type|south_korea|mainland_china|hong_kong|antiangiogenic_antibody|not_supported|early_signal|in_trial|child_pugh_class"
    for path in PATIENTS:
        for command in (["evaluate", str(path), "-v"], ["whatif", str(path)]):
            assert run(command) == 0
            assert not re.findall(rf"\b(?:{tokens})\b", capfd.readouterr().out)


def test_a_field_that_no_rule_reads_is_marked_so_and_never_asked_for() -> None:
    profile = profile_of(["bclc_stage=C", "child_pugh_class=A", "extrahepatic_spread=yes", "ecog=1"])
    shown = " ".join(report.text(report.answer(hepatica.evaluate(RULESET, profile))).split())
    unused = [name for name in RULESET.fields if name not in RULESET.used_fields]
    asked = shown.split("Not known:")[1].split("WHAT THE EVIDENCE")[0]
    for name in unused:
        title = RULESET.fields[name].title
        assert title not in asked.split("Recorded, not used by these rules:")[0]
        if profile[name] is not None:
            assert title in asked.split("Recorded, not used by these rules:")[1]


def test_what_was_understood_and_computed_is_said() -> None:
    parts = "{bilirubin: 2.4 mg/dL, albumin: 3.4 g/dL, inr: 1.3, ascites: none, encephalopathy: none}"
    profile = profile_of([f"child_pugh_components={parts}", "etiology=hep C", "bclc_stage=C"])
    shown = " ".join(report.text(report.answer(hepatica.evaluate(RULESET, profile))).split())
    assert "'hep C' as HCV" in shown
    assert "score 7, class B" in shown
    assert "bilirubin 2.4 mg/dL = 2" in shown


def test_the_strongest_open_standing_stands_above_weaker_certain_ones() -> None:
    profile = profile_of(["bclc_stage=C", "child_pugh_class=A", "prior_sorafenib=none"])
    shown = report.text(report.answer(hepatica.evaluate(RULESET, profile)))
    assert shown.index("Sorafenib ") < shown.index("EARLY SIGNAL")
