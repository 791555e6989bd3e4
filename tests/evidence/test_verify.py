"""Verification, on a tiny text that every test breaks in one place, and on the shipped ruleset where its source is at hand."""

from __future__ import annotations

import json
import random
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.cli.main import run
from hepatica.knowledge import gather, load_files
from hepatica.knowledge.figures import digits, tokens, values
from hepatica.knowledge.traceability import Verification, claims, own_records, read_text, verify_figures
from hepatica.problems import InvalidInput
from tests.conftest import ROOT
from tests.evidence import synthetic
from tests.evidence.synthetic import ALPHA, BETA, OMISSIONS, TEXT


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic.write(tmp_path_factory.mktemp("tiny"))


def _verified(root: Path, text: Path) -> Verification:
    files = gather(root)
    return verify_figures(load_files(files), files, read_text(text.read_bytes(), text.name), text.name)


def _findings(folder: Path, **changed: str) -> list[tuple[str, str]]:
    root = synthetic.write(folder, **changed)
    return [(problem.code, problem.message) for problem in _verified(root, folder / "text.txt").findings]


def _changed(whole: str, old: str, new: str) -> str:
    assert whole.count(old) == 1, old
    return whole.replace(old, new)


def test_a_ruleset_true_to_its_text_has_no_finding_and_accounts_for_every_number(tmp_path: Path) -> None:
    found = _verified(synthetic.write(tmp_path), tmp_path / "text.txt")
    assert found.findings == ()
    assert (found.total.missing, found.total.left_out) == (0, 1)
    assert found.total.found == found.total.figures > 15
    assert [part.title for part in found.sections] == ["Alpha", "Beta"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("alpha: 9.2, placebo: 7.6}\n        hr", "alpha: 9.3, placebo: 7.6}\n        hr", "arms alpha: 9.3"),
        ("hr: 0.8\n", "hr: 0.85\n", "hr: 0.85"),
        ("ci: [0.7, 0.91]", "ci: [0.7, 0.92]", "ci: 0.92"),
        ('p: "< 0.001"', 'p: "< 0.002"', "p: 0.002"),
        ("dose: 40 mg", "dose: 45 mg", "alpha, dose: 45"),
        ("n: 120", "n: 121", "n: 121"),
        ("alpha: fifty-one", "alpha: fifty-two", "arms alpha: 52"),
        ("percent: 5, grade", "percent: 6, grade", "rash, percent: 6"),
        ('grade: "3"', 'grade: "4"', "rash, grade: 4"),
        ('value: "2:1"', 'value: "3:1"', "ratio, value: 3"),
        ("lines: 1-6, refs: [1]", "lines: 1-6, refs: [7]", "reference: 7"),
        ("at: 12 mo", "at: 24 mo", "at: 24"),
    ],
)
def test_a_wrong_figure_is_found(tmp_path: Path, old: str, new: str, told: str) -> None:
    findings = _findings(tmp_path, alpha=_changed(ALPHA, old, new))
    assert any(code == "figure-not-printed" and told in message for code, message in findings), findings


def test_a_wrong_line_is_found_and_the_right_one_named(tmp_path: Path) -> None:
    findings = _findings(
        tmp_path,
        alpha=_changed(ALPHA, "unit: n, arms: {alpha: fifty-one}, lines: 4", "unit: n, arms: {alpha: fifty-one}, lines: 2"),
    )
    assert ("figure-not-printed", "alpha-3/responders, arms alpha: 51 is not at line 2; it stands at line 4") in findings


def test_a_line_past_the_end_is_found(tmp_path: Path) -> None:
    findings = _findings(tmp_path, beta=_changed(BETA, "arms: {beta: 13}, lines: 8", "arms: {beta: 13}, lines: 80"))
    assert ("no-such-line", "beta-2/rr, arms beta: the text has 9 lines") in findings


