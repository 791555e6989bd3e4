"""Clients that ask too slowly or never read are let go; work that outlives its request stops and harms nobody."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import anyio
import pytest

from hepatica.explain import what_if
from tests.web.serving import PATIENCE, Server

limits = pytest.importorskip("hepatica.web.server", reason="the page needs the extra 'web'")
ASK = b"GET /about.json HTTP/1.1\r\nHost: localhost\r\n\r\n"


def closed(server: Server, *parts: bytes) -> bool:
    """Whether the server closes a connection on which the parts arrive, a moment between them."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as client, suppress(ConnectionError):
        for part in parts:
            client.sendall(part)
            time.sleep(0.05)
        while client.recv(65_536):
            pass
    return True


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (b"GET /about HTTP/1.1\r\nHost:",),
        (ASK, b"GET /about HT", b"TP/1.1\r\n"),
        (b"GET /about.json HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n", b"x", b"y"),
    ],
    ids=["nothing", "half a head", "half a second request", "half a body"],
)
def test_who_does_not_finish_a_request_is_let_go(
    server: Server, monkeypatch: pytest.MonkeyPatch, parts: tuple[bytes, ...]
) -> None:
    monkeypatch.setattr(limits.DeadlineProtocol, "ask_seconds", 0.3)
    assert closed(server, *parts)


def test_who_asks_slowly_but_finishes_is_answered(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as client:
        for part in (b"GET /about.json HT", b"TP/1.1\r\nHost: local", b"host\r\nConnection: close\r\n\r\n"):
            client.sendall(part)
            time.sleep(0.1)
        assert client.recv(12) == b"HTTP/1.1 200"


def test_who_never_reads_is_dropped(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits.DeadlineProtocol, "read_seconds", 0.2)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(PATIENCE)
        client.connect(("127.0.0.1", server.port))
        # More answers than the buffers of both sides hold; once the server has dropped the client, writing fails.
        with pytest.raises((ConnectionError, TimeoutError)) as failed:
            while True:
                client.sendall(b"GET /answer.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
                time.sleep(0.05)
    assert isinstance(failed.value, ConnectionError)


class Endless:
    """Work that would never end, and tells when it began and whether it is still going on."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.ended = threading.Event()

    def __call__(self) -> int:
        try:
            while True:
                self.began.set()
        finally:
            self.ended.set()


def in_a_thread(coroutine: Callable[[], Awaitable[None]]) -> None:
    """Run a coroutine where no other loop runs: a browser that an earlier test opened may have one in this thread."""
    with ThreadPoolExecutor() as apart:
        apart.submit(anyio.run, coroutine).result()


def status_of_endless(seconds: float, gone_after: float) -> object:
    """The status of an answer that would never come, for a client that goes after a while."""
    work = Endless()
    sent: list[dict[str, object]] = []

    async def slow(scope: object, receive: object, send: object) -> None:
        await limits.run_stoppable(work, asyncio.Lock(), seconds, receive)

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    async def receive() -> dict[str, object]:
        await anyio.sleep(gone_after)
        while not work.began.is_set():
            await anyio.sleep(0.01)
        return {"type": "http.disconnect"}

    async def once() -> None:
        scope = {"type": "http", "query_string": b"", "path": "/answer", "headers": [], "method": "GET"}
        await limits.RequestGuard(slow)(scope, receive, send)

    in_a_thread(once)
    # On a busy machine it may be over before its thread began.
    assert not work.began.is_set() or work.ended.wait(PATIENCE)
    return sent[0]["status"]


def test_what_takes_too_long_is_given_up_and_stops() -> None:
    assert status_of_endless(seconds=0.05, gone_after=PATIENCE) == 503


def test_work_for_a_client_that_has_gone_stops() -> None:
    assert status_of_endless(seconds=PATIENCE, gone_after=0.05) == 503  # which nobody reads


def test_one_piece_of_work_waits_for_the_other_and_each_has_its_own_outcome() -> None:
    turn, running, most = asyncio.Lock(), [], []

    def work(number: int) -> int:
        running.append(number)
        most.append(len(running))
        time.sleep(0.01)
        running.remove(number)
        return 12 // number

    async def ask() -> None:
        asked = (limits.run_stoppable(lambda n=n: work(n), turn, PATIENCE, anyio.sleep_forever) for n in range(4))
        failed, *found = await asyncio.gather(*asked, return_exceptions=True)
        assert isinstance(failed, ZeroDivisionError)
        assert (found, max(most)) == ([12, 6, 4], 1)

    in_a_thread(ask)


def test_work_given_up_before_its_turn_does_not_run() -> None:
    ran: list[int] = []

    async def ask() -> None:
        turn = asyncio.Lock()
        async with turn:
            with pytest.raises(TimeoutError):
                await limits.run_stoppable(lambda: ran.append(1), turn, 0.05, anyio.sleep_forever)
        await limits.run_stoppable(lambda: ran.append(2), turn, PATIENCE, anyio.sleep_forever)

    in_a_thread(ask)
    assert ran == [2]


@pytest.mark.slow
def test_slow_pages_keep_no_answer_waiting(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty begin a quiz at once; answers come all the while, and every quiz comes, too."""
    monkeypatch.setattr("hepatica.web.app.SLOW_SECONDS", PATIENCE)
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda seed=seed: statuses.append(server.get(f"/quiz?seed={seed}&count=20").status))
        for seed in range(1000, 1030)
    ]
    for thread in threads:
        thread.start()
    answered = [server.get("/answer.json?bclc_stage=C").status for _ in range(10)]
    for thread in threads:
        thread.join()
    assert answered == [200] * 10
    assert statuses == [200] * 30


def test_an_answer_comes_while_another_page_is_worked_out(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from hepatica.web import pages

    begun, answered, statuses = threading.Event(), threading.Event(), []

    def held(*given: Any) -> Any:
        begun.set()
        assert answered.wait(PATIENCE)
        return what_if(*given)

    monkeypatch.setattr(pages, "what_if", held)
    monkeypatch.setattr("hepatica.web.app.SLOW_SECONDS", PATIENCE)
    asking = threading.Thread(target=lambda: statuses.append(server.get("/whatif.json?bclc_stage=C").status))
    asking.start()
    assert begun.wait(PATIENCE)
    assert server.get("/answer.json?bclc_stage=C").status == 200
    answered.set()
    asking.join()
    assert statuses == [200]


def test_a_document_is_made_once_and_the_oldest_leaves() -> None:
    from hepatica.web.library import DocumentCache

    cache = DocumentCache(most=2)
    made = iter(range(9))
    assert [cache.get(key, lambda: next(made) + 1) for key in ("a", "a", "b", "c", "c", "a")] == [1, 1, 2, 3, 3, 4]


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        (b"\x00", [], 400),
        (b"a=\xff", [], 400),
        (b"a b", [], 400),
        (b"", [(b"content-length", b"\xb2")], 413),
        (b"a=%00", [], None),
    ],
)
def test_what_our_own_server_would_never_pass_on_is_refused_too(query: bytes, headers: list[object], status: int | None) -> None:
    refusal = limits.refused({"query_string": query, "path": "/answer", "headers": headers})
    assert (refusal and refusal.status_code) == status


def test_what_was_typed_is_shown_again_without_control_characters(server: Server) -> None:
    page = server.get("/answer?label=a%1Bb%E2%80%AEc&afp=%1B")
    assert page.status == 422
    assert "\x1b" not in page.text and "\u202e" not in page.text
    assert 'value="a\ufffdb\ufffdc"' in page.text
