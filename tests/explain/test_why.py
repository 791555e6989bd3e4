"""An explanation says each rule's verdict, shows every value where it is asked for, and denies nothing twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hepatica import report
from hepatica.evaluation import Evaluator
from hepatica.explain import ConditionTree, Explanation, why
from hepatica.patient import Profile, read_profile
from tests.conftest import ROOT
from tests.making import sample_profiles


def explained(evaluator: Evaluator, profile: Profile, therapy: str) -> Explanation:
    return why(evaluator.evaluate(profile), therapy)


def leaves(tree: ConditionTree) -> Iterator[ConditionTree]:
    if not tree.children:
        yield tree
    for child in tree.children:
        yield from leaves(child)


def test_a_rule_applies_exactly_where_the_answer_says_so(evaluator: Evaluator) -> None:
    for profile in sample_profiles(evaluator, 10, seed=2):
        evaluation = evaluator.evaluate(profile)
        for therapy in evaluator.ruleset.therapies:
            found = why(evaluation, therapy)
            listed, entry = evaluation.entry(therapy)
            applies = {rule.rule.id: rule.applies for rule in found.rules}
            assert found.list == listed
            if listed in ("options", "trials", "not_supported"):
                assert applies[entry.rule] == "true"
            if listed == "possible":
                assert applies[entry.rule] == "unknown"
            if listed == "ruled_out":
                assert set(applies.values()) == {"false"}


def test_the_tree_of_a_condition_bears_out_its_verdict(evaluator: Evaluator) -> None:
    """Kleene's tables, part by part: an independent reading of the trees shown."""

    def read(tree: ConditionTree) -> str:
        if tree.kind == "test":
            return tree.verdict
        parts = [read(child) for child in tree.children]
        decisive = "false" if tree.kind == "all" else "true"
        if tree.kind == "concept":
            return parts[0]
        neutral = "true" if tree.kind == "all" else "false"
        return decisive if decisive in parts else "unknown" if "unknown" in parts else neutral

    for profile in sample_profiles(evaluator, 5, seed=6):
        for therapy in ("sorafenib", "tivantinib", "nivolumab", "folfox4"):
            for rule in explained(evaluator, profile, therapy).rules:
                assert read(rule.condition) == rule.condition.verdict


def test_values_stand_at_every_leaf_in_words(evaluator: Evaluator) -> None:
    profile = read_profile(ROOT / "patients" / "after-sorafenib-met-low.yaml")
    found = explained(evaluator, profile, "tivantinib")
    shown = " ".join(report.text(report.why_view(found)).split())
    assert "Tumour c-MET low (needs high)" in shown
    assert "Does not apply: early signal, second line".upper() in shown.upper()
    assert all(leaf.value for rule in found.rules for leaf in leaves(rule.condition))


def test_negation_is_said_positively_and_no_definition_is_shown_twice(evaluator: Evaluator, met_high: Profile) -> None:
    shown = report.text(report.why_view(explained(evaluator, met_high, "tivantinib")))
    assert "needs not" not in shown
    assert ": no\n" not in shown
    lines = [line.strip() for line in shown.splitlines()]
    opened = [lines[i + 1] for i, line in enumerate(lines[:-1]) if line.endswith("after sorafenib")]
    assert sum("Prior sorafenib" in line for line in opened) <= 1


@pytest.mark.parametrize("therapy", ["sorafenib", "ramucirumab", "tivantinib", "best-supportive-care", "emibetuzumab"])
def test_it_starts_with_one_sentence(evaluator: Evaluator, met_high: Profile, therapy: str) -> None:
    found = explained(evaluator, met_high, therapy)
    first = report.why_view(found)[1]
    assert isinstance(first, report.Paragraph)
    assert first.text.endswith((".", ")", "]", "mo", "%")) or first.text
    assert report.text((first,)).count("\n") <= 10


def test_corrections_name_what_they_rest_on(evaluator: Evaluator, met_high: Profile) -> None:
    shown = " ".join(report.text(report.why_view(explained(evaluator, met_high, "sorafenib"))).split())
    assert "doi:" in shown
    assert "not printed" in shown or "Published" in shown


def test_a_study_fits_in_an_explanation_as_it_does_in_the_answer(evaluator: Evaluator) -> None:
    for profile in sample_profiles(evaluator, 5, seed=7):
        answer = evaluator.evaluate(profile)
        for name in answer.knowledge.therapies:
            entry = answer.entry(name)[1]
            cited = [*entry.citations, *(one for other in entry.other_rules for one in other.citations)]
            told = {one.study: one.applicability for one in why(answer, name).studies}
            assert all(told[one.study] == one.applicability for one in cited)


def test_a_hope_that_failed_is_not_headed_as_one(evaluator: Evaluator, met_high: Profile) -> None:
    title = report.why_view(explained(evaluator, met_high, "tivantinib"))[0]
    assert isinstance(title, report.Title)
    assert title.text == "Tivantinib: early signal, failed since"
