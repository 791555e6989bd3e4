"""Results that are the same for everybody and slow to make: each is made once, by one thread at a time."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

MOST_KEPT = 64
SECONDS = 10.0

V = TypeVar("V")


class Busy(Exception):
    """Others are being served; the request may be tried again."""


class Kept(Generic[V]):
    """At most so many results by key, the least recently made leaving first. Nothing about a patient is ever kept."""

    def __init__(self, most: int = MOST_KEPT, seconds: float = SECONDS) -> None:
        self._most = most
        self._seconds = seconds
        self._results: dict[Hashable, V] = {}
        self._making = Lock()

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """The result of `key`, made now where it is not kept. Raises `Busy` after waiting too long for other makers."""
        known = self._results.get(key)
        if known is not None:
            return known
        if not self._making.acquire(timeout=self._seconds):
            raise Busy
        try:
            if key not in self._results:
                while len(self._results) >= self._most:
                    del self._results[next(iter(self._results))]
                self._results[key] = make()
            return self._results[key]
        finally:
            self._making.release()
