"""What the page serves: rulesets ready to answer, and the example patients to start from."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hepatica.knowledge import Ruleset
from hepatica.patient import Profile, read_profile
from hepatica.problems import InvalidInput
from hepatica.web.query import QueryReader

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

MOST_DOCUMENTS = 256
NICENESS = 10

V = TypeVar("V")


class DocumentCache:
    """At most so many documents by key, the oldest leaving first. Only for what is the same for everybody: nothing about a
    patient is ever kept.
    """

    def __init__(self, most: int = MOST_DOCUMENTS) -> None:
        self._most = most
        self._documents: OrderedDict[Hashable, Any] = OrderedDict()

    def __contains__(self, key: Hashable) -> bool:
        return key in self._documents

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """The document of `key`, made now where it is not kept."""
        # Without a lock: two threads that make the same at once make it twice, and nobody waits for the other's.
        found: V | None = self._documents.get(key)
        if found is None:
            found = make()
            while len(self._documents) >= self._most:
                self._documents.popitem(last=False)
            self._documents[key] = found
        return found


class DocumentsApart:
    """Documents that take some ten seconds to make: each once, in a process of its own, one after the other, and after all else
    that the machine has to do. In a thread they would take half of the time from every answer.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._documents: dict[Hashable, Future[Any]] = {}

    def get(self, key: Hashable, make: Callable[..., V], *given: Any) -> V | None:
        """What `make` makes of the given, by its key; None while it is being made. All of it can be pickled.

        Raises `InvalidInput` as `make` does, and `EOFError` where the process ended without a word.
        """
        if key not in self._documents:
            self._documents[key] = Future()
            threading.Thread(target=self._fill, args=(self._documents[key], make, given), daemon=True).start()
        found = self._documents[key]
        return found.result() if found.done() else None

    def _fill(self, document: Future[Any], make: Callable[..., Any], given: tuple[Any, ...]) -> None:
        try:
            with self._turn:
                document.set_result(_made_apart(make, given))
        except (InvalidInput, EOFError) as error:
            document.set_exception(error)


def _made_apart(make: Callable[..., V], given: tuple[Any, ...]) -> V:
    # Begun anew, not forked: a fork would inherit what another thread is in the middle of.
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe(duplex=False)
    spawn.Process(target=_make_apart, args=(theirs, make, given), daemon=True).start()
    theirs.close()
    found: V | InvalidInput = ours.recv()
    if isinstance(found, InvalidInput):
        raise found
    return found


def _make_apart(answer: Connection, make: Callable[..., Any], given: tuple[Any, ...]) -> None:
    """What the other process does."""
    os.nice(NICENESS)
    end_with_parent()
    try:
        answer.send(make(*given))
    except InvalidInput as error:
        answer.send(error)


def end_with_parent() -> None:
    """Let this process end with the one that began it, however that ends. Ctrl-C reaches both, and is for that one to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedPatient:
    """A shipped patient: its title, what it holds, and the query that reproduces it."""

    title: str
    profile: Profile
    query: str


class RulesetLibrary:
    """Rulesets by the name they are served under, the first being the default, and the example patients by name.

    Raises `InvalidInput` where a patient's file in the folder `patients` cannot be read.
    """

    def __init__(self, rulesets: Mapping[str, Ruleset], patients: Path) -> None:
        self.rulesets = dict(rulesets)
        self.default = next(iter(self.rulesets))
        self.readers = {name: QueryReader(ruleset.fields) for name, ruleset in self.rulesets.items()}
        self.examples = {path.stem: _example(path) for path in sorted(patients.glob("*.yaml"))}
        self.documents, self.apart = DocumentCache(), DocumentsApart()


def _example(path: Path) -> ServedPatient:
    profile = read_profile(path)
    query = QueryReader(profile.fields).write(profile)
    return ServedPatient(title=profile.label or path.stem.replace("-", " "), profile=profile, query=query)
