"""What the page serves: rulesets ready to answer, and the example patients to start from. Built once, read by all threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from hepatica.knowledge import Ruleset
from hepatica.patient import Profile, read_profile
from hepatica.web.query import QueryReader

MOST_DOCUMENTS = 64

V = TypeVar("V")


class DocumentCache(Generic[V]):
    """At most so many documents by key, the oldest leaving first. Only for what is the same for everybody: nothing about a
    patient is ever kept.
    """

    def __init__(self, most: int = MOST_DOCUMENTS) -> None:
        self._most = most
        self._documents: dict[Hashable, V] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """The document of `key`, made now where it is not kept; made once, however many threads ask."""
        # Made inside the lock: those who ask for the same meanwhile wait for it, and do not make it again.
        with self._lock:
            if key not in self._documents:
                made = make()
                while len(self._documents) >= self._most:
                    del self._documents[next(iter(self._documents))]
                self._documents[key] = made
            return self._documents[key]


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
        # Two, so that a listing never waits for a quiz or a comparison of rulesets that takes seconds.
        self.documents: DocumentCache[Any] = DocumentCache()
        self.listings: DocumentCache[Any] = DocumentCache()


def _example(path: Path) -> ServedPatient:
    profile = read_profile(path)
    query = QueryReader(profile.fields).write(profile)
    return ServedPatient(name=path.stem, title=profile.label or path.stem.replace("-", " "), profile=profile, query=query)
