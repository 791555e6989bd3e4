"""A ruleset as it stood at a git revision, read from git's own storage: nothing is checked out, written, fetched or run.

The repository may be nobody's friend. Its configuration can name commands that git runs when it has to fetch a missing object,
so lazy fetching is off and every protocol is refused; and what the caller's own git left in the environment (a hook sets
GIT_DIR, for example) would point to another repository, so none of it is passed on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from hepatica.documents import read_yaml
from hepatica.knowledge import CARD, CASES, MAX_FILES, MAX_TOTAL, RulesetFiles, belongs, gather
from hepatica.problems import InvalidInput, quote

if TYPE_CHECKING:
    from subprocess import CompletedProcess

TIMEOUT = 30
LONGEST_REVISION = 200
LONGEST_LISTING = 4_194_304
MOST_CARDS = 200
_LINK, _MODULE = "120000", "160000"
_SAFE = {
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_OPTIONS = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never", "--no-pager")


class PastRuleset(NamedTuple):
    """A ruleset's files as they were, and what reads its case files, by their names in it."""

    files: RulesetFiles
    cases: Callable[[], dict[str, bytes]]


def ruleset_at(folder: Path, revision: str) -> PastRuleset | None:
    """The ruleset that stands in `folder` as it was at `revision`; raises `InvalidInput`.

    Where the folder was called otherwise then, the one that holds a ruleset of the same id is read. None where there was none:
    the ruleset is new.
    """
    at, own = _Revision(folder, revision), folder.resolve()
    inside = at.relative(own)
    if at.holds(inside):
        return PastRuleset(_as_in(folder, at.files(own)), partial(at.cases, inside))
    other = at.renamed(own)
    return PastRuleset(at.files(at.top / other), partial(at.cases, other)) if other is not None else None


def _as_in(folder: Path, files: RulesetFiles) -> RulesetFiles:
    """The files, those that still stand in `folder` byte for byte under their name there: one reader then does for both."""

    def kept(name: str, data: bytes) -> bool:
        try:
            return (folder / name).read_bytes() == data
        except OSError:
            return False

    shown = {name: str(folder / name) for name, data in files.contents.items() if kept(name, data)}
    return replace(files, shown={**files.shown, **shown})


def ruleset_in(path: str, revision: str) -> PastRuleset:
    """The ruleset in a folder of the repository that the working folder is in, as at `revision`."""
    at, home = _Revision(Path.cwd(), revision), (Path.cwd() / path).resolve()
    inside = at.relative(home)
    if not at.holds(inside):
        _refuse(f"{revision}:{path}", "no-ruleset", _NO_CARD)
    return PastRuleset(at.files(home), partial(at.cases, inside))


def merge_base(folder: Path, revision: str) -> str:
    """The commit where the present line of work left `revision`; raises `InvalidInput`."""
    at = _Revision(folder, revision)
    found = _git(at.top, "merge-base", "HEAD", at.commit)
    if found.returncode:
        _refuse(revision, "no-merge-base", f"{quote(revision)} and HEAD have no commit in common")
    return _text(found.stdout)


