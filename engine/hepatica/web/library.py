"""What the page serves: rulesets ready to answer, and the example patients to start from."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from anyio import BrokenWorkerProcess, CapacityLimiter, to_process

from hepatica.knowledge import Ruleset
from hepatica.patient import Profile, read_profile
from hepatica.web.query import QueryReader

V = TypeVar("V")


class DocumentCache:
    """At most so many documents by key, the oldest leaving first. Only for what is the same for everybody: nothing about a
    patient is ever kept.
    """

    def __init__(self, most: int = 256) -> None:
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
        self._turn = CapacityLimiter(1)
        self._documents: dict[Hashable, asyncio.Task[Any]] = {}

    def get(self, key: Hashable, make: Callable[..., V], *given: Any) -> V | None:
        """What `make` makes of the given, by its key; None while it is being made. All of it can be pickled.

        Raises what `make` does, and `BrokenWorkerProcess` where the process ended without a word: who asks again begins anew.
        """
        if key not in self._documents:
            work = to_process.run_sync(_made_last, make, *given, cancellable=True, limiter=self._turn)
            self._documents[key] = asyncio.get_running_loop().create_task(work)
        found = self._documents[key]
        if not found.done():
            return None
        if isinstance(found.exception(), BrokenWorkerProcess):
            del self._documents[key]
        made: V = found.result()
        return made


def _made_last(make: Callable[..., V], *given: Any) -> V:
    # Ctrl-C reaches this process, too, and is for the server to answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.setpriority(os.PRIO_PROCESS, 0, 10)
    return make(*given)


class ServedPatient(NamedTuple):
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
        self.examples: dict[str, ServedPatient] = {}
        for path in sorted(patients.glob("*.yaml")):
            profile = read_profile(path)
            title, query = profile.label or path.stem.replace("-", " "), QueryReader(profile.fields).write(profile)
            self.examples[path.stem] = ServedPatient(title, profile, query)
        self.documents, self.apart = DocumentCache(), DocumentsApart()
