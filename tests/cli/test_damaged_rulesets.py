"""A ruleset damaged by a few bytes is refused with located problems, or it loads and answers; nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hepatica import report
from hepatica.evaluation import Evaluator
from hepatica.inference import compile_ruleset
from hepatica.knowledge import load_ruleset
from hepatica.patient import read_profile
from hepatica.problems import InvalidInput
from tests.conftest import ROOT
from tests.making import CARD, write_ruleset

DAMAGE = st.binary(min_size=1, max_size=6) | st.sampled_from([b"0", b"9", b" ", b"x", b"no", b"yes", b"any", b"#", b"- ", b"\n"])


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 9000), put=DAMAGE, name=st.sampled_from(["therapies/sorafenib.yaml", "concepts.yaml"]))
def test_no_damaged_ruleset_gives_a_traceback(tmp_path_factory: pytest.TempPathFactory, cut: int, put: bytes, name: str) -> None:
    folder = _with_sorafenib(tmp_path_factory.mktemp("damaged"))
    source = (folder / name).read_bytes()
    cut %= len(source)
    (folder / name).write_bytes(source[:cut] + put + source[cut + len(put) :])
    try:
        _answers(folder)
    except InvalidInput as error:
        assert error.problems


def test_the_ruleset_that_is_damaged_is_whole_before(tmp_path: Path) -> None:
    assert "sorafenib" in _answers(_with_sorafenib(tmp_path))


def _with_sorafenib(folder: Path) -> Path:
    """The small ruleset of the tests with one therapy of the shipped one, and its concepts."""
    shipped = ROOT / "rulesets" / "hcc-2016"
    (folder / "references.yaml").write_bytes((shipped / "references.yaml").read_bytes())
    concepts = (shipped / "concepts.yaml").read_text("utf-8")
    untreated = (
        "\n  - {id: untreated, says: Nothing taken., when: {prior_sorafenib: [none, refused], other_prior_systemic: none}}\n"
    )
    write_ruleset(folder, card=CARD.replace("[alpha, beta]", "[alpha, beta, sorafenib]"), concepts=concepts.rstrip() + untreated)
    (folder / "therapies" / "sorafenib.yaml").write_bytes((shipped / "therapies" / "sorafenib.yaml").read_bytes())
    return folder


def _answers(folder: Path) -> str:
    """Two shipped patients answered in text and JSON; raises `InvalidInput` where the ruleset or a patient is refused."""
    ruleset = load_ruleset(folder)
    evaluator = Evaluator(ruleset, compile_ruleset(ruleset))
    shown = ""
    for name in ("after-sorafenib-met-high", "afp-unknown"):
        evaluation = evaluator.evaluate(read_profile(ROOT / "patients" / f"{name}.yaml"))
        shown += report.text(report.answer(evaluation), details=True) + report.json_text(evaluation)
    return shown
