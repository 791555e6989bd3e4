"""`hepatica dev`: what a rule writer sees on every save."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import IO

import pytest

from hepatica.cli.main import run
from tests.assurance.editing import commit, edit, git
from tests.making import interruptible, write_ruleset

pytest.importorskip("watchfiles", reason="`hepatica dev` needs the extra 'watch'")


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A small ruleset in a repository of its own, committed."""
    folder = write_ruleset(tmp_path / "rules")
    git(tmp_path, "init", "-q")
    commit(tmp_path, "first")
    return folder


def test_a_look_says_what_is_newly_wrong_and_what_the_edit_changes(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["dev", str(rules), "--once"]) == 0
    told = capsys.readouterr().out
    assert "Nothing new is wrong" in told and "say the same" in told
    edit(rules, "beta", "> 400", "> 500")
    assert run(["dev", str(rules), "--once"]) == 0
    told = capsys.readouterr().out
    assert "Answers change for" in told and "Beta" in told and "1.0.0" in told
    commit(rules, "second")
    assert run(["dev", str(rules), "--once"]) == 0
    assert "say the same" in capsys.readouterr().out
    assert run(["dev", str(rules), "--once", "--since", "HEAD~1"]) == 0
    assert "Answers change for" in capsys.readouterr().out


def test_a_case_that_is_gone_is_told(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = rules / "cases" / "one.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text("cases:\n  - {case: Somebody is asked about., profile: {}}\n", encoding="utf-8")
    commit(rules, "a case")
    file.unlink()
    assert run(["dev", str(rules), "--once"]) == 0
    told = capsys.readouterr().out
    assert "1 case of the old version is gone" in " ".join(told.split()) and "Somebody is asked about." in told


def test_a_file_that_cannot_be_read_is_told_with_its_place(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (rules / "therapies" / "beta.yaml").write_text("therapy: [", encoding="utf-8")
    assert run(["dev", str(rules), "--once"]) == 0
    assert "beta.yaml:2:1: yaml-syntax" in capsys.readouterr().out


def test_without_a_repository_the_rules_are_held_against_themselves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["dev", str(write_ruleset(tmp_path / "rules")), "--once"]) == 0
    told = capsys.readouterr().out
    assert "as they stand now" in told and "say the same" in told


@pytest.mark.slow
def test_every_save_is_looked_at_until_it_is_stopped(rules: Path, tmp_path: Path) -> None:
    command = interruptible("dev", str(rules))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        said: Queue[str] = Queue()
        assert process.stdout is not None
        Thread(target=_pass_on, args=(process.stdout, said), daemon=True).start()
        try:
            _await(said, "Watching")
            edit(rules, "beta", "> 400", "> 500")
            _await(said, "--- beta.yaml")
            _await(said, "Answers change for")
            edit(rules, "beta", "> 500", "> 5OO")
            _await(said, "beta.yaml:")
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(timeout=600) == 0


def _pass_on(lines: IO[str], said: Queue[str]) -> None:
    for line in lines:
        said.put(line)


def _await(said: Queue[str], words: str) -> None:
    """Read lines until one holds the words."""
    seen = []
    try:
        while words not in (line := said.get(timeout=600)):
            seen.append(line)
    except Empty:
        pytest.fail(f"{words!r} was not said: {''.join(seen)}")
