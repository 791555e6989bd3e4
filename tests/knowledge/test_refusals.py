"""What a ruleset may not promise, print, name or hold; and that refusing it is quick and says only what is true."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hepatica.knowledge import cache, figures, load_ruleset
from hepatica.knowledge.validation import MAX_CONCEPT_DEPTH, MAX_CONCEPTS
from hepatica.problems import InvalidInput
from tests.knowledge.refusing import problems, swapped
from tests.making import ALPHA, BETA, CARD, CONCEPTS, write_ruleset

TEXTS = {"card": CARD, "concepts": CONCEPTS, "alpha": ALPHA, "beta": BETA}
DISCREPANCY = "{id: d1, lines: 3, prints: a, correction: b, basis: reading, confidence: high, severity: low, kind: misprint}"
RESULT = "p: 0.01, lines: 3}"


def corrected(parts: str) -> str:
    text = swapped(ALPHA, RESULT, f"p: 0.01, lines: 3, corrected: {{basis: reading, discrepancy: d1, {parts}}}}}")
    return swapped(text, "rules:\n", f"    discrepancies: [{DISCREPANCY}]\nrules:\n")


def with_toxicity(parts: str) -> str:
    return swapped(ALPHA, "rules:\n", f"    toxicity: [{{event: rash, lines: 3, {parts}}}]\nrules:\n")


@pytest.mark.parametrize("standing", ["standard", "positive_phase_3"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("status: completed", "status: planned"),
        ("status: completed", "status: ongoing"),
        ("randomised_controlled_trial", "case_report"),
        ("randomised_controlled_trial", "trial_in_progress"),
    ],
)
def test_only_a_finished_randomised_trial_makes_a_phase_3_standing(tmp_path: Path, standing: str, old: str, new: str) -> None:
    alpha = swapped(swapped(ALPHA, "standing: standard", f"standing: {standing}"), old, new)
    expected = f"therapies/alpha.yaml:24:15: standing: {standing} needs a finished, randomised phase III trial"
    assert any(line.startswith(expected) for line in problems(tmp_path, alpha=alpha))


@pytest.mark.parametrize(
    ("part", "old", "new", "expected"),
    [
        ("alpha", "hr: 0.8, ci", "hr: nan, ci", "alpha.yaml:19:80: wrong-type: studies.0.results.0.hr is a number, not 'nan'"),
        ("alpha", "ci: [0.7, 0.9]", "ci: [0.7, inf]", "alpha.yaml:19:95: wrong-type: studies.0.results.0.ci.1 is a number, not 'inf'"),
        ("alpha", "status: completed", "status: completed\n    n: -5", "alpha.yaml:12:8: figure: alpha-3: -5 is no number of patients"),
        ("alpha", "status: completed", "status: completed\n    n_planned: -5", "alpha.yaml:12:16: figure: alpha-3: -5 is no number of patients"),
        ("alpha", "{id: placebo, n: 10", "{id: placebo, n: -1", "figure: alpha-3: -1 is no number of patients"),
        ("alpha", RESULT, "p: 0.01, lines: 3, n: -2}", "figure: alpha-3: -2 is no number of patients"),
        ("alpha", "{id: placebo, n: 10", "{id: alpha, n: 10", "alpha.yaml:17:47: duplicate-id: 'alpha' is given twice in the arms of alpha-3"),
        ("alpha", RESULT, f"{RESULT}\n      - {{id: os, endpoint: OS, lines: 3}}", "alpha.yaml:20:14: duplicate-id: 'os' is given twice in the results"),
        ("alpha", "cites: [alpha-3]", "cites: [alpha-3, alpha-3]", "alpha.yaml:26:22: duplicate-id: 'alpha-3' is given twice in the cites of alpha-first"),
        ("alpha", "name: Alpha\n", 'name: ""\n', "alpha.yaml:2:7: empty-text: name is empty"),
        ("alpha", "about: Made for tests.", 'about: " "', "alpha.yaml:4:8: empty-text: about is empty"),
        ("alpha", "says: Alpha lived longer.", 'says: ""', "alpha.yaml:22:11: empty-text: says is empty"),
        ("alpha", "summary: Longer survival.", 'summary: ""', "alpha.yaml:13:14: empty-text: summary is empty"),
        ("alpha", "about: Made for tests.", 'about: "Made \\e[31mred"', "alpha.yaml:4:8: control-character: 'Made \ufffd[31mred' holds the control character U+001B"),
        ("alpha", "about: Made for tests.", 'about: "a\\tb"', "holds the control character U+0009"),
        ("alpha", "about: Made for tests.", 'about: "a\\u202Eb"', "holds the control character U+202E"),
        ("alpha", "lines: 1-9}", 'lines: 1-9, "se\\eX": 1}', "control-character: 'se\ufffdX' holds a control character"),
        ("alpha", "name: Alpha\n", 'name: "Al\\npha"\n', "alpha.yaml:2:7: line-break: name is one line"),
        ("card", "title: A ruleset for tests", 'title: "A\\nB"', "ruleset.yaml:3:8: line-break: title is one line"),
        ("alpha", "phase: III", 'phase: III\n    nct: "NCT\\n1"', "line-break: nct is one line"),
        ("card", "as_of: 2016-08", "as_of: 2016-99", "ruleset.yaml:4:8: date: '2016-99' is no date"),
        ("card", "as_of: 2016-08", "as_of: 2016-02-30", "date: '2016-02-30' is no date"),
        ("concepts", "id: untreated", "id: cmet", "concepts.yaml:3:10: reserved-id: 'cmet' already has a meaning"),
        ("concepts", "id: untreated", "id: any", "concepts.yaml:3:10: reserved-id: 'any' already has a meaning"),
        ("concepts", "id: untreated", "id: not", "reserved-id: 'not' already has a meaning"),
        ("beta", '"> 400"', '"> 0.0000001"', "out-of-range: afp is held against '> 0.0000001'; values are kept to 6 decimals"),
        ("beta", '"> 400"', "400.0000001", "out-of-range: afp is held against '400.0000001'"),
        ("card", "scope: {", 'extends: "a\\0b"\nscope: {', "ruleset.yaml:6:10: extends: 'a\ufffdb' cannot be a folder"),
        ("card", "scope: {", f"extends: {'a' * 400}\nscope: {{", "ruleset.yaml:6:10: extends: 'aaaa"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_at_its_place(tmp_path: Path, part: str, old: str, new: str, expected: str) -> None:
    lines = problems(tmp_path, **{part: swapped(TEXTS[part], old, new)})
    assert any(expected in line for line in lines), lines


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ("percent: 150", "toxicity 150 of rash is no percentage"),
        ("percent: -1", "-1 of rash is no percentage"),
        ("percent: 15, corrected_percent: 115", "115 of rash is no percentage"),
        ("count: -3", "-3 is no number of patients"),
        ("percent: 15, arm: alhpa", "unknown-arm: no arm 'alhpa' in alpha-3; did you mean 'alpha'?"),
        ("percent: 15, discrepancy: d9", "unknown-discrepancy: no discrepancy 'd9' in alpha-3"),
    ],
)
def test_toxicity_is_possible_and_names_what_there_is(tmp_path: Path, parts: str, expected: str) -> None:
    lines = problems(tmp_path, alpha=with_toxicity(parts))
    assert len(lines) == 1
    assert lines[0].startswith("therapies/alpha.yaml:20:")
    assert expected.removeprefix("toxicity ") in lines[0]


def test_toxicity_that_is_possible_loads(tmp_path: Path) -> None:
    folder = write_ruleset(tmp_path, alpha=with_toxicity("percent: 100, count: 0, arm: placebo"))
    assert load_ruleset(folder).studies["alpha-3"].toxicity[0].arm == "placebo"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ("hr: 0.6", "as corrected, the interval 0.7 to 0.9 excludes its estimate 0.6"),
        ("hr: 0.6, ci: [0.65, 0.7]", "as corrected, the interval 0.65 to 0.7 excludes its estimate 0.6"),
        ("ci: [0.9, 0.7]", "as corrected, the interval 0.9 to 0.7 is upside down"),
        ("p: 7", "as corrected, 7.0 is no probability"),
        ("arms: {alfa: 9}", "unknown-arm: no arm 'alfa'"),
    ],
)
def test_a_correction_may_not_contradict_itself(tmp_path: Path, parts: str, expected: str) -> None:
    lines = problems(tmp_path, alpha=corrected(parts))
    assert any(line.startswith("therapies/alpha.yaml:19:") and expected in line for line in lines), lines


def test_a_correction_of_one_half_of_a_contradiction_loads(tmp_path: Path) -> None:
    alpha = swapped(corrected("hr: 0.6"), "ci: [0.7, 0.9]", "ci: [0.9, 0.7]").replace(
        "kind: misprint}", "kind: misprint, affects: [os]}"
    )
    assert load_ruleset(write_ruleset(tmp_path, alpha=alpha)).studies["alpha-3"].results[0].hr == 0.8


@pytest.mark.parametrize(
    ("regimen", "expected"),
    [
        ("study: alpha-4", "alpha.yaml:20:39: unknown-study: no study 'alpha-4'; did you mean 'alpha-3'?"),
        ("discrepancy: d9", "alpha.yaml:20:45: unknown-discrepancy: no discrepancy 'd9' in alpha"),
        ("study: beta-2, discrepancy: d9", "unknown-discrepancy: no discrepancy 'd9' in alpha"),
    ],
)
def test_a_regimen_names_what_there_is(tmp_path: Path, regimen: str, expected: str) -> None:
    alpha = swapped(ALPHA, "rules:\n", f"regimens: [{{says: x, lines: 3, {regimen}}}]\nrules:\n")
    assert any(expected in line for line in problems(tmp_path, alpha=alpha))


def test_a_concept_that_rests_on_too_many_levels_is_refused_where_it_begins(tmp_path: Path) -> None:
    chain = "  - {id: c1, says: x, when: {cmet: high}}\n"
    chain += "".join(f"  - {{id: c{n}, says: x, when: {{c{n - 1}: yes}}}}\n" for n in range(2, MAX_CONCEPT_DEPTH + 1))
    assert "c12" in load_ruleset(write_ruleset(tmp_path / "deep", concepts=CONCEPTS + chain)).concepts
    more = "".join(f"  - {{id: c{n}, says: x, when: {{c{n - 1}: yes}}}}\n" for n in (13, 14))
    lines = problems(tmp_path / "deeper", concepts=CONCEPTS + chain + more)
    assert len(lines) == 1
    assert lines[0].startswith("concepts.yaml:16:") and "too-deep: 'c13' rests on concepts more than 12 levels deep" in lines[0]


def test_too_many_concepts_are_refused(tmp_path: Path) -> None:
    chain = "".join(f"  - {{id: c{n}, says: x, when: {{c{max(n - 1, 0)}: yes}}}}\n" for n in range(900))
    assert problems(tmp_path, concepts=CONCEPTS + chain) == [
        f"concepts.yaml:{MAX_CONCEPTS + 2}:5: too-many: more than {MAX_CONCEPTS} concepts (902)"
    ]


def test_concepts_that_cannot_be_read_make_no_false_errors(tmp_path: Path) -> None:
    lines = problems(tmp_path, concepts="concepts:\n  - {id: [\n", alpha=swapped(ALPHA, "p: 0.01", "p: 4"))
    assert [line.split(": ")[1] for line in lines] == ["yaml-syntax", "figure"]
    wrong = problems(
        tmp_path, concepts="concepts:\n  - {id: [\n", beta=swapped(BETA, 'afp: "> 400"', 'ecogg: "> 1"'), alpha=ALPHA
    )
    assert any("unknown field or concept 'ecogg'; did you mean 'ecog'?" in line for line in wrong)


def test_a_therapy_that_cannot_be_read_makes_no_false_errors(tmp_path: Path) -> None:
    beta = swapped(BETA, "cites: [beta-2]", "cites: [beta-2, alpha-3]")
    lines = problems(tmp_path, alpha="therapy: [\n", beta=beta)
    assert [line.split(": ")[1] for line in lines] == ["yaml-syntax"]


def test_sizes_are_looked_at_before_anything_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_ruleset(tmp_path)
    (folder / "notes").mkdir()
    for number in range(10):
        with (folder / "notes" / f"n{number}.yaml").open("wb") as stream:
            stream.truncate(1_000_000)
    monkeypatch.setattr(cache, "read_bytes", lambda path, shown: pytest.fail(f"{shown} was read"))
    with pytest.raises(InvalidInput, match="too-large: more than 400 files or 8388608 bytes"):
        cache.collect(folder)


def test_a_large_tree_around_a_ruleset_is_not_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_ruleset(tmp_path)
    deep = folder / "a" / "b" / "c" / "d"
    deep.mkdir(parents=True)
    (deep / "far.yaml").write_text("x: 1")
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "x.yaml").write_text("x: 1")
    assert "therapies/alpha.yaml" in cache.collect(folder).contents
    (folder / "a" / "b" / "near.yaml").write_text("x: 1")
    with pytest.raises(InvalidInput, match=r"a/b/near.yaml:1:1: misplaced-file"):
        cache.collect(folder)
    monkeypatch.setattr(cache, "MAX_LOOKED_AT", 5)
    with pytest.raises(InvalidInput, match="too-large: more than 5 files and folders"):
        cache.collect(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_among_the_files_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    folder = write_ruleset(tmp_path)
    os.mkfifo(folder / "therapies" / "gamma.yaml")
    with pytest.raises(InvalidInput, match=r"gamma.yaml:1:1: unreadable: no regular file"):
        load_ruleset(folder)


def test_thousands_of_results_are_checked_in_one_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "".join(
        f'      - {{id: r{n}, endpoint: {"DCR" if n % 2 else "RR"}, unit: "%", arms: {{beta: {20 if n % 2 else 10}}}, lines: 12}}\n'
        for n in range(3000)
    )
    folder = write_ruleset(tmp_path, beta=swapped(BETA, "rules:\n", f"{lines}rules:\n"))
    study = load_ruleset(folder).studies["beta-2"]
    looked_at: list[float] = []

    def counting(figure: float) -> float:
        looked_at.append(figure)
        return figure

    monkeypatch.setattr(figures, "number", counting)
    assert list(figures.response_above_control(study, ())) == []
    assert 3000 <= len(looked_at) <= 2 * len(study.results)


def test_a_response_is_held_against_the_lowest_control_that_nothing_explains(tmp_path: Path) -> None:
    results = "".join(
        f'      - {{id: dcr{value}, endpoint: DCR, unit: "%", arms: {{beta: {value}}}, lines: 12}}\n' for value in (8, 10, 40)
    )
    explained = f"    discrepancies: [{DISCREPANCY.removesuffix('}')}, affects: [dcr8]}}]\n"
    lines = problems(tmp_path, beta=swapped(BETA, "rules:\n", f"{results}{explained}rules:\n"))
    assert len(lines) == 1
    assert "beta-2/rr: response above disease control (dcr10)" in lines[0]