def test_a_finding_names_the_line_of_the_record(tmp_path: Path) -> None:
    root = synthetic.write(tmp_path, alpha=_changed(ALPHA, "hr: 0.8\n", "hr: 0.85\n"))
    (problem,) = [p for p in _verified(root, tmp_path / "text.txt").findings if "hr" in p.message]
    assert problem.file == str(root / "therapies" / "alpha.yaml")
    assert ALPHA.splitlines()[problem.line - 1].strip() == "hr: 0.8"


def test_a_printed_number_that_nothing_records_is_found_at_its_place(tmp_path: Path) -> None:
    synthetic.write(tmp_path, text=TEXT.replace("Beta (NCT", "Beta at 17 sites (NCT"))
    (problem,) = _verified(tmp_path / "tiny", tmp_path / "text.txt").findings
    assert (problem.file, problem.line, problem.column, problem.code) == ("text.txt", 8, 9, "number-not-recorded")


def test_one_record_does_not_answer_for_two_printed_numbers(tmp_path: Path) -> None:
    findings = _findings(tmp_path, alpha=_changed(ALPHA, "      - {event: fever, percent: 5, arm: alpha, lines: 5}\n", ""))
    assert [code for code, _ in findings] == ["number-not-recorded"]


def test_a_sign_that_is_not_printed_is_found(tmp_path: Path) -> None:
    findings = _findings(tmp_path, text=TEXT.replace("P < 0.001", "P = 0.001"))
    assert [code for code, _ in findings] == ["sign-not-printed"]


def test_an_abbreviation_is_looked_for_as_well(tmp_path: Path) -> None:
    findings = _findings(tmp_path, text=TEXT.replace("(NR)", ""))
    assert findings == [("figure-not-printed", "alpha-3/rr-placebo, arms placebo: NR is not at line 6")]


def test_an_omission_of_what_is_not_there_is_found(tmp_path: Path) -> None:
    findings = _findings(tmp_path, omissions=OMISSIONS + '  - {lines: 1, numbers: ["8"], reason: none}\n')
    assert findings == [("idle-omission", "'8' is left out at line 1, which does not print it")]


def test_a_number_in_a_sentence_that_nothing_bears_out_is_found(tmp_path: Path) -> None:
    findings = _findings(tmp_path, alpha=_changed(ALPHA, "says: Survival 9.2 v 7.6 months.", "says: Survival 9.2 v 6.7 months."))
    assert [code for code, _ in findings] == ["number-without-record"]


def test_what_a_discrepancy_says_is_printed_must_stand_at_its_lines(tmp_path: Path) -> None:
    findings = _findings(tmp_path, alpha=_changed(ALPHA, "prints: HR 0.80,", "prints: HR 0.08,"))
    assert findings == [
        ("number-without-record", "alpha-os: 0.08 is in no record it rests on, nor at its lines: 'HR 0.08'"),
    ]


def test_a_corrected_figure_need_not_be_printed(tmp_path: Path) -> None:
    assert _findings(tmp_path, alpha=_changed(ALPHA, "hr: 0.81, says", "hr: 0.83, says")) == []


def test_an_omission_of_a_vast_range_is_bounded_by_the_text(tmp_path: Path) -> None:
    findings = _findings(tmp_path, omissions=OMISSIONS + '  - {lines: 3-999999, numbers: ["95"], reason: none}\n')
    assert ("idle-omission", "'95' is left out at line 999999, which does not print it") in findings
    assert len(findings) < 10


def test_every_single_record_of_the_tiny_ruleset_is_needed(tmp_path: Path) -> None:
    """Each record taken away alone leaves a printed number unaccounted for."""
    for index, line in enumerate(ALPHA.splitlines()):
        if line.startswith("      - {") and line.endswith("}"):
            shorter = [other for place, other in enumerate(ALPHA.splitlines()) if place != index]
            findings = _findings(tmp_path, alpha="\n".join(shorter) + "\n")
            expected = set() if any(word in line for word in ("NR", "count: 0")) else {"number-not-recorded"}
            assert {code for code, _ in findings} == expected, line


