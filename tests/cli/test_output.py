"""Where output goes: formats, files that are whole or not there, streams that are closed, readers that go away."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hepatica.cli.main import run
from hepatica.notice import NOTICE
from tests.conftest import ROOT, slow
from tests.making import interruptible, write_ruleset

PATIENT = "after-sorafenib-met-high"


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """One command line in bash, `hepatica` being this program."""
    line = command.replace("hepatica", f"{sys.executable} -m hepatica")
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"], capture_output=True, text=True, cwd=ROOT, check=False, timeout=6000
    )
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.parametrize(
    ("name", "begins"), [("a.txt", "Systemic"), ("a.md", "# "), ("a.json", "{"), ("a.html", "<!doctype html>"), ("A.JSON", "{")]
)
def test_the_name_of_the_file_says_the_format(tmp_path: Path, name: str, begins: str) -> None:
    path = tmp_path / name
    assert run(["about", "--output", str(path)]) == 0
    written = path.read_text("utf-8")
    assert written.startswith(begins)
    assert "must not be used to decide care" in " ".join(written.replace(">", " ").split())
    assert [item.name for item in tmp_path.iterdir()] == [name]


def test_a_dash_is_standard_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["about", "--output", "-", "--format", "json"]) == 0
    assert json.loads(capfd.readouterr().out)["notice"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments", [("a.png",), ("a.svg",), ("a",), ("a.json", "--format", "markdown"), ("a.pdf", "--format", "text")]
)
def test_a_file_never_holds_another_format_than_its_name_says(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert run(["about", "--output", str(tmp_path / arguments[0]), *arguments[1:]]) == 2
    assert list(tmp_path.iterdir()) == []


def test_what_somebody_else_wrote_is_left_alone(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "notes.md"
    path.write_text("my own notes\n")
    assert run(["about", "-o", str(path)]) == 2
    assert "--force" in capfd.readouterr().err
    assert path.read_text() == "my own notes\n"
    assert run(["about", "-o", str(path), "--force"]) == 0
    assert NOTICE in path.read_text("utf-8")
    assert run(["about", "-o", str(path)]) == 0


def test_a_file_keeps_its_mode_and_a_link_its_target(tmp_path: Path) -> None:
    (tmp_path / "real.txt").touch(mode=0o640)
    (tmp_path / "link.txt").symlink_to("real.txt")
    assert run(["about", "-o", str(tmp_path / "link.txt")]) == 0
    assert (tmp_path / "link.txt").is_symlink()
    assert stat.S_IMODE((tmp_path / "real.txt").stat().st_mode) == 0o640
    assert (tmp_path / "real.txt").stat().st_size > 0


@pytest.mark.parametrize("place", ["nowhere/a.txt", "folder.txt", "a\0b.txt", "n" * 300 + ".txt"])
def test_a_place_that_cannot_be_written_is_one_line_and_exit_code_2(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], place: str
) -> None:
    (tmp_path / "folder.txt").mkdir()
    assert run(["about", "-o", str(tmp_path / place)]) == 2
    assert len(capfd.readouterr().err.splitlines()) == 1
    assert sorted(item.name for item in tmp_path.iterdir()) == ["folder.txt"]


FULL_DISK = (
    # A full disk where the program keeps a file of its own for a moment, and where it writes.
    # Python, too, would leave what it compiles cut short: byte code that every later process reads.
    'cd "$(mktemp -d)" && export PYTHONDONTWRITEBYTECODE=1 && ulimit -f 8 && hepatica quiz --export anki --count 20 -o quiz.apkg',
    'cd "$(mktemp -d)" && export PYTHONDONTWRITEBYTECODE=1 && ulimit -f 8 && hepatica evaluate afp-unknown first-line-europe -f json -o answers.json',
)


@pytest.mark.parametrize(
    "command",
    [
        "hepatica about >&-",
        "hepatica about > /dev/full",
        "hepatica evaluate - <&-",
        "hepatica about -r nowhere >&- 2>&-",
        *map(slow, FULL_DISK),
    ],
)
def test_closed_and_full_streams_are_exit_code_2(command: str) -> None:
    done = shell(command)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) <= 1


@pytest.mark.parametrize("command", ["explain - sorafenib", "compare -", "whatif -", "evidence verify -", "cohort -"])
def test_every_command_that_reads_standard_input_says_when_there_is_none(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(sys, "stdin", None)  # what Python makes of a stream that is closed
    assert run(command.split()) == 2
    shown = capfd.readouterr()
    assert (shown.out, len(shown.err.splitlines())) == ("", 1)


@pytest.mark.parametrize("format_", [slow("text"), "json"])
def test_a_reader_that_goes_away_is_no_error(format_: str) -> None:
    done = shell(f"hepatica evaluate {PATIENT} {PATIENT} {PATIENT} --format {format_} | head -1")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("delay", [0, slow(0.3)])
def test_an_interrupt_is_exit_code_2_and_one_word(delay: float) -> None:
    """Once the program runs; before that the interpreter itself answers."""
    with subprocess.Popen(
        interruptible("evaluate", "-", told=True),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=600)
    assert (process.returncode, err.strip()) == (2, "stopped")


def test_no_name_steers_a_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    evil = tmp_path / "a\x1b]0;pwn\x07\u202e.yaml"
    evil.write_text("ecog: 9\n")
    for arguments in (["evaluate", str(evil)], ["about", "-r", "x\x1b[31m"], ["evaluate", "--set", "a\x1b=1"], ["about\x1b"]):
        assert run(arguments) == 2
        shown = capfd.readouterr()
        assert not set(shown.err + shown.out) & set("\x1b\x07\u202e")


def test_json_on_a_terminal_holds_no_control_character(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "--set", "label=a b", "--set", "bclc_stage=C", "-f", "json"]) == 0
    assert json.loads(capfd.readouterr().out)["profile"]["label"] == "a b"


def test_the_umask_decides_who_may_read_a_new_file(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        assert run(["about", "-o", str(tmp_path / "a.txt")]) == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o640


@pytest.mark.parametrize(
    "command", ["evaluate afp-unknown", "forest -f svg", *map(slow, ("fate", "rules", "evidence list", "fate -f svg"))]
)
def test_rules_found_in_the_working_folder_instead_of_the_shipped_ones_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], command: str
) -> None:
    shutil.copytree(ROOT / "rulesets" / "hcc-2016", tmp_path / "rulesets" / "hcc-2016")
    monkeypatch.chdir(tmp_path)
    assert run(command.split()) == 0
    told = capfd.readouterr()
    assert "read from rulesets/hcc-2016" in " ".join(told.out.split())
    assert told.err == "note: hcc-2016 is read from rulesets/hcc-2016, not the rules that come with Hepatica\n"
    monkeypatch.chdir(ROOT)
    assert run(command.split()) == 0
    assert "read from" not in "".join(capfd.readouterr())


def test_a_folder_that_bears_a_shipped_name_is_said_not_to_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    write_ruleset(tmp_path / "hcc-2016")
    monkeypatch.chdir(tmp_path)
    assert run(["rules"]) == 0
    assert "the folder here is ./hcc-2016" in capfd.readouterr().err
    assert run(["rules", "-r", "./hcc-2016"]) == 0
    assert "tiny 1.0.0, read from hcc-2016" in " ".join(capfd.readouterr().out.split())
