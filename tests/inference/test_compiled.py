"""Compiled rulesets kept between runs: never stale, never trusted from a place that others can write, never code."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import pytest

from hepatica.cli import common
from hepatica.inference import compiled
from hepatica.knowledge import gather
from tests.making import BETA, write_ruleset


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(compiled.FOLDER_VARIABLE, str(tmp_path / "kept"))
    return tmp_path / "kept"


def test_the_kept_copy_equals_a_fresh_one(tmp_path: Path, kept: Path) -> None:
    folder = write_ruleset(tmp_path / "r")
    fresh = common.load(str(folder))
    assert compiled.recall(gather(folder)) == fresh
    assert len(list(kept.glob("*.ruleset"))) == 1


def test_a_changed_file_is_never_answered_from_the_kept_copy(tmp_path: Path, kept: Path) -> None:
    folder = write_ruleset(tmp_path / "r")
    common.load(str(folder))
    (folder / "therapies" / "beta.yaml").write_text(BETA.replace("> 400", "> 200"))
    assert compiled.recall(gather(folder)) is None
    assert "200.0" in repr(common.load(str(folder))[0].rules["beta-high-afp"])


def test_a_folder_that_others_may_write_is_not_trusted(tmp_path: Path, kept: Path) -> None:
    folder = write_ruleset(tmp_path / "r")
    common.load(str(folder))
    kept.chmod(0o777)
    assert compiled.recall(gather(folder)) is None
    kept.chmod(0o700)
    assert compiled.recall(gather(folder)) is not None


class _Harmful:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return (os.system, ("touch harmed",))


def _dotted(module: str, name: str) -> bytes:
    """A pickle that calls `module.name` through the attribute path that protocol 4 allows."""
    argument = b"touch harmed"
    parts = b"".join(b"\x8c" + bytes([len(text)]) + text.encode() for text in (module, name))
    return b"\x80\x04" + parts + b"\x93\x8c" + bytes([len(argument)]) + argument + b"\x85R."


HOSTILE = [
    b"",
    b"garbage",
    pickle.dumps(_Harmful()),
    pickle.dumps(_Harmful())[:20],
    _dotted("hepatica.inference.compiled", "os.system"),
    _dotted("hepatica.knowledge.ruleset", "Ruleset.__init__.__globals__"),
    _dotted("builtins", "getattr"),
    pickle.dumps(5),
    pickle.dumps((1, 2)),
    pickle.dumps(None),
]


@pytest.mark.parametrize("body", HOSTILE)
@pytest.mark.parametrize("signed", [False, True])
def test_a_kept_file_that_is_broken_or_hostile_is_ignored(
    tmp_path: Path, kept: Path, body: bytes, signed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = write_ruleset(tmp_path / "r")
    common.load(str(folder))
    (path,) = kept.glob("*.ruleset")
    path.write_bytes(hashlib.sha256(body).digest() + body if signed else body)
    assert compiled.recall(gather(folder)) is None
    assert not (tmp_path / "harmed").exists()
    assert common.load(str(folder))[0].card.id == "tiny"


def test_a_single_changed_byte_is_noticed(tmp_path: Path, kept: Path) -> None:
    folder = write_ruleset(tmp_path / "r")
    common.load(str(folder))
    (path,) = kept.glob("*.ruleset")
    data = path.read_bytes()
    for position in range(0, len(data), max(1, len(data) // 60)):
        path.write_bytes(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :])
        assert compiled.recall(gather(folder)) is None


def test_a_home_that_cannot_be_found_means_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("no home")

    monkeypatch.delenv(compiled.FOLDER_VARIABLE)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert compiled.folder() is None


def test_keeping_can_be_switched_off(tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(compiled.FOLDER_VARIABLE, "off")
    common.load(str(write_ruleset(tmp_path / "r")))
    assert not kept.exists()


def test_only_a_few_are_kept(tmp_path: Path, kept: Path) -> None:
    for number in range(compiled.MOST_KEPT + 3):
        common.load(str(write_ruleset(tmp_path / f"r{number}")))
    assert len(list(kept.glob("*.ruleset"))) == compiled.MOST_KEPT
