"""A ruleset as it stood at a git revision, read from git's own storage: nothing is checked out, nothing is written."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from hepatica.knowledge import CARD, CASES, MAX_FILES, MAX_TOTAL, RulesetFiles, belongs, gather
from hepatica.problems import InvalidInput, Problem, quote

TIMEOUT = 30
LONGEST_REVISION = 200
LONGEST_LISTING = 4_194_304


class _File(NamedTuple):
    name: str
    blob: str
    size: int


def files_at(folder: Path, revision: str) -> RulesetFiles:
    """The files of the ruleset that stands in `folder`, as they were at `revision`; raises `InvalidInput`."""
    at = _Revision(folder.resolve(), revision)
    files = gather(folder.resolve(), at.read)
    return RulesetFiles(Path(f"{revision}:{at.relative(folder.resolve())}"), files.contents, files.shown)


def merge_base(folder: Path, revision: str) -> str:
    """The commit where the present line of work left `revision`; raises `InvalidInput`."""
    at = _Revision(folder.resolve(), revision)
    found = _git(at.top, "merge-base", "HEAD", at.commit)
    if found is None:
        raise InvalidInput([Problem(revision, 1, 1, "no-merge-base", f"{quote(revision)} and HEAD have no commit in common")])
    return found.decode().strip()


class _Revision:
    def __init__(self, folder: Path, revision: str) -> None:
        top = _git(folder if folder.is_dir() else Path.cwd(), "rev-parse", "--show-toplevel")
        if top is None:
            message = f"{quote(revision)} is no ruleset, and {folder} is in no git repository that could know it as a revision"
            raise InvalidInput([Problem(revision, 1, 1, "no-repository", message)])
        self.top = Path(top.decode().rstrip("\n"))
        self.revision = revision
        self.commit = self._commit()

    def _commit(self) -> str:
        usable = self.revision.isprintable() and 0 < len(self.revision) <= LONGEST_REVISION
        found = (
            _git(self.top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{self.revision}^{{commit}}")
            if usable
            else None
        )
        if found is None:
            message = f"{quote(self.revision)} is neither a ruleset's folder or id nor a revision of {self.top}"
            raise InvalidInput([Problem(self.revision[:LONGEST_REVISION], 1, 1, "unknown-revision", message)])
        return found.decode().strip()

    def relative(self, folder: Path) -> str:
        """The folder as the repository names it; raises `InvalidInput` where it lies outside."""
        if not folder.is_relative_to(self.top):
            raise InvalidInput([Problem(str(folder), 1, 1, "outside-repository", f"not inside {self.top}")])
        return folder.relative_to(self.top).as_posix()

    def read(self, folder: Path) -> RulesetFiles:
        """The files of one folder at this revision."""
        inside = self.relative(folder)
        shown = f"{self.revision}:{inside}"
        listed = list(self._listed(inside, shown))
        if not any(file.name == CARD for file in listed):
            raise InvalidInput([Problem(shown, 1, 1, "no-ruleset", f"no {CARD} there at that revision")])
        if len(listed) > MAX_FILES or sum(file.size for file in listed) > MAX_TOTAL:
            raise InvalidInput([Problem(shown, 1, 1, "too-large", f"more than {MAX_FILES} files or {MAX_TOTAL} bytes")])
        contents = dict(zip((file.name for file in listed), self._blobs([file.blob for file in listed]), strict=True))
        return RulesetFiles(folder, contents, {name: f"{shown}/{name}" for name in contents})

    def _listed(self, inside: str, shown: str) -> Iterator[_File]:
        listing = _git(self.top, "ls-tree", "-r", "-z", "-l", self.commit, "--", f":(literal){inside}/") or b""
        if len(listing) > LONGEST_LISTING:
            raise InvalidInput([Problem(shown, 1, 1, "too-large", f"more than {MAX_FILES} files")])
        for entry in filter(None, listing.decode("utf-8", "replace").split("\0")):
            head, _, path = entry.partition("\t")
            _, kind, blob, size = head.split()
            name = path.removeprefix(f"{inside}/")
            if kind == "blob" and name.endswith((".yaml", ".yml")) and not name.startswith(f"{CASES}/"):
                if not belongs(name):
                    raise InvalidInput([Problem(f"{shown}/{name}", 1, 1, "misplaced-file", "no part of a ruleset")])
                yield _File(name, blob, int(size))

    def _blobs(self, names: list[str]) -> Iterator[bytes]:
        """The contents of blobs, asked for in one go."""
        asked = "".join(f"{name}\n" for name in names).encode()
        data = _git(self.top, "cat-file", "--batch", given=asked) or b""
        start = 0
        for name in names:
            head, _, _ = data[start : start + 200].partition(b"\n")
            blob, kind, size = head.decode("ascii", "replace").split(" ")
            if (blob, kind) != (name, "blob"):
                raise InvalidInput([Problem(self.revision, 1, 1, "unreadable", f"git could not give {name}")])
            start += len(head) + 1
            yield data[start : start + int(size)]
            start += int(size) + 1


def _git(folder: Path, *arguments: str, given: bytes = b"") -> bytes | None:
    """What a git command prints; None where it fails. Raises `InvalidInput` where git cannot be run at all."""
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
    command = ["git", "--no-replace-objects", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, input=given, capture_output=True, timeout=TIMEOUT, env=environment, check=False)
    except FileNotFoundError:
        raise InvalidInput([Problem("git", 1, 1, "no-git", "git is not installed; give two folders instead")]) from None
    except subprocess.TimeoutExpired:
        raise InvalidInput([Problem("git", 1, 1, "git", f"git took longer than {TIMEOUT} seconds")]) from None
    return done.stdout if done.returncode == 0 else None