@pytest.mark.slow
@given(st.text(max_size=300))
def test_no_text_breaks_verification(tiny: Path, text: str) -> None:
    files = gather(tiny)
    found = verify_figures(load_files(files), files, read_text(text.encode("utf-8", "replace"), "text.txt"), "text.txt")
    assert found.total.recorded + found.total.left_out + found.total.missing == found.total.numbers
    assert found.findings


@pytest.mark.parametrize("text", [b"\xff\xfe\x00", b"x" * 1_048_577])
def test_a_text_that_cannot_be_read_is_refused_with_a_reason(text: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_text(text, "review.txt")


def test_numbers_are_read_as_digits_words_and_references() -> None:
    found = tokens(["HR 0.80 in Fifty-one[9-12]", "patients, one < 7.2%"])
    assert [(str(t.value), t.line, t.reference) for t in found] == [
        ("0.80", 1, False),
        ("51", 1, False),
        ("9", 1, True),
        ("10", 1, True),
        ("11", 1, True),
        ("12", 1, True),
        ("1", 2, False),
        ("7.2", 2, False),
    ]
    assert [str(value) for value in values("< 7.2")] == ["7.2"]
    assert digits("FOLFOX4 gave 8.15 % (lines 640-641), two of 371.") == ("8.15", "371")


def test_the_command_exits_with_0_1_and_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root, text = synthetic.write(tmp_path), tmp_path / "text.txt"
    assert run(["evidence", "verify", str(text), "--ruleset", str(root)]) == 0
    assert "Every one of the" in capsys.readouterr().out
    text.write_text(TEXT.replace("9.2 mo", "9.4 mo"), encoding="utf-8")
    assert run(["evidence", "verify", str(text), "--ruleset", str(root), "--format", "json"]) == 1
    told = capsys.readouterr().out
    assert not json.loads(told)["verified"]
    assert "figure-not-printed" in told and "number-not-recorded" in told
    assert run(["evidence", "verify", str(tmp_path / "absent.txt"), "--ruleset", str(root)]) == 2
    assert "absent.txt:1:1: unreadable: no such file" in capsys.readouterr().err


@pytest.mark.slow
def test_any_figure_of_the_shipped_ruleset_is_noticed_when_it_changes(shared: Path, tmp_path: Path) -> None:
    root = tmp_path / "hcc-2016"
    shutil.copytree(ROOT / "rulesets" / "hcc-2016", root)
    files = gather(root)
    numbered = [c for c in claims(own_records(files)) if values(c.figure) and not c.references and "dose" not in c.what]
    for claim in random.Random(2016).sample([c for c in numbered if "/therapies/" in c.place.origin], 12):
        path = Path(claim.place.origin)
        before = path.read_text(encoding="utf-8")
        lines = before.splitlines(keepends=True)
        start = claim.place.column - 1
        head, tail = lines[claim.place.line - 1][:start], lines[claim.place.line - 1][start:]
        lines[claim.place.line - 1] = head + re.sub(
            r"\d+(\.\d+)?|four|one|two|three|thirteen", "98765", tail, count=1, flags=re.IGNORECASE
        )
        path.write_text("".join(lines), encoding="utf-8")
        try:
            codes = {p.code for p in _verified(root, shared / "review" / "review.txt").findings}
            assert codes & {"figure-not-printed", "number-without-record"}, claim
        except InvalidInput:
            pass
        finally:
            path.write_text(before, encoding="utf-8")


def test_every_figure_of_the_shipped_ruleset_is_printed_and_every_printed_number_is_accounted_for(shared: Path) -> None:
    found = _verified(ROOT / "rulesets" / "hcc-2016", shared / "review" / "review.txt")
    assert [str(problem) for problem in found.findings] == []
    assert found.total.missing == 0
    assert found.total.found == found.total.figures > 700
