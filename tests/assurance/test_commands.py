"""`hepatica check` and `hepatica diff` as a user meets them: folders, revisions, declared changes, witnesses, every format."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hepatica.report.assurance.diff_text import witness_words
from hypothesis import given

from hepatica.assurance.check.findings import KINDS
from hepatica.cli.main import run
from hepatica.cli.witnesses import patient_file
from hepatica.notice import NOTICE
from hepatica.patient import Facts, Profile, profile_in, profile_of, read_profile
from tests.assurance.editing import edit, two
from tests.conftest import ROOT
from tests.making import profiles, write_ruleset

Edit = Callable[[str, str, str], None]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with a small ruleset, committed twice: first with AFP > 400, then with AFP > 300; tag v1 on the first."""
    write_ruleset(tmp_path / "rules")
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path, "first")
    git(tmp_path, "tag", "v1")
    edit(tmp_path / "rules", "beta", '"> 400"', '"> 300"')
    commit(tmp_path, "second")
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    identity = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, env=environment)


def commit(folder: Path, message: str) -> None:
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", message)


def test_equal_versions_exit_0_and_say_so(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    old, new = two(tmp_path)
    assert run(["diff", str(old), str(new)]) == 0
    assert "nothing changes" in capfdbinary.readouterr().out.decode().replace("\n ", "")


def test_an_edit_of_text_is_listed_and_proved_to_change_nothing(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    old, new = two(tmp_path)
    edit(new, "alpha", "Alpha lived longer.", "On alpha they lived longer.")
    assert run(["diff", str(old), str(new), "-f", "json"]) == 0
    told = json.loads(capfdbinary.readouterr().out)
    assert not told["changed"] and told["notice"].startswith(NOTICE)
    assert [(e["area"], e["what"], e["part"]) for e in told["edits"]] == [("text", "alpha-first", "says")]


def test_a_change_exits_1_and_is_told_in_every_format(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    old, new = two(tmp_path)
    edit(new, "beta", '"> 400"', '"> 300"')
    for format_ in ("text", "markdown", "json"):
        assert run(["diff", str(old), str(new), "-f", format_]) == 1
        out = " ".join(capfdbinary.readouterr().out.decode().split())
        assert "Beta" in out or '"beta"' in out
        assert "medical device" in out and "400" in out and "300" in out


def test_witnesses_are_patient_files_that_show_the_change(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    old, new = two(tmp_path)
    edit(new, "beta", '"> 400"', '"> 300"')
    assert run(["diff", str(old), str(new), "-f", "json", "--witness", str(tmp_path / "w")]) == 1
    changes = json.loads(capfdbinary.readouterr().out)["changes"]
    files = sorted((tmp_path / "w").iterdir())
    assert len(files) == len(changes)
    for file, change in zip(files, changes, strict=True):
        assert read_profile(file).as_document() == {"label": read_profile(file).label, **change["witness"]}
        for folder, side in ((old, "before"), (new, "after")):
            assert run(["evaluate", str(file), "-r", str(folder), "-f", "json"]) == 0
            answer = json.loads(capfdbinary.readouterr().out)
            assert "beta" in {entry["therapy"] for entry in answer[change[side]["place"]]}


@pytest.mark.parametrize(
    "arguments", [["v1"], ["HEAD~1"], ["v1..HEAD"], ["v1.."], ["v1", "HEAD"], ["--base", "v1"]], ids=" ".join
)
def test_git_revisions_are_compared_without_a_checkout(
    repository: Path, arguments: list[str], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    before = sorted((path, path.stat().st_mtime_ns) for path in repository.rglob("*") if path.is_file())
    assert run(["diff", *arguments, "-r", str(repository / "rules"), "-f", "json"]) == 1
    changes = json.loads(capfdbinary.readouterr().out)["changes"]
    assert {change["id"] for change in changes} == {"beta"}
    assert before == sorted((path, path.stat().st_mtime_ns) for path in repository.rglob("*") if path.is_file())


def test_a_ruleset_that_extends_another_is_read_with_it_at_the_revision(
    repository: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    own = repository / "own"
    own.mkdir()
    (own / "ruleset.yaml").write_text("ruleset: own\nversion: 1.0.0\ntitle: Own\nextends: ../rules\n", encoding="utf-8")
    commit(repository, "third")
    edit(repository / "rules", "beta", '"> 300"', '"> 200"')
    assert run(["diff", "HEAD", "-r", str(own), "-f", "json"]) == 1
    assert {change["id"] for change in json.loads(capfdbinary.readouterr().out)["changes"]} == {"beta"}


@pytest.mark.parametrize("revision", ["nowhere", "-x", "--upload-pack=x", "v1^{tree}x", "a\nb", "x" * 999])
def test_an_unknown_revision_is_an_error_that_names_it(
    repository: Path, revision: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["diff", "-r", str(repository / "rules"), "--", revision]) == 2
    told = capsys.readouterr().err
    assert "unknown-revision" in told and len(told) < 1000 and "Traceback" not in told


def test_a_revision_without_the_ruleset_is_an_error(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_ruleset(repository / "later")
    assert run(["diff", "v1", "-r", str(repository / "later")]) == 2
    assert "no ruleset.yaml there at that revision" in capsys.readouterr().err


def test_a_revision_outside_any_repository_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, _ = two(tmp_path)
    assert run(["diff", "HEAD~1", "-r", str(old)]) == 2
    assert "no-repository" in capsys.readouterr().err


def test_a_ruleset_that_does_not_load_at_a_revision_is_located_there(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(repository / "rules", "beta", "early_signal", "standart")
    commit(repository, "broken")
    assert run(["diff", "HEAD", "v1", "-r", str(repository / "rules")]) == 2
    assert "HEAD:rules/therapies/beta.yaml:" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["--base", "", "HEAD"], ["--base", "main", "HEAD"], ["v1...HEAD"], ["..HEAD"]])
def test_an_unclear_question_is_refused(repository: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", *arguments, "-r", str(repository / "rules")]) == 2
    assert "Usage" in capsys.readouterr().err


def test_check_of_the_teaching_ruleset_exits_1_and_shows_every_code(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["check", "teaching-faults", "-f", "json"]) == 1
    told = json.loads(capfdbinary.readouterr().out)
    assert {finding["code"] for finding in told["findings"]} == set(KINDS)
    assert told["space"]["profiles"] >= told["space"]["distinguishable"] > 0
    assert run(["check", "teaching-faults"]) == 1
    text = capfdbinary.readouterr().out.decode()
    assert all(code.upper() in text for code in KINDS)
    assert max(map(len, text.splitlines())) <= 80


def test_witnesses_of_findings_are_patient_files(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["check", "teaching-faults", "-f", "json", "--witness", str(tmp_path / "w")]) == 1
    findings = json.loads(capfdbinary.readouterr().out)["findings"]
    witnesses = [finding["witness"] for finding in findings if finding["witness"]]
    files = sorted((tmp_path / "w").iterdir())
    assert [read_profile(file).as_document() | {"label": ""} for file in files] == [{**w, "label": ""} for w in witnesses]


@pytest.mark.parametrize("code", KINDS)
def test_every_code_has_a_page(code: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["check", "--explain", code]) == 0
    page = capfdbinary.readouterr().out.decode()
    assert page.startswith(f"{code} (") and "Remedy:" in page and "not a" in page


def test_an_unknown_code_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--explain", "unsued-field"]) == 2
    assert "did you mean 'unused-field'?" in capsys.readouterr().err


def test_agreement_is_reported(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    folder = write_ruleset(tmp_path / "rules")
    run(["check", str(folder), "--agreement", "--sample", "50", "-f", "json"])
    told = json.loads(capfdbinary.readouterr().out)["agreement"]
    assert told["differences"] == [] and told["compared"]["sample"] == 50


def test_strict_makes_remarks_fail(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    folder = write_ruleset(tmp_path / "rules")
    assert run(["check", str(folder), "--strict"]) == 1
    assert b"UNUSED-FIELD" in capfdbinary.readouterr().out


def test_a_comparison_imports_no_numpy() -> None:
    code = "import sys; from hepatica.cli.main import run; run(['diff','hcc-2016','hcc-2016']); print('numpy' in sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stderr.strip() == "False"


@given(profiles())
def test_a_patient_file_reads_back_to_the_same_facts(facts: Facts) -> None:
    written = patient_file(Profile(facts), 'A label: with "quotes"', "What it shows.")
    assert dict(profile_in(written.encode(), "x.yaml").facts) == dict(facts)


@given(profiles())
def test_a_witness_in_words_is_settings_that_make_it(facts: Facts) -> None:
    if any(value is not None for value in facts.values()):
        assert dict(profile_of(witness_words(facts).split(" ")).facts) == dict(facts)


@pytest.mark.parametrize("limit", ["MOST_STATES", "MOST_PARTS"])
def test_rules_that_cut_the_space_too_finely_are_refused(
    limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = two(tmp_path)
    edit(new, "beta", '"> 400"', '"> 300"')
    monkeypatch.setattr(f"hepatica.assurance.space.partition.{limit}", 2)
    assert run(["diff", str(old), str(new)]) == 2
    assert "therapy beta:1:1: too-many-parts" in capsys.readouterr().err
