"""Slow results are made once, kept within bounds, and nobody waits for ever."""

from __future__ import annotations

import threading

import pytest

from hepatica.web.kept import Busy, Kept


def test_a_result_is_made_once_however_many_ask_at_once() -> None:
    kept: Kept[object] = Kept()
    made: list[int] = []

    def make() -> object:
        made.append(1)
        return object()

    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(kept.get("key", make))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert len(set(map(id, found))) == 1


def test_the_oldest_leaves_when_there_are_too_many() -> None:
    kept: Kept[str] = Kept(most=2)
    made: list[str] = []

    def ask(key: str) -> None:
        def make() -> str:
            made.append(key)
            return key

        kept.get(key, make)

    for key in ("a", "b", "c", "c", "a"):
        ask(key)
    assert made == ["a", "b", "c", "a"]


def test_who_waits_too_long_is_told_so_and_a_failure_leaves_the_way_free() -> None:
    kept: Kept[str] = Kept(seconds=0.05)
    inside, leave = threading.Event(), threading.Event()

    def slow() -> str:
        inside.set()
        leave.wait(10)
        raise ValueError

    def failing() -> None:
        with pytest.raises(ValueError):
            kept.get("slow", slow)

    thread = threading.Thread(target=failing)
    thread.start()
    inside.wait(10)
    with pytest.raises(Busy):
        kept.get("other", lambda: "other")
    leave.set()
    thread.join()
    assert kept.get("other", lambda: "other") == "other"
