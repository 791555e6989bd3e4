"""Figures guarded without the source's text: what they say of each other, of endpoints, verdicts, standings and sentences."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hepatica.knowledge import figure_findings, load_ruleset
from hepatica.knowledge.figures import FigureFinding
from tests.conftest import ROOT, shipped_ruleset
from tests.knowledge.refusing import problems, swapped
from tests.making import ALPHA, write_ruleset

FIGURES = "arms: {alpha: 9.2, placebo: 7.6}, hr: 0.8, ci: [0.7, 0.9], p: 0.01"
EXCUSED = """    discrepancies:
      - {id: d, kind: misprint, severity: low, lines: 3, prints: x, correction: y, confidence: high, basis: reading, affects: [os]}
rules:
"""


def found(folder: Path, alpha: str) -> tuple[FigureFinding, ...]:
    return figure_findings(load_ruleset(write_ruleset(folder, alpha=alpha)))


def codes(folder: Path, figures: str, **swaps: str) -> list[str]:
    alpha = swapped(ALPHA, FIGURES, figures)
    for old, new in swaps.items():
        alpha = swapped(alpha, old.replace("__", ": "), new)
    return [finding.code for finding in found(folder, alpha)]


@pytest.mark.parametrize("ruleset", ["hcc-2016"])
def test_the_shipped_figures_hold(ruleset: str) -> None:
    assert figure_findings(shipped_ruleset(ruleset)) == ()


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        (FIGURES, []),
        ("arms: {alpha: 9.2, placebo: 7.6}, hr: 0.8, ci: [0.7, 0.9], p: 0.4", ["p-against-interval"]),
        ("arms: {alpha: 9.2, placebo: 7.6}, hr: 0.8, ci: [0.6, 1.1], p: 0.001", ["p-against-interval", "met-yet-no-better"]),
        ('hr: 0.8, ci: [0.7, 0.9], p: "> 0.2"', ["p-against-interval"]),
        ('hr: 0.8, ci: [0.7, 0.9], p: "< 0.2"', []),
        ('hr: 0.8, ci: [0.7, 0.9], p: NS', ["p-against-interval"]),
        ('hr: 0.8, ci: [0.7, 0.9], p: "0.02 (one-sided)"', []),
        ("hr: 0.85, ci: [0.73, 1.0], p: 0.049", []),  # an interval that touches 1 in print
        ("hr: 0.85, ci: [0.74, 0.98], ci_level: 90, p: 0.08", []),  # significant at its own level
        ("hr: 0.85, ci: [0.74, 0.98], p: 0.08", ["p-against-interval"]),
        ("arms: {alpha: 7.6, placebo: 9.2}, hr: 0.8, ci: [0.7, 0.9], p: 0.01", ["arms-against-ratio"]),
        ("arms: {placebo: 7.6, alpha: 9.2}, hr: 0.8, ci: [0.7, 0.9], p: 0.01", []),  # the order of writing is no matter
        ("arms: {alpha: 9.2, placebo: 9.3}, hr: 0.8, ci: [0.7, 0.9], p: 0.01", []),  # curves may part after the median
        ("arms: {alpha: 9.2, placebo: 7.6}, hr: 1.0, ci: [0.9, 1.1], p: 0.9", ["met-yet-no-better"]),
        ("arms: {alpha: 9.2, placebo: 7.6}, hr: 0.99, ci: [0.9, 1.06], margin: 1.08", []),  # not inferior by its margin
        ("arms: {alpha: 9.2, placebo: 7.6}, hr: 0.99, ci: [0.9, 1.12], margin: 1.08", ["met-yet-no-better"]),
        ("hr: 0.8, ci: [0.7, 0.95], p: 0.03, alpha: 0.017", ["met-yet-no-better"]),  # above its alpha boundary
    ],
)  # fmt: skip
def test_what_figures_say_against_each_other_is_found(tmp_path: Path, figures: str, expected: list[str]) -> None:
    assert codes(tmp_path, figures) == expected


def test_a_missed_endpoint_whose_figures_show_a_benefit_is_found(tmp_path: Path) -> None:
    negative = swapped(
        swapped(ALPHA, "met: yes", "met: no"), "standing: standard", "standing: not_supported\n    verdict: no_better"
    )
    assert [finding.code for finding in found(tmp_path, negative)] == ["missed-yet-better"]


def test_a_number_in_a_sentence_must_be_in_the_figures_it_rests_on(tmp_path: Path) -> None:
    told = swapped(ALPHA, "says: Alpha lived longer.", "says: Alpha lived longer (9.2 v 7.9 months, HR 0.8).")
    (finding,) = found(tmp_path, told)
    assert (finding.code, finding.about) == ("number-without-record", "rule/alpha-first")
    assert finding.says.startswith("7.9 is in no study that alpha-first cites")
    assert finding.place.startswith("therapies/alpha.yaml:")


@pytest.mark.parametrize(
    "figures", ["hr: 0.8, ci: [0.7, 0.9], p: 0.4", "arms: {alpha: 7.6, placebo: 9.2}, hr: 0.8, ci: [0.7, 0.9]"]
)
def test_a_named_discrepancy_excuses_a_result_and_nothing_else(tmp_path: Path, figures: str) -> None:
    alpha = swapped(ALPHA, FIGURES, figures).replace("rules:\n", EXCUSED)
    assert found(tmp_path, alpha) == ()
    assert found(tmp_path, alpha.replace("affects: [os]", "affects: [summary]")) != ()


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        (
            "everolimus",
            "arms: {everolimus: 7.6, placebo: 7.3}",
            "arms: {everolimus: 17.6, placebo: 7.3}",
            "number-without-record",
        ),
        ("everolimus", "hr: 1.05\n        ci: [0.86, 1.27]", "hr: 0.55\n        ci: [0.4, 0.7]", "missed-yet-better"),
        ("sunitinib", "p: 0.001", "p: 0.6", "print-without-record"),
    ],
)
def test_an_edit_of_a_shipped_figure_is_noticed(tmp_path: Path, file: str, old: str, new: str, code: str) -> None:
    folder = tmp_path / "edited"
    shutil.copytree(ROOT / "rulesets" / "hcc-2016", folder)
    path = folder / "therapies" / f"{file}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert code in {finding.code for finding in figure_findings(load_ruleset(folder))}


def verdict(figures: str, met: str = "no", more: str = "", kind: str = "no_better") -> str:
    """The text of alpha as a therapy that is not supported, with these figures of survival and `more` results."""
    alpha = swapped(swapped(ALPHA, FIGURES, figures), "met: yes", f"met: {met}")
    alpha = swapped(alpha, "standing: standard", f"standing: not_supported\n    verdict: {kind}")
    return alpha.replace("rules:\n", f"{more}rules:\n")


WORSE = "arms: {alpha: 7.9, placebo: 10.2}, hr: 1.3, ci: [1.1, 1.5], p: 0.001"
SAME = "arms: {alpha: 9.2, placebo: 9.0}, hr: 0.98, ci: [0.8, 1.2], p: 0.8"
LATER_TTP = "      - {id: ttp, endpoint: TTP, unit: mo, arms: {placebo: 2.7, alpha: 4.2}, p: 0.001, lines: 3}\n"
UNTOLD = "      - {id: ttp, endpoint: TTP, p: 0.001, says: longer, lines: 3}\n"
CONTROL = '      - {id: dcr, endpoint: DCR, unit: "%", arms: {alpha: 60, placebo: 40}, p: 0.01, lines: 3}\n'
SUBGROUP = "      - {id: os-x, endpoint: OS, subgroup: x, arms: {alpha: 9, placebo: 4}, hr: 0.4, ci: [0.2, 0.8], lines: 3}\n"


@pytest.mark.parametrize(
    ("figures", "met", "more", "allowed"),
    [
        (WORSE, "no", "", {"harmful"}),
        (WORSE, "no", LATER_TTP, {"harmful"}),
        (SAME, "no", "", {"no_better"}),
        (SAME, "no", LATER_TTP, {"secondary_only"}),
        (SAME, "no", UNTOLD, {"secondary_only", "no_better"}),
        (SAME, "no", CONTROL, {"no_better"}),  # disease control alone is no benefit
        (SAME, "no", SUBGROUP, {"no_better"}),  # nor is a subgroup
    ],
)  # fmt: skip
def test_one_yardstick_gives_the_verdict(tmp_path: Path, figures: str, met: str, more: str, allowed: set[str]) -> None:
    for kind in ("harmful", "no_better", "secondary_only", "unproven"):
        folder = tmp_path / kind
        alpha = verdict(figures, met, more, kind)
        if kind in allowed:
            assert load_ruleset(write_ruleset(folder, alpha=alpha)).rules["alpha-first"].verdict == kind
        else:
            assert any(f"{kind} is not what the figures of its trials say" in line for line in problems(folder, alpha=alpha))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: randomised_controlled_trial", "kind: single_arm_trial"),
        ("[{id: alpha, n: 10, lines: 2}, {id: placebo, n: 10, lines: 2}]", "[{id: placebo, n: 10, lines: 2}, {id: alpha, n: 10, lines: 2}]"),
    ],
)  # fmt: skip
def test_what_no_controlled_trial_tested_is_unproven_not_worse_than_anything(tmp_path: Path, old: str, new: str) -> None:
    """A single arm has no comparator; a control arm is one."""
    alpha = swapped(verdict(SAME), old, new)
    assert any("they say unproven" in line for line in problems(tmp_path / "a", alpha=alpha))
    unproven = alpha.replace("no_better", "unproven")
    assert load_ruleset(write_ruleset(tmp_path / "b", alpha=unproven)).rules["alpha-first"].verdict == "unproven"


def test_a_verdict_stands_with_not_supported_and_with_nothing_else(tmp_path: Path) -> None:
    without = verdict(SAME).replace("    verdict: no_better\n", "")
    assert any(
        "verdict: alpha-first: a verdict is needed; they say no_better" in line
        for line in problems(tmp_path / "a", alpha=without)
    )
    with_one = swapped(ALPHA, "standing: standard", "standing: standard\n    verdict: no_better")
    assert any("only not_supported has a verdict" in line for line in problems(tmp_path / "b", alpha=with_one))
