"""A cohort's summary against answers given one by one; small numbers hidden; two rulesets beside each other."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hepatica
from hepatica.cohort import CohortDiff, CohortSummary
from hepatica.cohort.summary import hidden
from hepatica.knowledge import RANK
from hepatica.notice import NOTICE
from hepatica.report import schema
from tests.cohort.tables import cohort, csv_of, table
from tests.conftest import slow

Capture = pytest.CaptureFixture[str]
FIELDS = ("bclc_stage", "child_pugh_class", "prior_sorafenib", "other_prior_systemic", "afp", "region", "locoregional_suitable")
WORDS: dict[str, tuple[str, ...]] = {
    "bclc_stage": ("", "B", "C", "D"),
    "child_pugh_class": ("", "A", "B", "C"),
    "prior_sorafenib": ("", "none", "progressed"),
    "other_prior_systemic": ("", "none"),
    "afp": ("", "100", "> 400"),
    "region": ("", "japan", "europe"),
    "locoregional_suitable": ("", "yes", "no"),
}


def rows(number: int) -> list[tuple[str, ...]]:
    """Patients of every kind, the same in every run."""
    return [
        tuple(WORDS[name][(place * step) % 7919 % len(WORDS[name])] for step, name in enumerate(FIELDS, 5))
        for place in range(number)
    ]


@pytest.fixture(scope="module")
def patients(tmp_path_factory: pytest.TempPathFactory) -> str:
    return table(
        tmp_path_factory.mktemp("cohort"),
        csv_of([("id", *FIELDS), *((str(number), *row) for number, row in enumerate(rows(120)))]),
    )


def summary(capfd: Capture, *arguments: str) -> dict[str, Any]:
    code, out, err = cohort(capfd, *arguments, "--format", "json")
    assert code in (0, 1) and err == ""
    found: dict[str, Any] = json.loads(out)
    return found


def answers(ruleset: str) -> list[Any]:
    loaded = hepatica.load(ruleset)
    return [hepatica.evaluate(loaded, dict(zip(FIELDS, row, strict=True))) for row in rows(120)]


@pytest.mark.parametrize("ruleset", ["hcc-2016", slow("hcc-2026")])
def test_the_summary_counts_what_each_patient_would_be_told(patients: str, capfd: Capture, ruleset: str) -> None:
    found, every = summary(capfd, patients, "-r", ruleset), answers(ruleset)
    assert {one["key"]: one["rows"] for one in found["scope"]} == {
        scope: sum(answer.scope == scope for answer in every) for scope in ("in", "out", "unknown")
    }
    inside = [answer for answer in every if answer.scope != "out"]
    for therapy in found["therapies"]:
        counted = Counter(answer.entry(therapy["therapy"])[0] for answer in inside)
        assert {name: rows for name, rows in therapy["lists"].items() if rows} == dict(counted)
    best = Counter(min((entry.standing for entry in answer.options), key=RANK.__getitem__, default="") for answer in inside)
    shown: Counter[str] = Counter()
    for one in found["strongest"]:
        shown[one["standing"]] += one["rows"]
    assert {name: rows for name, rows in shown.items() if rows} == dict(best)
    assert sum(one["rows"] for one in found["out_of_scope"]) == len(every) - len(inside)


def test_what_would_settle_most_is_worked_out_over_every_result(patients: str, capfd: Capture) -> None:
    found = {one["field"]: one for one in summary(capfd, patients)["missing"]}
    loaded = hepatica.load("hcc-2016")

    def still_open(facts: dict[str, Any]) -> int:
        answer = hepatica.evaluate(loaded, facts)
        return 0 if answer.scope == "out" else len(answer.possible)

    every = [dict(zip(FIELDS, row, strict=True)) for row in rows(120)]
    assert found["prior_sorafenib"]["unknown"] == sum(not row["prior_sorafenib"] for row in every)
    blocks = settles = verdicts = 0
    for row in every:
        now = 0 if row["prior_sorafenib"] else still_open(row)
        if now:
            left = [still_open({**row, "prior_sorafenib": value}) for value in ("none", "progressed", "intolerant", "refused")]
            blocks, settles, verdicts = blocks + (min(left) < now), settles + (max(left) == 0), verdicts + max(now - max(left), 0)
    assert (found["prior_sorafenib"]["blocks"], found["prior_sorafenib"]["settles"]) == (blocks, settles)
    assert found["prior_sorafenib"]["verdicts"] == verdicts


@pytest.mark.parametrize("kind", ["text", "markdown", "html"])
def test_every_format_carries_the_counts_the_notice_and_the_picture_in_words(patients: str, capfd: Capture, kind: str) -> None:
    code, out, _ = cohort(capfd, patients, "--format", kind)
    said = " ".join(out.replace("> ", "").split())
    assert code == 0 and NOTICE in said
    assert "Bars: " in said and "Sorafenib" in said
    assert ("<svg" in out) == (kind == "html")


def test_the_report_is_written_beside_the_table_in_one_run(patients: str, tmp_path: Path, capfd: Capture) -> None:
    target, report = tmp_path / "answers.parquet", tmp_path / "report.html"
    code, out, err = cohort(capfd, patients, "-o", str(target), "--report", str(report))
    assert (code, out) == (0, "") and "120 rows: 120 answered, 0 rejected" in err
    assert "<svg" in report.read_text(encoding="utf-8")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["answers.parquet", "answers.rejects.csv", "report.html"]


def numbers(value: Any) -> Iterator[Any]:
    """Every number of rows in a summary."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in (
                "rows",
                "answered",
                "rejected",
                "folded",
                "unknown",
                "blocks",
                "settles",
                "verdicts",
                "examined",
                "changed",
            ):
                yield from numbers(inner) if isinstance(inner, dict) else [inner]
            elif key == "lists":
                yield from inner.values()
            else:
                yield from numbers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from numbers(inner)


