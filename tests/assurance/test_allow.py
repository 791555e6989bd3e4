"""Declared changes: what a file for `--allow` covers, what it does not, and what is wrong with it, each with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hepatica.cli.main import run
from tests.assurance.editing import edit, raise_version, two
from tests.making import standard_input

ALLOWED = """\
allow:
  - therapy: beta
    because: a lower threshold is meant
    where: {afp: "> 300"}
"""


def test_declared_changes_pass_and_undeclared_ones_do_not(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    old, new = two(tmp_path)
    raise_version(new)
    edit(new, "beta", '"> 400"', '"> 300"')
    allow = tmp_path / "allow.yaml"
    allow.write_text(ALLOWED.replace('    where: {afp: "> 300"}\n', ""), encoding="utf-8")
    assert run(["diff", str(old), str(new), "--allow", str(allow)]) == 0
    capfdbinary.readouterr()
    edit(new, "alpha", "child_pugh_class: A}\n    cites", "child_pugh_class: [A, B]}\n    cites")
    assert run(["diff", str(old), str(new), "--allow", str(allow), "-f", "json"]) == 1
    told = json.loads(capfdbinary.readouterr().out)
    assert {told["changes"][left["change"]]["id"] for left in told["undeclared"]} == {"alpha"}


def test_declared_changes_do_not_excuse_a_version_that_stays(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    old, new = two(tmp_path)
    edit(new, "beta", '"> 400"', '"> 300"')
    (tmp_path / "allow.yaml").write_text(ALLOWED.replace('    where: {afp: "> 300"}\n', ""), encoding="utf-8")
    assert run(["diff", str(old), str(new), "--allow", str(tmp_path / "allow.yaml"), "-f", "json"]) == 1
    told = json.loads(capfdbinary.readouterr().out)
    assert told["undeclared"] == [] and told["version_kept"]


def test_a_figure_that_changes_is_declared_as_shown(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    old, new = two(tmp_path)
    raise_version(new)
    edit(new, "beta", "{beta: 12}", "{beta: 13}")
    assert run(["diff", str(old), str(new)]) == 1
    (tmp_path / "allow.yaml").write_text("allow: [{shown: beta-2, because: a misprint}]", encoding="utf-8")
    assert run(["diff", str(old), str(new), "--allow", str(tmp_path / "allow.yaml")]) == 0
    capfdbinary.readouterr()


def test_a_declared_region_covers_no_more_than_it_says(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    old, new = two(tmp_path)
    raise_version(new)
    edit(new, "beta", '"> 400"', '"> 300"')
    allow = tmp_path / "allow.yaml"
    for where, code in (('"> 300"', 0), ('"> 350"', 1)):
        allow.write_text(ALLOWED.replace('"> 300"', where), encoding="utf-8")
        assert run(["diff", str(old), str(new), "--allow", str(allow)]) == code
    capfdbinary.readouterr()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("allow: [{therapy: beta, becuase: x}]", "unknown-key"),
        ("allow: [{therapy: gamma, because: x}]", "unknown-therapy"),
        ("allow: [{therapy: beta}]", "missing-key"),
        ("allow: [{therapy: beta, scope: scope, because: x}]", "allow"),
        ("allow: [{therapy: beta, because: x, at_most: many}]", "wrong-type"),
        ("allow: [{therapy: beta, because: x, where: {afb: 1}}]", "unknown-field"),
        ("allow: [{therapy: [beta], because: x}]", "wrong-type"),
        ("allow: [{therapy: beta, because: {x: y}}]", "wrong-type"),
        ("allow: [{therapy: beta, because: x, from: optoins}]", "unknown-place"),
        ("allow: [{scope: scope, because: x, to: options}]", "unknown-place"),
        ("permit: []", "allow"),
        ("allow: [3]", "allow"),
    ],
)
def test_a_wrong_file_of_declared_changes_is_refused_with_its_place(
    tmp_path: Path, text: str, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = two(tmp_path)
    (tmp_path / "allow.yaml").write_text(text, encoding="utf-8")
    assert run(["diff", str(old), str(new), "--allow", str(tmp_path / "allow.yaml")]) == 2
    told = capsys.readouterr().err
    assert "allow.yaml:1:" in told and f": {code}: " in told


def test_every_wrong_entry_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = two(tmp_path)
    (tmp_path / "allow.yaml").write_text(
        "allow:\n  - {therapy: gamma, at_most: -1}\n  - {therapy: beta, to: there}\n", encoding="utf-8"
    )
    assert run(["diff", str(old), str(new), "--allow", str(tmp_path / "allow.yaml")]) == 2
    told = [line.split(": ")[:2] for line in capsys.readouterr().err.splitlines()]
    places = [(place.rpartition("allow.yaml:")[2], code) for place, code in told]
    assert places == [
        ("2:5", "missing-key"),
        ("2:15", "unknown-therapy"),
        ("2:31", "wrong-type"),
        ("3:5", "missing-key"),
        ("3:25", "unknown-place"),
    ]


def test_declared_changes_come_from_standard_input_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    old, new = two(tmp_path)
    raise_version(new)
    edit(new, "beta", '"> 400"', '"> 300"')
    for given, code in ((ALLOWED, 0), ("allow: [3]", 2)):
        standard_input(monkeypatch, given.encode())
        assert run(["diff", str(old), str(new), "--allow", "-"]) == code
    assert b"<stdin>:1:9: allow" in capfdbinary.readouterr().err


@pytest.mark.parametrize(("where", "unmet"), [("{prior_sorafenib: none, afp: 20}", 1), ('{afp: "> 350"}', 0)])
def test_a_declared_region_that_no_change_touches_is_told_as_not_met(
    tmp_path: Path, where: str, unmet: int, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    old, new = two(tmp_path)
    raise_version(new)
    edit(new, "beta", '"> 400"', '"> 300"')
    (tmp_path / "allow.yaml").write_text(ALLOWED.replace('{afp: "> 300"}', where), encoding="utf-8")
    assert run(["diff", str(old), str(new), "--allow", str(tmp_path / "allow.yaml"), "-f", "json"]) == 1
    assert len(json.loads(capfdbinary.readouterr().out)["declared_but_not_met"]) == unmet
