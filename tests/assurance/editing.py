"""A small ruleset and its copy, to edit and compare."""

from __future__ import annotations

import os
import subprocess
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


def git(folder: Path, *arguments: str) -> None:
    identity = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, env=environment)


def commit(folder: Path, message: str) -> None:
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", message)
