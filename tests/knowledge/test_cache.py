"""Rulesets kept between runs: the same ruleset again, nothing that a stranger wrote, and no answer under a digest not its own."""

from __future__ import annotations

import json
import os
from binascii import crc32
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import hepatica
from hepatica.evaluation import Evaluation as Answer
from hepatica.knowledge import Ruleset, load, load_ruleset
from hepatica.knowledge.cache import _folder as cache_folder
from hepatica.knowledge.cache import digest_of
from tests.conftest import ROOT
from tests.making import ALPHA, write_ruleset

FACTS = {"bclc_stage": "C", "child_pugh_class": "A", "prior_sorafenib": "none", "other_prior_systemic": "none"}


@pytest.fixture(autouse=True)
def _loaded_once() -> None:
    """Nothing is shared here: what is tested is loading."""


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "kept"
    monkeypatch.setenv("HEPATICA_CACHE", str(folder))
    return folder


def _entry(kept: Path) -> Path:
    (path,) = kept.glob("*.ruleset")
    return path


def _parts(ruleset: Ruleset) -> dict[str, object]:
    return {name: getattr(ruleset, name) for name in ruleset.__dataclass_fields__}


@pytest.mark.parametrize("name", ["hcc-2016", "teaching-faults"])
def test_what_is_recalled_is_what_was_loaded(name: str, kept: Path) -> None:
    first, again = load(ROOT / "rulesets" / name), load(ROOT / "rulesets" / name)
    assert _entry(kept)
    assert _parts(first) == _parts(again) == _parts(load_ruleset(ROOT / "rulesets" / name))
    assert digest_of(again) == again.digest


def test_an_entry_is_data_that_only_its_owner_may_touch(tmp_path: Path, kept: Path) -> None:
    load(write_ruleset(tmp_path / "r"))
    _, places, body = _entry(kept).read_bytes().split(b"\n")
    assert json.loads(places)["rule/alpha-first"].startswith("therapies/alpha.yaml:")
    assert json.loads(body)["\0"] == "Ruleset"
    assert _entry(kept).stat().st_mode & 0o777 == 0o600
    assert kept.stat().st_mode & 0o777 == 0o700


def test_layout_and_comments_do_not_change_the_digest_and_content_does(tmp_path: Path, kept: Path) -> None:
    plain = load(write_ruleset(tmp_path / "a")).digest
    assert load(write_ruleset(tmp_path / "b", alpha=f"# A comment.\n\n{ALPHA}")).digest == plain
    assert load(write_ruleset(tmp_path / "c", alpha=ALPHA.replace("name: Alpha\n", "name: Alphb\n"))).digest != plain


def _forge(path: Path, old: bytes, new: bytes) -> None:
    """Another content, with every checksum right."""
    _, places, body = path.read_bytes().split(b"\n")
    assert old in body
    body = body.replace(old, new)
    whole = places + b"\n" + body
    path.write_bytes(b"%08x\n%b" % (crc32(whole), whole))


def test_a_forged_entry_cannot_answer_under_the_genuine_digest(tmp_path: Path, kept: Path) -> None:
    folder = write_ruleset(tmp_path / "r")
    genuine = hepatica.evaluate(load(folder), FACTS)
    _forge(_entry(kept), b'"standing":"standard"', b'"standing":"early_signal"')
    forged = hepatica.evaluate(load(folder), FACTS)
    assert forged.options != genuine.options
    assert forged.ruleset.digest != genuine.ruleset.digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'{"\\u0000":"Ruleset"', b'{"\\u0000":"Therapy"'),
        (b'{"\\u0000":"Study"', b'{"\\u0000":"Popen"'),
        (b'{"\\u0000":"Study"', b'{"unheard_of":1,"\\u0000":"Study"'),
        (b'{"\\u0000":"Study"', b'{"\\u0000":["Study"]'),
        (b'{"\\u0000":"Study"', b'{"\\u0000":"Fields","own":["x"]}, {"\\u0000":"Study"'),
    ],
)
def test_what_is_no_ruleset_is_not_recalled(old: bytes, new: bytes, tmp_path: Path, kept: Path) -> None:
    folder = write_ruleset(tmp_path / "r")
    digest = load(folder).digest
    _forge(_entry(kept), old, new)
    assert load(folder).digest == digest


