"""What the knowledge model holds beyond a text of figures: references, criteria, approvals, fields of its own, limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from hepatica.knowledge import STANDINGS, Ruleset, Test, leaves, load_ruleset
from hepatica.knowledge.validation import MAX_RULES, MAX_TESTS
from tests.knowledge.refusing import problems, swapped
from tests.making import ALPHA, BETA, CARD, CONCEPTS, write_ruleset

PAPER = """\
references:
  - {id: paper, citation: A paper., year: 2018, kind: paper, doi: 10.1/x, read: abstract, known: made up}
  - {id: unread, citation: Another., year: 2018, kind: paper, read: not read, known: from memory}
"""
CONFIRMED = """\
    discrepancies:
      - {id: d, kind: misprint, severity: low, lines: 3, prints: HR 0.80, correction: HR 0.81, confidence: high,
         basis: confirmed, SOURCE affects: [summary]}
rules:
"""
NEGATIVE = """\
rules:
  - id: beta-failed
    says: Beta did not work.
    line: second
    standing: early_signal
    when: {cmet: low}
    cites: [alpha-3]
    source: {lines: 12}
"""
APPROVAL = """\
  - id: licence
    name: Licence
    kind: regulatory_approval
    status: recorded
    design: a licence
    summary: Licensed.
    source: {lines: 4}
    approval: {authority: An agency, region: Utopia, indication: cancer, date: "2015-01", withdrawn: "WHEN"}
