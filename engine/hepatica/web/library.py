"""What the page serves: rulesets ready to answer, and the example patients to start from. Built once, read by all threads."""

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
        # Begun anew, not forked: a fork would inherit locks that another thread holds.
        self._context = multiprocessing.get_context("spawn")
        self._documents: dict[Hashable, Future[Any]] = {}
        self._lock, self._turn = threading.Lock(), threading.Lock()

    def get(self, key: Hashable, make: Callable[..., V], *given: Any) -> V | None:
        """What `make` makes of the given, by its key; None while it is being made. All of it can be pickled.

        Raises `InvalidInput` as `make` does, and `RuntimeError` where the process ended without a word.
        """
        with self._lock:
            found = self._documents.get(key)
            if found is None:
                self._documents[key] = found = Future()
                threading.Thread(target=self._fill, args=(found, make, given), daemon=True).start()
        made: V | None = found.result() if found.done() else None
        return made

    def _fill(self, document: Future[Any], make: Callable[..., Any], given: tuple[Any, ...]) -> None:
        with self._turn:
            ours, theirs = self._context.Pipe(duplex=False)
            self._context.Process(target=_make_apart, args=(theirs, make, given), daemon=True).start()
            theirs.close()
            try:
                found, error = ours.recv()
            except EOFError:
                found, error = None, RuntimeError("the process that made it has ended")
        if error is None:
            document.set_result(found)
        else:
            document.set_exception(error)


def _make_apart(answer: Connection, make: Callable[..., Any], given: tuple[Any, ...]) -> None:
    """What the other process does."""
    os.nice(NICENESS)
    # Ctrl-C reaches both processes and is for the server to answer; without the server nobody waits for this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
    try:
        answer.send((make(*given), None))
    except InvalidInput as error:
        answer.send((None, error))


def end_with_parent() -> None:
    """Wait for the process that began this one, and end with it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedPatient:
    """A shipped patient: its file's name, its title, what it holds, and the query that reproduces it."""

    name: str
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
        self.documents = DocumentCache()
        self.apart = DocumentsApart()


def _example(path: Path) -> ServedPatient:
    profile = read_profile(path)
    query = QueryReader(profile.fields).write(profile)
    return ServedPatient(name=path.stem, title=profile.label or path.stem.replace("-", " "), profile=profile, query=query)
