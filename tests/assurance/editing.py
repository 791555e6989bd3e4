"""A small ruleset and its copy, to edit and compare."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

from tests.making import write_ruleset


def edit(folder: Path, therapy: str, before: str, after: str) -> None:
    """Replace some text of a therapy's file."""
    file = folder / "therapies" / f"{therapy}.yaml"
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def raise_version(folder: Path) -> None:
    """Give a ruleset its next version, as an edit that changes answers must."""
    card = folder / "ruleset.yaml"
    card.write_text(card.read_text(encoding="utf-8").replace("version: 1.0.0", "version: 1.1.0"), encoding="utf-8")


def two(tmp_path: Path) -> tuple[Path, Path]:
    """A small ruleset and a copy of it."""
    old = write_ruleset(tmp_path / "old")
    return old, copytree(old, tmp_path / "new")
