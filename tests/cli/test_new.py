"""A new ruleset is valid as it is written, and nothing is written over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from click.testing import CliRunner, Result

from hepatica.cli.main import cli
from hepatica.problems import InvalidInput

if TYPE_CHECKING:
    import pytest


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), standalone_mode=False)


def test_a_new_ruleset_passes_check_test_and_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = json.loads(run("new", "ruleset", "my-rules", "--format", "json").stdout)
    written = sorted(path.relative_to(tmp_path / "rulesets" / "my-rules").as_posix() for path in tmp_path.rglob("*.yaml"))
    assert found["files"] == written and found["id"] == "my-rules"
    agreed = ("check", "my-rules", "--agreement", "--sample", "5")
    for command in (agreed, ("check", "my-rules"), ("test", "my-rules")):
        result = run(*command)
        assert (result.exit_code, result.return_value) == (0, 0), result.output
    answer = json.loads(
        run(
            "evaluate", "-r", "my-rules", "-f", "json", *["-s", "bclc=C", "-s", "child_pugh=A", "-s", "prior_sorafenib=none"]
        ).stdout
    )
    assert [one["therapy"] for one in answer["options"]] == ["example-drug"] and answer["ruleset"]["id"] == "my-rules"


def test_nothing_is_written_over_and_an_id_is_checked(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    assert run("new", "ruleset", "mine", str(folder)).exit_code == 0
    before = {path: path.read_bytes() for path in folder.rglob("*.yaml")}
    again = run("new", "ruleset", "mine", str(folder))
    assert isinstance(again.exception, InvalidInput) and "exists" in str(again.exception)
    assert {path: path.read_bytes() for path in folder.rglob("*.yaml")} == before
    for wrong in ("My_Rules", "../up", "a b", "-x"):
        assert run("new", "ruleset", "--", wrong, str(tmp_path / "other")).exception is not None
    assert not (tmp_path / "other").exists()


def test_a_ruleset_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, *_: object, **__: object) -> int:
        if path.name == "references.yaml":
            raise OSError(28, "No space left on device")
        return write(path, *_, **__)  # type: ignore[arg-type]

    write = Path.write_text
    monkeypatch.setattr(Path, "write_text", full)
    found = run("new", "ruleset", "mine", str(tmp_path / "mine"))
    assert isinstance(found.exception, InvalidInput) and "no space left on device" in str(found.exception)
    assert list(tmp_path.iterdir()) == []