rules:
"""


def with_references(folder: Path, **changed: str | None) -> Path:
    (folder / "references.yaml").parent.mkdir(parents=True, exist_ok=True)
    (folder / "references.yaml").write_text(PAPER)
    return write_ruleset(folder, **changed)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("source: {ref: paper, place: abstract},", ""),
        ("", "unread-source: alpha-3: confirmed needs a source"),
        ("source: {lines: 3},", "unread-source: alpha-3: confirmed needs a source"),
        ("source: {ref: unread, place: abstract},", "unread-source: alpha-3: confirmed needs a source"),
        ("source: {ref: papre, place: abstract},", "unknown-reference: no reference 'papre'; did you mean 'paper'?"),
    ],
)
def test_what_is_confirmed_names_a_reference_that_was_read(tmp_path: Path, source: str, expected: str) -> None:
    (tmp_path / "references.yaml").write_text(PAPER)
    alpha = swapped(ALPHA, "rules:\n", CONFIRMED.replace("SOURCE", source))
    if expected:
        assert any(expected in line for line in problems(tmp_path, alpha=alpha))
    else:
        item = load_ruleset(write_ruleset(tmp_path, alpha=alpha)).studies["alpha-3"].discrepancies[0]
        assert item.source is not None
        assert item.source.ref == "paper"


def test_a_correction_is_no_surer_than_its_discrepancy(tmp_path: Path) -> None:
    recalled = CONFIRMED.replace("basis: confirmed, SOURCE", "basis: recalled,")
    alpha = swapped(ALPHA, "p: 0.01, lines: 3", "p: 0.01, lines: 3, corrected: {basis: confirmed, discrepancy: d, hr: 0.81}")
    lines = problems(tmp_path, alpha=swapped(alpha, "rules:\n", recalled))
    assert any("called confirmed, while its discrepancy d is recalled" in line for line in lines)


def test_a_ruleset_of_papers_needs_no_lines(tmp_path: Path) -> None:
    card = swapped(CARD, "source: {citation: A text, basis: recalled}", "sources: [paper]\nsource_word: guideline")
    place = "source: {ref: paper, place: abstract}"
    alpha = swapped(ALPHA, "source: {section: One, lines: 1-9}", place)
    alpha = swapped(alpha, "source: {section: One, lines: 2-4, refs: [1]}", f"{place}\n    reference: paper")
    alpha = swapped(alpha, "source: {lines: 3}", place)
    alpha = swapped(alpha, "{name: OS, met: yes, lines: 3}", "{name: OS, met: yes, alpha: 0.02}, {name: PFS, met: no}")
    alpha = alpha.replace("p: 0.01, lines: 3", "p: 0.01, source: {ref: paper, place: table 2}, ci_level: 96.02")
    alpha = alpha.replace(", lines: 2", "")
    ruleset = load_ruleset(with_references(tmp_path, card=card, alpha=alpha))
    study = ruleset.studies["alpha-3"]
    assert (study.outcome, study.reference) == ("partly_met", "paper")
    assert (study.results[0].ci_level, ruleset.card.source, ruleset.card.source_word) == (96.02, None, "guideline")


def test_a_ruleset_without_any_source_is_refused(tmp_path: Path) -> None:
    lines = problems(tmp_path, card=swapped(CARD, "source: {citation: A text, basis: recalled}\n", ""))
    assert any("no-source: a ruleset names its source" in line for line in lines)


@pytest.mark.parametrize(("line", "phase"), [("third", "II/III"), ("later", "IV")])
def test_later_lines_and_phases_are_known(tmp_path: Path, line: str, phase: str) -> None:
    beta = swapped(swapped(BETA, "line: second", f"line: {line}"), "phase: II\n", f"phase: {phase}\n")
    ruleset = load_ruleset(write_ruleset(tmp_path, beta=beta))
    assert (ruleset.rules["beta-high-afp"].line, ruleset.studies["beta-2"].phase) == (line, phase)


def test_no_option_rests_on_trials_that_all_failed(tmp_path: Path) -> None:
    beta = swapped(BETA, BETA[BETA.index("rules:") :], NEGATIVE)
    alpha = swapped(ALPHA, "met: yes", "met: no").replace("standing: standard", "standing: not_supported\n    verdict: no_better")
    lines = problems(tmp_path, alpha=alpha, beta=beta)
    assert any("standing: early_signal needs a finished clinical study" in line for line in lines)


@pytest.mark.parametrize(("withdrawn", "allowed"), [("", True), ("2020-01", False)])
def test_a_licence_needs_an_approval_that_still_stands(tmp_path: Path, withdrawn: str, allowed: bool) -> None:
    approval = APPROVAL.replace(', withdrawn: "WHEN"', f', withdrawn: "{withdrawn}"' if withdrawn else "")
    alpha = swapped(swapped(ALPHA, "rules:\n", approval), "standing: standard", "standing: licensed")
    alpha = swapped(alpha, "cites: [alpha-3]", "cites: [licence]")
    if allowed:
        assert load_ruleset(write_ruleset(tmp_path, alpha=alpha)).rules["alpha-first"].is_option
    else:
        assert any("standing: licensed needs a record of the approval" in line for line in problems(tmp_path, alpha=alpha))


@pytest.mark.parametrize("when", ["spring 2020", "2020-13", "2020-02-30", "20-01", "2020-1"])
def test_when_an_approval_ended_is_a_date(tmp_path: Path, when: str) -> None:
    alpha = swapped(ALPHA, "rules:\n", APPROVAL.replace("WHEN", when))
    assert any(f"date: '{when}' is no date; allowed: 2017, 2017-04," in line for line in problems(tmp_path, alpha=alpha))


def test_a_trial_in_progress_without_criteria_backs_nothing(tmp_path: Path) -> None:
    ongoing = swapped(swapped(BETA, "status: completed", "status: ongoing"), "standing: early_signal", "standing: in_trial")
    assert any("with a recorded entry criterion" in line for line in problems(tmp_path / "a", beta=ongoing))
    stated = swapped(ongoing, "    results:\n", "    population: {when: {cmet: high}, lines: 12}\n    results:\n")
    rule = load_ruleset(write_ruleset(tmp_path / "b", beta=stated)).rules["beta-high-afp"]
    assert (rule.reaches, rule.is_option) == ("trials", False)


def test_every_standing_leads_to_one_list() -> None:
    assert [name for name, demand in STANDINGS.items() if demand.reaches == "options"] == [
        "standard", "positive_phase_3", "licensed", "early_signal", "supportive",
    ]  # fmt: skip


def test_what_a_rule_excuses_is_something_it_cites_and_a_field(tmp_path: Path) -> None:
    wider = "cites: [alpha-3]\n    extrapolates: {studies: [beta-2], fields: [cmett], says: Assumed.}"
    lines = problems(tmp_path, alpha=swapped(ALPHA, "cites: [alpha-3]", wider))
    assert any("unknown-study: no cited study 'beta-2' in alpha-first" in line for line in lines)
    assert any("unknown-field: no field 'cmett'; did you mean 'cmet'" in line for line in lines)


def test_a_field_of_its_own_is_read_in_conditions(tmp_path: Path) -> None:
    (tmp_path / "fields.yaml").write_text(
        "fields:\n  - {name: grade, title: Grade, kind: integer, nature: test, help: Tumour grade., low: 1, high: 4}\n"
    )
    beta = swapped(BETA, 'afp: "> 400"', 'grade: ">= 3"')
    ruleset = load_ruleset(write_ruleset(tmp_path, beta=beta, card=f"{CARD}fields: [grade, bclc_stage]\n"))
    assert "grade" in ruleset.fields and "grade" in ruleset.used_fields
    assert "afp" not in ruleset.used_fields
    lines = problems(tmp_path, beta=swapped(BETA, 'afp: "> 400"', 'grade: ">= 7"'), card=CARD)
    assert any("grade is held against 7; allowed: 1 to 4" in line for line in lines)


def test_concepts_and_used_fields_are_at_hand(ruleset: Ruleset) -> None:
    assert set(ruleset.concept_conditions) == set(ruleset.concepts)
    assert [*ruleset.used_fields] == [name for name in ruleset.fields if name in ruleset.used_fields]
    assert "region" in ruleset.used_fields


@pytest.mark.parametrize("mark", ["\u200e", "\u200f", "\u061c", "\ufeff", "\u202e"])
def test_marks_that_turn_text_around_are_refused(tmp_path: Path, mark: str) -> None:
    lines = problems(tmp_path, alpha=swapped(ALPHA, "Alpha lived longer.", f"Alpha {mark}lived longer."))
    assert any(f"holds the control character U+{ord(mark):04X}" in line for line in lines)


def test_the_lines_of_an_omission_are_lines(tmp_path: Path) -> None:
    (tmp_path / "omissions").mkdir()
    (tmp_path / "omissions" / "a.yaml").write_text('omissions:\n  - {lines: yes, numbers: ["1"], reason: a word}\n')
    assert any("omissions/a.yaml:2:13: lines: 'yes' names no lines" in line for line in problems(tmp_path))


def test_dot_files_are_nobodys_business(tmp_path: Path) -> None:
    folder = write_ruleset(tmp_path)
    (folder / ".pre-commit-config.yaml").write_text("repos: []")
    (folder / "therapies" / ".#alpha.yaml").write_text("half written")
    assert load_ruleset(folder).card.id == "tiny"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rules", "when", "expected"),
    [
        (MAX_RULES + 1, "{cmet: high}", f"too-many: more than {MAX_RULES} rules"),
        (700, "{afp: [%s]}" % ", ".join(map(str, range(90))), f"too-many: more than {MAX_TESTS} single conditions"),  # noqa: UP031
        (2, "{any: [%s]}" % ", ".join(f"{{afp: {n}}}" for n in range(1001)), "afp is held against more than 1000 different numbers"),  # noqa: UP031
    ],
)  # fmt: skip
def test_what_would_take_minutes_is_refused_with_what_is_too_much(tmp_path: Path, rules: int, when: str, expected: str) -> None:
    head, rule = BETA.split("rules:\n")
    rule = rule.replace('{prior_sorafenib: [progressed, intolerant], afp: "> 400"}', when)
    per_file = 300
    names = [f"b{number}" for number in range(0, rules, per_file)]
    for name in names:
        body = "".join(rule.replace("beta-high-afp", f"{name}-{i}") for i in range(min(per_file, rules)))
        text = (
            head.replace("therapy: beta", f"therapy: {name}").replace("beta-2", f"{name}-study")
            + "rules:\n"
            + body.replace("beta-2", f"{name}-study")
        )
        (tmp_path / "therapies").mkdir(exist_ok=True)
        (tmp_path / "therapies" / f"{name}.yaml").write_text(text)
    card = swapped(CARD, "[alpha, beta]", f"[alpha, beta, {', '.join(names)}]")
    lines = problems(tmp_path, card=card, concepts=CONCEPTS)
    assert len(lines) == 1
    assert expected in lines[0]


def test_a_condition_names_each_word_once_and_in_the_order_of_the_field(ruleset: Ruleset) -> None:
    tests = [leaf for rule in ruleset.rules.values() for leaf in leaves(rule.when) if isinstance(leaf, Test)]
    tests += [leaf for concept in ruleset.concepts.values() for leaf in leaves(concept.when) if isinstance(leaf, Test)]
    assert all(len(set(test.operands)) == len(test.operands) for test in tests)
    assert Test("prior_sorafenib", "in", ("none", "refused")) in tests