class _Revision:
    """One commit of the repository that a folder lies in."""

    def __init__(self, folder: Path, revision: str) -> None:
        start = folder.resolve()
        while not start.is_dir():
            start = start.parent
        top = _git(start, "rev-parse", "--show-toplevel")
        if b"dubious ownership" in top.stderr:
            what = f"git refuses the repository around {folder}, which belongs to another user"
            trust = "if you trust it: git config --global --add safe.directory FOLDER"
            _refuse(revision, "dubious-ownership", f"{what}; {trust}")
        if top.returncode:
            what = f"{quote(revision)} is no ruleset, and {folder} is in no git repository"
            _refuse(revision, "no-repository", f"{what} that could know it as a revision; --ruleset names another ruleset")
        self.top, self.revision = Path(_text(top.stdout)), revision
        usable = revision.isprintable() and 0 < len(revision) <= LONGEST_REVISION
        # --end-of-options: a revision that begins with a dash is never an option.
        asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        found = _git(self.top, *asked) if usable else None
        if found is None or found.returncode or not found.stdout.strip():
            # Before the first commit of a branch even HEAD is no revision, and it is not misspelt.
            if _git(self.top, "rev-parse", "--verify", "--quiet", "HEAD").returncode:
                what = f"the branch of {self.top} has no commit yet, so there is nothing to hold the ruleset against"
                _refuse(revision[:LONGEST_REVISION], "no-commit", f"{what}; commit it first, or compare two folders")
            message = f"{quote(revision)} is neither a ruleset's folder or id nor a revision of {self.top}"
            _refuse(revision[:LONGEST_REVISION], "unknown-revision", message)
        self.commit = _text(found.stdout).splitlines()[0]

    def cases(self, inside: str) -> dict[str, bytes]:
        """The case files of the ruleset in a folder of the repository."""
        lead = f"{inside}/" if inside else ""
        listed = [(blob, path) for mode, blob, path in self._entries(f"{lead}{CASES}") if mode not in (_LINK, _MODULE)]
        return self._contents({path.removeprefix(lead): blob for blob, path in listed if path.endswith((".yaml", ".yml"))})

    def files(self, home: Path) -> RulesetFiles:
        """The files of the ruleset in a folder, and of those that it is laid over."""
        return replace(gather(home, self._read), root=Path(f"{self.revision}:{self.relative(home)}"))

    def relative(self, folder: Path) -> str:
        """The folder as the repository names it, empty for its root; raises `InvalidInput` where it lies outside."""
        if not folder.is_relative_to(self.top):
            _refuse(str(folder), "outside-repository", f"not inside {self.top}")
        inside = folder.relative_to(self.top).as_posix()
        return "" if inside == "." else inside

    def holds(self, inside: str) -> bool:
        """Whether a ruleset stood in a folder."""
        card = f"{inside}/{CARD}" if inside else CARD
        return any(path == card for _, _, path in self._entries(card))

    def renamed(self, folder: Path) -> str | None:
        """The one other folder in which a ruleset of the same id stood; None where there is none, or there are several."""
        own = _id_in((folder / CARD).read_bytes()) if (folder / CARD).is_file() else ""
        cards = {path: blob for _, blob, path in self._entries("") if path.rpartition("/")[2] == CARD}
        if not own or len(cards) > MOST_CARDS:
            return None
        homes = [path.rpartition("/")[0] for path, data in self._contents(cards).items() if _id_in(data) == own]
        return homes[0] if len(homes) == 1 else None

    def _read(self, folder: Path) -> RulesetFiles:
        inside = self.relative(folder)
        shown = f"{self.revision}:{inside or '.'}"
        listed = dict(self._belonging(inside, shown))
        if CARD not in listed:
            _refuse(shown, "no-ruleset", _NO_CARD)
        if len(listed) > MAX_FILES:
            _refuse(shown, "too-large", f"more than {MAX_FILES} files")
        contents = self._contents(listed)
        return RulesetFiles(folder, contents, {name: f"{shown}/{name}" for name in contents})

    def _belonging(self, inside: str, shown: str) -> Iterator[tuple[str, str]]:
        """The ruleset's own files below a folder, each with its object."""
        for mode, blob, path in self._entries(inside):
            name = path.removeprefix(f"{inside}/") if inside else path
            if mode in (_LINK, _MODULE) and (name.partition("/")[0] in _OWN_NAMES):
                what = "a symbolic link" if mode == _LINK else "a submodule"
                _refuse(f"{shown}/{name}", "link", f"is {what} at that revision; a ruleset is read from plain files")
            # No part of it are its cases, dot files, and at a repository's root whatever else lies there.
            first = name.partition("/")[0]
            hidden = first == CASES or any(part.startswith(".") for part in name.split("/"))
            hidden = hidden or not (inside or first in _OWN_NAMES)
            if mode not in (_LINK, _MODULE) and name.endswith((".yaml", ".yml")) and not hidden:
                if not belongs(name):
                    _refuse(f"{shown}/{name}", "misplaced-file", "no part of a ruleset")
                yield name, blob

    def _entries(self, inside: str) -> Iterator[tuple[str, str, str]]:
        """Every file below a path: its mode, its object, and its path in the repository."""
        where = ("--", f":(literal){inside}") if inside else ()
        found = _git(self.top, "ls-tree", "-r", "-z", "--full-tree", self.commit, *where)
        if found.returncode:
            _broken(self.revision, found)
        if len(found.stdout) > LONGEST_LISTING:
            _refuse(self.revision, "too-large", f"more than {LONGEST_LISTING} bytes of file names")
        for entry in filter(None, found.stdout.decode("utf-8", "replace").split("\0")):
            head, _, path = entry.partition("\t")
            mode, _, blob = head.split()
            yield mode, blob, path

    def _contents(self, blobs: Mapping[str, str]) -> dict[str, bytes]:
        """The bytes of files by name, asked for in one go after their sizes."""
        if not blobs:
            return {}
        asked = "".join(f"{blob}\n" for blob in blobs.values()).encode()
        sizes = _git(self.top, "cat-file", "--batch-check", given=asked)
        lines = _text(sizes.stdout).splitlines()
        for name, line in zip(blobs, lines, strict=False):
            if line.endswith("missing"):
                what = f"the repository does not hold {name} of that revision"
                _refuse(self.revision, "missing-object", f"{what} (a partial clone, or damaged); nothing is fetched")
        if sum(int(line.rpartition(" ")[2]) for line in lines) > MAX_TOTAL:
            _refuse(self.revision, "too-large", f"more than {MAX_TOTAL} bytes")
        found = _git(self.top, "cat-file", "--batch", given=asked)
        for answer in (sizes, found):
            if answer.returncode:
                _broken(self.revision, answer)
        return dict(self._split(blobs, found.stdout))

    def _split(self, blobs: Mapping[str, str], data: bytes) -> Iterator[tuple[str, bytes]]:
        """Each file's bytes from the output of `cat-file --batch`: a line with name, kind and size, then the content."""
        start = 0
        for name, blob in blobs.items():
            head = data[start : start + 200].partition(b"\n")[0]
            words = head.decode("ascii", "replace").split(" ")
            if words[:2] != [blob, "blob"] or len(words) != 3:
                _refuse(self.revision, "damaged-object", f"git could not give {name} of that revision; try git fsck")
            start += len(head) + 1
            end = start + int(words[2])
            yield name, data[start:end]
            start = end + 1


