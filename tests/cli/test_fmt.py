"""`hepatica fmt`: one order, one style, the same meaning."""

from __future__ import annotations

import json
import tempfile
from errno import ENOSPC
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from hepatica.cli.main import run
from hepatica.knowledge import load_ruleset
from tests.conftest import ROOT
from tests.making import write_ruleset

pytest.importorskip("ruamel.yaml", reason="`hepatica fmt` needs the extra 'fmt'")
RULESETS = ("hcc-2026", "teaching-faults")


def comments(folder: Path) -> list[str]:
    return sorted(s.strip() for p in folder.rglob("*.yaml") for s in p.read_text("utf-8").splitlines() if s.strip()[:1] == "#")


@pytest.mark.slow
@pytest.mark.parametrize("name", RULESETS)
def test_a_shipped_ruleset_means_the_same_and_is_then_in_the_one_style(name: str, tmp_path: Path) -> None:
    folder = copytree(ROOT / "rulesets" / name, tmp_path / name)
    before = comments(folder)
    assert run(["fmt", str(folder)]) == 0
    assert load_ruleset(folder).digest == load_ruleset(ROOT / "rulesets" / name).digest
    assert comments(folder) == before
    assert run(["fmt", str(folder), "--check"]) == 0


def test_a_new_ruleset_is_in_the_one_style(tmp_path: Path) -> None:
    assert run(["new", "ruleset", "mine", str(tmp_path / "mine")]) == 0
    assert run(["fmt", str(tmp_path / "mine"), "--check"]) == 0


def test_keys_move_with_the_comments_above_them_and_the_dash_stays_first(tmp_path: Path) -> None:
    folder = write_ruleset(tmp_path / "rules")
    file = folder / "concepts.yaml"
    file.write_text(
        "# Names for what rules ask.\nconcepts:\n  # why it is asked\n  - when: {afp: '> 400'}   # as printed\n    # its words\n"
        "    says: High AFP.\n    basis: reading\n    id: high_afp\n\n  - id: other\n    says: Another.\n    basis: reading\n"
        "    when: {cmet: high}\n",
        encoding="utf-8",
    )
    assert run(["fmt", str(file)]) == 0
    assert file.read_text(encoding="utf-8") == (
        "# Names for what rules ask.\nconcepts:\n  # why it is asked\n  - id: high_afp\n    # its words\n    says: High AFP.\n"
        "    basis: reading\n    when: {afp: '> 400'}   # as printed\n\n  - id: other\n    says: Another.\n    basis: reading\n"
        "    when: {cmet: high}\n"
    )


def test_long_texts_are_folded_and_many_words_broken_between_them(tmp_path: Path) -> None:
    folder = write_ruleset(tmp_path / "rules")
    sentence = "A sentence that goes on and on, with a colon: and a # sign; " * 4
    file = folder / "concepts.yaml"
    words = ", ".join(f"word-{number}" for number in range(30))
    file.write_text(f'concepts:\n  - {{id: long, says: "{sentence.strip()}", when: {{region: [{words}]}}}}\n', encoding="utf-8")
    assert run(["fmt", str(file)]) == 0
    text = file.read_text(encoding="utf-8")
    assert (
        max(map(len, text.splitlines())) <= 126 and "says: >-\n" in text and f"# sign; {sentence[:10]}" in " ".join(text.split())
    )


def test_check_and_diff_write_nothing_and_say_what_is_not_in_style(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_ruleset(tmp_path / "rules") / "therapies" / "alpha.yaml"
    assert run(["fmt", str(file)]) == 0
    text = file.read_text(encoding="utf-8").replace("name: Alpha", "name:    Alpha")
    file.write_text(text, encoding="utf-8")
    capsys.readouterr()
    assert run(["fmt", str(file), "--check"]) == 1
    assert "1 of 1 file not in the one style" in capsys.readouterr().out
    assert run(["fmt", str(file), "--diff"]) == 1
    assert "  -name:    Alpha\n  +name: Alpha\n" in capsys.readouterr().out
    assert run(["fmt", str(file), "--diff", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["styled"][0]["file"] == str(file)
    assert file.read_text(encoding="utf-8") == text


def test_a_file_that_cannot_be_read_is_located_and_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_ruleset(tmp_path / "rules")
    (folder / "therapies" / "beta.yaml").write_text("therapy: [", encoding="utf-8")
    before = {path: path.read_bytes() for path in folder.rglob("*.yaml")}
    assert run(["fmt", str(folder)]) == 2
    assert "beta.yaml:" in capsys.readouterr().err
    assert before == {path: path.read_bytes() for path in folder.rglob("*.yaml")}
    stray = tmp_path / "stray.yaml"
    stray.write_text("a: 1\n", encoding="utf-8")
    assert run(["fmt", str(stray)]) == 2


def test_of_several_files_all_are_written_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_ruleset(tmp_path / "rules")
    for name in ("alpha", "beta"):
        file = folder / "therapies" / f"{name}.yaml"
        file.write_text(file.read_text(encoding="utf-8").replace("name: ", "name:   "), encoding="utf-8")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    files = iter([tempfile.NamedTemporaryFile])

    def full(**asked: Any) -> Any:
        if (make := next(files, None)) is None:
            raise OSError(ENOSPC, "No space left on device")
        return make(**asked)

    with monkeypatch.context() as patched:
        patched.setattr(tempfile, "NamedTemporaryFile", full)
        assert run(["fmt", str(folder)]) == 2
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert run(["fmt", str(folder)]) == 0


def test_without_a_name_only_the_rulesets_here_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["fmt"]) == 2
    write_ruleset(tmp_path / "rulesets" / "tiny")
    assert run(["fmt"]) == 0
    assert run(["fmt", "--check"]) == 0


def test_cases_that_the_program_wrote_stay_sealed(tmp_path: Path) -> None:
    folder = copytree(ROOT / "rulesets" / "hcc-2016", tmp_path / "hcc-2016")
    sealed = folder / "cases" / "unnoticed.yaml"
    before = sealed.read_bytes()
    assert run(["fmt", str(sealed)]) == 0
    assert sealed.read_bytes() == before