@pytest.mark.parametrize("least", [5, 20])
@pytest.mark.parametrize("diff", [(), slow(("--diff", "hcc-2016", "hcc-2026"))])
def test_no_small_number_is_shown_nor_can_be_worked_out(patients: str, capfd: Capture, least: int, diff: tuple[str, ...]) -> None:
    found = summary(capfd, patients, *diff, "--suppress-below", str(least))
    assert found["suppress_below"] == least
    assert not [number for number in numbers(found) if number is not None and 0 < number < least]
    for part in [[one["rows"] for one in found[name]] for name in ("scope", "strongest") if name in found]:
        assert part.count(None) != 1
    code, out, _ = cohort(capfd, patients, *diff, "--suppress-below", str(least))
    assert f"Numbers below {least} are hidden" in " ".join(out.split()) and code == bool(diff)


@given(st.lists(st.integers(0, 40), max_size=8), st.integers(2, 10))
def test_one_hidden_part_hides_another(counts: list[int], least: int) -> None:
    shown = hidden(counts, least)
    assert all(number is None or number == 0 or number >= least for number in shown)
    assert all(number in (None, count) for number, count in zip(shown, counts, strict=True))
    secret = [count for number, count in zip(shown, counts, strict=True) if number is None]
    # Alone it would be the rest of the whole; where nothing else is there, it is the whole.
    assert len(secret) != 1 or sum(counts) == secret[0]


def test_examples_of_rejected_cells_are_hidden_with_small_numbers(tmp_path: Path, capfd: Capture) -> None:
    source = table(tmp_path, csv_of([("bclc_stage",), ("Mrs Smith",), *[("C",)] * 9]))
    assert summary(capfd, source)["rejects"][0]["example"] == "Mrs Smith"
    found = json.dumps(summary(capfd, source, "--suppress-below", "5"))
    assert "Smith" not in found


@pytest.mark.slow
def test_two_rulesets_differ_in_the_rows_in_which_the_answers_do(patients: str, capfd: Capture, tmp_path: Path) -> None:
    old, new = answers("hcc-2016"), answers("hcc-2026")
    known = set(hepatica.load("hcc-2016").therapies) & set(hepatica.load("hcc-2026").therapies)

    def told(answer: Any) -> Any:
        strongest = "" if answer.scope == "out" else min((e.standing for e in answer.options), key=RANK.__getitem__, default="")
        return answer.scope, strongest, {name: answer.entry(name)[0] for name in known}

    changed = [told(a) != told(b) for a, b in zip(old, new, strict=True)]
    found = summary(capfd, patients, "--diff", "hcc-2016", "hcc-2026")
    assert found["changed"] == sum(changed)
    turns = {(one["therapy"], one["old"], one["new"]): one["rows"] for one in found["therapies"] if one["therapy"] in known}
    counted = Counter((name, a.entry(name)[0], b.entry(name)[0]) for a, b in zip(old, new, strict=True) for name in known)
    assert turns == {turn: number for turn, number in counted.items() if turn[1] != turn[2]}
    from tests.cohort.tables import read_csv

    assert cohort(capfd, patients, "--diff", "hcc-2016", "hcc-2026", "-o", str(tmp_path / "d.csv"))[0] == 1
    assert [row["changed"] for row in read_csv(tmp_path / "d.csv")] == ["true" if one else "false" for one in changed]


def test_a_ruleset_beside_itself_changes_nothing(patients: str, capfd: Capture) -> None:
    code, out, _ = cohort(capfd, patients, "--diff", "hcc-2016", "hcc-2016", "-f", "json")
    assert code == 0 and json.loads(out)["changed"] == 0


def test_results_fit_their_schemas(patients: str, capfd: Capture) -> None:
    for kind, arguments in ((CohortSummary, ()), (CohortDiff, ("--diff", "hcc-2016", "hcc-2026"))):
        found = summary(capfd, patients, *arguments)
        jsonschema_rs.Draft202012Validator(schema(kind, "cohort", "2")).validate(found)


def test_a_summary_names_the_columns_that_nobody_read(tmp_path: Path, capfd: Capture) -> None:
    source = table(tmp_path, "BCLC,Baseline AFP,ECOG PS,note\nC,500,1,x\n")
    assert "Columns not read: 'Baseline AFP', 'note'.\n" in cohort(capfd, source)[1]
    for rulesets in ((), ("--diff", "hcc-2016", "hcc-2026")):
        _, out, _ = cohort(capfd, source, *rulesets, "-f", "json")
        assert json.loads(out)["unread"] == ["Baseline AFP", "note"]