_NO_CARD = f"no {CARD} there at that revision"
_OWN_NAMES = ("ruleset.yaml", "concepts.yaml", "fields.yaml", "references.yaml", "therapies", "notes", "omissions")


def _id_in(card: bytes) -> str:
    """The id that a card gives its ruleset; empty where it cannot be read."""
    try:
        node = read_yaml(card, CARD)
    except InvalidInput:
        return ""
    named = node.value.get("ruleset") if isinstance(node.value, dict) else None
    return named.raw if named is not None else ""


def _text(out: bytes) -> str:
    """What a command printed, without the last line break."""
    return os.fsdecode(out).rstrip("\n")


def _git(folder: Path, *arguments: str, given: bytes = b"") -> CompletedProcess[bytes]:
    """Run a git command that only reads; raises `InvalidInput` where git cannot be run at all."""
    import subprocess  # two folders are compared without it

    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", *_OPTIONS, "-C", str(folder), *arguments]
    try:
        return subprocess.run(command, input=given, capture_output=True, timeout=TIMEOUT, env=kept | _SAFE, check=False)
    except FileNotFoundError:
        _refuse("git", "no-git", "git is not installed; give two folders instead")
    except subprocess.TimeoutExpired:
        _refuse("git", "git", f"git took longer than {TIMEOUT} seconds")


def _broken(revision: str, answer: CompletedProcess[bytes]) -> NoReturn:
    error = answer.stderr.decode("utf-8", "replace")
    reason = next((line for line in error.splitlines() if line.strip()), "no reason given")
    _refuse(revision, "damaged-object", f"git cannot read that revision: {quote(reason)}; try git fsck")


def _refuse(file: str, code: str, message: str) -> NoReturn:
    shown = "".join(char if char.isprintable() else "\ufffd" for char in file)
    raise InvalidInput.at(shown, code, message) from None
