"""Case files: what they may say, and how what is wrong is reported."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hepatica.assurance import RulesetVersion
from hepatica.assurance.cases import ExpectedAnswer, ExpectedRule, ExpectedWhy, Pin, case_file, cases_in, pinned, read_cases
from hepatica.assurance.version import Subject
from hepatica.evaluation import Evaluator, evaluator_of
from hepatica.knowledge import Ruleset, load_ruleset
from hepatica.patient import COMMON_FIELDS, Facts, Field, Value, facts_of
from hepatica.problems import InvalidInput
from tests.cases.making import CASES, ruleset_with_cases
from tests.conftest import ROOT, shipped_ruleset
from tests.making import profiles, write_ruleset


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Ruleset:
    return load_ruleset(write_ruleset(tmp_path_factory.mktemp("tiny")))


def _codes(body: str, ruleset: Ruleset) -> list[tuple[int, str]]:
    with pytest.raises(InvalidInput) as caught:
        cases_in(body.encode(), "c.yaml", ruleset)
    return [(problem.line, problem.code) for problem in caught.value.problems]


def test_a_case_is_read_whole(tiny: Ruleset) -> None:
    first, second = cases_in(CASES.encode(), "c.yaml", tiny)
    told = first.expected
    assert (told.scope, told.exactly, first.line) == ("in", {"options": frozenset({"alpha"})}, 2)
    assert told.why["alpha"].cites == ("alpha-3",)
    assert told.why["beta"].blocked_by == ("prior_sorafenib",)
    assert second.expected.lists == {"beta": "possible"}
    assert second.expected.derived == {"advanced_hcc": "yes", "untreated": "no"}
    assert second.place == "c.yaml:9"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("cases:\n  - {case: A., profile: {}, optoins: [alpha]}", "unknown-key"),
        ("cases:\n  - {case: A., profile: {}, options: [alfa]}", "unknown-therapy"),
        ("cases:\n  - {case: A., profile: {bclk: C}, options: [alpha]}", "unknown-field"),
        ("cases:\n  - {case: A., profile: {}, scope: inside}", "unknown-value"),
        ("cases:\n  - {case: A., profile: {}, options: [alpha], options_exactly: []}", "contradiction"),
        ("cases:\n  - {case: A., profile: {}, possible: [alpha], options_exactly: [alpha]}", "contradiction"),
        ("cases:\n  - {case: A., profile: {}, possible_exactly: [alpha], options_exactly: [alpha]}", "contradiction"),
        ("cases:\n  - {case: A., profile: {}, why: {alpha: beta-high-afp}}", "unknown-rule"),
        ("cases:\n  - {case: A., profile: {}, why: {alpha: {standing: best}}}", "unknown-value"),
        ("cases:\n  - {case: A., profile: {}, why: {alpha: {cites: [x]}}}", "unknown-study"),
        ("cases:\n  - {case: A., profile: {}, why: {beta: {needs: [aft]}}}", "unknown-field"),
        ("cases:\n  - {case: A., profile: {}, why: {beta: {also: {alpha-first: options}}}}", "unknown-key"),
        ("cases:\n  - {case: A., profile: {}, why: {beta: {also: {beta-high-afp: offered}}}}", "unknown-value"),
        ("cases:\n  - {case: A., profile: {}, why: {beta: {also: {beta-high-afp: {lists: options}}}}}", "unknown-key"),
        ("cases:\n  - {case: A., profile: {}, derived: {untreated: perhaps}}", "unknown-value"),
        ("cases:\n  - {case: A., profile: {}, derived: {treated: yes}}", "unknown-key"),
        ("cases:\n  - {case: A., profile: {}, applicability: {alpha: inside}}", "unknown-key"),
        ("cases:\n  - {case: A., profile: {}, applicability: {alpha-3: within}}", "unknown-value"),
        ("cases:\n  - {case: A., profile: {}, options: [alpha], ruled_out: [alpha]}", "contradiction"),
        ("cases:\n  - {case: A., profile: {}}", "expects-nothing"),
        ("cases:\n  - {profile: {}, scope: in}", "missing-key"),
        ("cases:\n  - {case: A., profile: {}, options: []}", "expects-nothing"),
        ("cases:\n  - {case: A., profile: {}, possible: []}", "expects-nothing"),
        ("cases:\n  - {case: A., profile: {}, why: {}}", "expects-nothing"),
        ("cases:\n  - {case: A., profile: {}, why: {alpha: {}}}", "expects-nothing"),
        ("cases:\n  - {case: A., profile: {}, derived: {}}", "expects-nothing"),
        ("cases:\n  - {case: A., profile: {}, applicability: {}}", "expects-nothing"),
        ("cases:\n  - {case: A., profile: {}, shows: {}}", "expects-nothing"),
        ("cases:\n  - {case: A., profile: {}, shows: {gamma: x}}", "unknown-key"),
        ("cases:\n  - {case: A., scope: in}", "missing-key"),
        ("cases:\n  - {case: A., profile: {}, patient: x.yaml, scope: in}", "unknown-key"),
        ("cases:\n  - {case: A., profile: {}, warnings: [[x]]}", "wrong-type"),
        ("cases:\n  - just words", "wrong-type"),
        ("cases: []", "no-cases"),
        ("rules: []", "no-cases"),
        ("- a list", "no-cases"),
    ],
)
def test_what_a_case_may_not_say_is_refused_where_it_stands(body: str, code: str, tiny: Ruleset) -> None:
    assert code in [found for _, found in _codes(body, tiny)]


def test_all_problems_of_a_file_are_reported_at_once_with_the_nearest_spelling(tiny: Ruleset) -> None:
    body = "cases:\n  - case: One.\n    profile: {afp: high}\n    options: [alph]\n    optoins: [beta]\n"
    with pytest.raises(InvalidInput) as caught:
        cases_in(body.encode(), "c.yaml", tiny)
    assert [p.line for p in caught.value.problems] == [3, 4, 5]
    assert "did you mean 'alpha'?" in str(caught.value)
    assert "did you mean 'options'?" in str(caught.value)


def test_a_sentence_may_stand_only_once_in_a_suite(tmp_path: Path) -> None:
    folder = ruleset_with_cases(tmp_path)
    (folder / "cases" / "again.yaml").write_text(CASES, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_cases([folder / "cases"], load_ruleset(folder))
    assert [problem.code for problem in caught.value.problems] == ["duplicate-case", "duplicate-case"]


@given(st.text(max_size=200) | st.text(alphabet="cases: -{}[]\n'why,", max_size=200))
def test_no_text_gives_anything_but_cases_or_located_problems(ruleset: Ruleset, body: str) -> None:
    try:
        cases_in(body.encode("utf-8", "surrogatepass"), "c.yaml", ruleset)
    except InvalidInput as error:
        assert all(problem.line >= 1 for problem in error.problems)


@pytest.mark.slow
@settings(max_examples=30)
@given(profiles())
def test_written_cases_read_back_as_the_same_cases(ruleset: Ruleset, evaluator: Evaluator, facts: Facts) -> None:
    subjects = [subject for subject in RulesetVersion.of(ruleset).subjects() if subject.kind in ("scope", "concept", "therapy")]
    (case,) = pinned([Pin(facts, subject) for subject in subjects], evaluator)
    (again,) = cases_in(case_file([case], "A header", "x", "2016").encode(), "c.yaml", ruleset)
    assert dict(again.profile.facts) == dict(facts)
    assert again.expected == replace(case.expected, profile=again.expected.profile)


def test_two_profiles_that_read_back_as_one_make_one_case() -> None:
    """Or the file that is written has a case twice, and does not load."""
    ruleset = shipped_ruleset("hcc-2026")
    bare = facts_of({"bclc_stage": "C", "other_prior_systemic": ()}, ruleset.fields)
    filled = facts_of({**bare, "prior_lenvatinib": "none", "prior_immunotherapy": "none"}, ruleset.fields)
    cases = pinned([Pin(bare, Subject("scope")), Pin(filled, Subject("therapy", "sorafenib"))], evaluator_of(ruleset))
    assert len(cases_in(case_file(cases, "A header", "x", "2026").encode(), "c.yaml", ruleset)) == 1


def test_the_description_of_the_format_names_every_key() -> None:
    described = (ROOT / "rulesets" / "hcc-2016" / "cases" / "README.md").read_text(encoding="utf-8")
    for key in (field.name for kind in (ExpectedAnswer, ExpectedWhy, ExpectedRule) for field in fields(kind)):
        assert f"`{key}`" in described, key


def test_a_written_sentence_is_never_longer_than_a_case_may_have(ruleset: Ruleset, evaluator: Evaluator) -> None:
    longest: dict[str, Value | None] = {name: _longest(field) for name, field in COMMON_FIELDS.items()}
    facts = facts_of({**longest, "child_pugh_class": "A", "child_pugh_score": None})
    for subject in (
        *(Subject("therapy", name) for name in ruleset.therapies),
        *(Subject("concept", c) for c in ruleset.concepts),
    ):
        (case,) = pinned([Pin(facts, subject)], evaluator)
        assert cases_in(case_file([case], "", "", "2016").encode(), "c.yaml", ruleset)[0].sentence == case.sentence


def _longest(field: Field) -> Value:
    if field.kind == "set":
        return field.values
    if field.kind == "choice":
        return max(field.values, key=len)
    return False if field.kind == "flag" else 4 if field.kind == "integer" else 123456.789012
