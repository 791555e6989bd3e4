"""What must hold of every input, whatever it is: how a command is run in this process, and what is looked at afterwards."""

from __future__ import annotations

import io
import json
import os
import re
import resource
import signal
import subprocess
import sys
import traceback
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema_rs

from hepatica.cli.main import run

# Processor seconds, not the clock's: a busy machine makes nothing a finding.
LONGEST_SECONDS = 30.0
MAY_TAKE_MB = 700
# Commands whose exit code 1 says that they found something.
FINDERS = ("check", "coverage", "diff", "mutate", "test", "evidence")
_LOCATED = re.compile(r".+?:\d+:\d+: [a-z0-9-]+: .+|\.\.\. and \d+ more")
_USAGE = re.compile(r"Usage: hepatica|Try 'hepatica|Error: |$|hepatica: (?!internal error)|warning: |note: |\d+ witnesses more")
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


class Finding(AssertionError):
    """Something that must never be."""


class TooLong(BaseException):
    """Raised in work that has used up its processor seconds."""


@dataclass(frozen=True)
class Outcome:
    """What a command did: exit code, output, errors."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def format(self) -> str:
        """The format that was asked for; none where a file was written instead."""
        if "-o" in self.arguments:
            return ""
        return self.arguments[self.arguments.index("-f") + 1] if "-f" in self.arguments else "text"


def outcome(arguments: Sequence[str], stdin: bytes = b"") -> Outcome:
    """Run a command line in this process; raises `Finding` where it fails in any way but the stated ones."""
    streams = sys.stdin, sys.stdout, sys.stderr
    out, err = io.BytesIO(), io.BytesIO()
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin), "utf-8")
    sys.stdout, sys.stderr = (io.TextIOWrapper(stream, "utf-8", newline="\n") for stream in (out, err))
    try:
        with bounded():
            code = run(list(arguments))
        sys.stdout.flush()
        sys.stderr.flush()
        return Outcome(tuple(arguments), code, out.getvalue().decode(), err.getvalue().decode())
    finally:
        sys.stdin, sys.stdout, sys.stderr = streams


@contextmanager
def bounded() -> Iterator[None]:
    """Work that may raise nothing, and has bounds of processor time and memory."""

    def stop(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, stop)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    signal.setitimer(signal.ITIMER_PROF, LONGEST_SECONDS)
    try:
        yield
    except Finding:
        raise
    except TooLong:
        raise Finding(f"more than {LONGEST_SECONDS:.0f} processor seconds") from None
    except Exception as error:
        frames = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)][-3:]
        raise Finding(f"traceback: {type(error).__name__}: {error} at {' < '.join(reversed(frames))}"[:500]) from error
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) / 1024
    if grown > MAY_TAKE_MB:
        raise Finding(f"{grown:.0f} MB of memory")


def held(done: Outcome, kind: str = "") -> Outcome:
    """An outcome of which everything holds that must; `kind` names the schema of its JSON."""
    if done.code not in ((0, 1, 2) if done.arguments[0] in FINDERS else (0, 2)):
        raise Finding(f"exit code {done.code}")
    unclean(done.out, "standard output")
    unclean(done.err, "standard error")
    if done.code == 2:
        _told(done)
    elif done.format == "json":
        _fits(done.out, kind)
    elif done.format in ("html", "svg"):
        inert(done.out)
    elif done.format in ("text", "markdown") and "not a medical device" not in " ".join(done.out.replace("> ", "").split()):
        raise Finding("an output without the notice")
    return done


def same_again(done: Outcome, stdin: bytes = b"", elsewhere: bool = False) -> None:
    """The command once more gives the same bytes; `elsewhere` in a process of its own, with another seed of Python's hashes."""
    if not elsewhere:
        again = outcome(done.arguments, stdin)
    else:
        environment = {**os.environ, "PYTHONHASHSEED": "4321", "HEPATICA_CACHE": "off", "PYTHONIOENCODING": "utf-8"}
        command = [sys.executable, "-m", "hepatica", *done.arguments]
        ran = subprocess.run(command, input=stdin, capture_output=True, env=environment, timeout=600, check=False)
        again = Outcome(done.arguments, ran.returncode, ran.stdout.decode(), ran.stderr.decode())
    if again != done:
        raise Finding(f"another {'exit code' if again.code != done.code else 'output'} the second time")


def unclean(text: str, where: str) -> None:
    """Raises `Finding` where a text holds what could steer a terminal or turn the direction of a line."""
    for char in dict.fromkeys(text):
        if char in _TURNING or (unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") and char not in "\n\t\r"):
            at = text.index(char)
            raise Finding(f"U+{ord(char):04X} on {where}, after {text[max(0, at - 40) : at]!a}")


def _told(done: Outcome) -> None:
    lines = done.err.rstrip("\n").split("\n")
    usage = any(line.startswith("Error: ") for line in lines)
    for line in lines:
        if not (_USAGE.match(line) if usage or not _LOCATED.match(line) else True) or not done.err.strip():
            raise Finding(f"a problem without a place: {line[:200]!r}")
    if "internal error" in done.err:
        raise Finding(done.err[:300])


def _fits(text: str, kind: str) -> None:
    try:
        result = json.loads(text, parse_constant=_no_number)
    except ValueError as error:
        raise Finding(f"no JSON: {error}") from None
    if kind:
        for one in result if isinstance(result, list) else [result]:
            fits(one, schema_of(kind))


def fits(result: Any, schema: jsonschema_rs.Draft202012Validator) -> None:
    """Raises `Finding` where a result does not fit its schema."""
    for error in schema.iter_errors(result):
        raise Finding(f"not as its schema says: {error.instance_path}: {error.message[:200]}")


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no JSON number")


@cache
def schema_of(kind: str) -> jsonschema_rs.Draft202012Validator:
    """The schema that `hepatica schema` gives a result."""
    return jsonschema_rs.Draft202012Validator(json.loads(outcome(["schema", kind]).out))


class _Tags(HTMLParser):
    """Notes whatever would run, or lead to what runs."""

    def __init__(self) -> None:
        super().__init__()
        self.alive: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        local = tag == "script" and (named.get("src") or "").startswith("/static/")
        handlers = [name for name in named if name.startswith("on")]
        links = [value for name, value in attrs if name in ("href", "src", "xlink:href", "action")]
        live = [value for value in links if re.match(r"[\s\x00-\x1f]*(javascript|data|vbscript):", value or "", re.IGNORECASE)]
        if (tag in ("script", "iframe", "object", "embed") and not local) or handlers or live:
            self.alive.append(f"<{tag} {attrs}>")


def inert(page: str) -> None:
    """Raises `Finding` where a page or a picture holds anything that runs and is not the program's own."""
    tags = _Tags()
    tags.feed(page)
    if tags.alive:
        raise Finding(f"a page that runs something: {tags.alive[0][:200]}")