def test_damage_is_noticed(tmp_path: Path, kept: Path) -> None:
    folder = write_ruleset(tmp_path / "r")
    right, path = load(folder), _entry(kept)
    data = path.read_bytes()
    for position in range(0, len(data), max(1, len(data) // 40)):
        path.write_bytes(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :])
        assert _parts(load(folder)) == _parts(right)


@pytest.mark.skipif(os.name != "posix", reason="modes and owners are POSIX's")
def test_what_others_may_write_or_is_no_plain_file_is_not_read(tmp_path: Path, kept: Path) -> None:
    folder = write_ruleset(tmp_path / "r")
    genuine = load(folder).digest
    path = _entry(kept)
    _forge(path, b'"standing":"standard"', b'"standing":"early_signal"')
    assert load(folder).digest != genuine, "the forgery is one that would be read"
    path.chmod(0o622)
    assert load(folder).digest == genuine
    specials: tuple[Callable[[], None], ...] = (lambda: os.mkfifo(path), lambda: path.symlink_to("/dev/zero"), path.mkdir)
    for special in specials:
        path.unlink()
        special()
        assert load(folder).digest == genuine
        if path.is_dir():
            path.rmdir()
            path.touch()
    kept.chmod(0o777)
    path.unlink(missing_ok=True)
    assert load(folder).digest == genuine
    assert not list(kept.iterdir()), "nothing is kept where others may write"


@pytest.mark.parametrize("word", ["off", "OFF", "0", "no", " Off "])
def test_it_can_be_switched_off(word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEPATICA_CACHE", word)
    monkeypatch.chdir(tmp_path)
    load(write_ruleset(tmp_path / "r"))
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


def test_a_home_is_understood_and_none_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HEPATICA_CACHE", "~/mine")
    assert cache_folder() == str(tmp_path / "mine")
    monkeypatch.delenv("HEPATICA_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder() == str(tmp_path / ".cache" / "hepatica")
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # as where there is no home
    assert cache_folder() is None


def test_the_same_words_elsewhere_are_another_entry(tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A base named from where one stands shows other places: what was kept for one folder is not given to another."""
    for place in ("a", "b"):
        write_ruleset(tmp_path / place / "base")
        rules = tmp_path / place / "rules"
        rules.mkdir()
        (rules / "ruleset.yaml").write_text(
            "extends: ../base\nruleset: own\nversion: 1.0.0\nas_of: 2016-08\n"
            "title: Own\nsource: {citation: A text, basis: recalled}\n",
            encoding="utf-8",
        )
        monkeypatch.chdir(tmp_path / place)
        try:
            load("rules")
        except hepatica.InvalidInput:
            pytest.skip("such a card is no longer complete")
    assert len(list(kept.glob("*.ruleset"))) == 2


def test_only_a_few_are_kept_and_nothing_half_written(tmp_path: Path, kept: Path) -> None:
    for number in range(19):
        load(write_ruleset(tmp_path / f"r{number}"))
    assert len(list(kept.iterdir())) == 16


def _compiled(kept: Path, folder: Path) -> tuple[Path, Answer]:
    """The entry of what is compiled of a ruleset, which is written by its first answer, and that answer."""
    ruleset = load(folder)
    answer = hepatica.evaluate(ruleset, FACTS)
    (path,) = kept.glob("*.compiled")
    return path, answer


def test_what_is_compiled_is_kept_and_answers_alike(tmp_path: Path, kept: Path) -> None:
    path, first = _compiled(kept, write_ruleset(tmp_path / "r"))
    _, body = path.read_bytes().split(b"\n")
    json.loads(body)
    again = hepatica.evaluate(load(tmp_path / "r"), FACTS)
    assert again.to_dict() == first.to_dict()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("part", range(3))
def test_no_answer_comes_of_compiled_rules_that_someone_changed(part: int, tmp_path: Path, kept: Path) -> None:
    """Strata, width, fields: with any other the whole answer, reasons and all, is the genuine one, or there is none."""
    path, genuine = _compiled(kept, write_ruleset(tmp_path / "r"))
    _, body = path.read_bytes().split(b"\n")
    for mangle in (_emptied, _turned, _swapped):
        parts = json.loads(body)
        parts[part] = mangle(parts[part])
        forged = json.dumps(parts).encode()
        path.write_bytes(b"%08x\n%b" % (crc32(forged), forged))
        try:
            assert hepatica.evaluate(load(tmp_path / "r"), FACTS).to_dict() == genuine.to_dict()
        except hepatica.InternalError:
            continue


def _emptied(part: Any) -> Any:
    return type(part)()


def _swapped(part: Any) -> Any:
    """The same shape with every list turned round: what is said by one rule is said by another."""
    return [_swapped(inner) for inner in reversed(part)] if isinstance(part, list) else part


def _turned(part: Any) -> Any:
    """The same shape with every number and comparison another."""
    if isinstance(part, list):
        return [_turned(inner) for inner in part]
    if isinstance(part, dict):
        return {name: _turned(inner) for name, inner in part.items()}
    if isinstance(part, str):
        return part.replace('"y"', '"n"') if "y" in part else part
    return part ^ 1 if isinstance(part, int) and not isinstance(part, bool) else part


def test_a_folder_that_cannot_be_written_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    monkeypatch.setenv("HEPATICA_CACHE", str(blocked / "below"))
    assert load(write_ruleset(tmp_path / "r")).card.id == "tiny"
