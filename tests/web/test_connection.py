"""A connection on which no whole request arrives does not hold its place for ever."""

from __future__ import annotations

import socket
import time

import pytest

from tests.web.serving import Server

connection = pytest.importorskip("hepatica.web.connection", reason="the page needs the extra 'web'")


def closed_after(server: Server, *parts: bytes) -> float:
    """Seconds until the server closes a connection on which the parts arrive, a moment between them."""
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=8) as client:
        for part in parts:
            client.sendall(part)
            time.sleep(0.2)
        while client.recv(65_536):
            pass
    return time.monotonic() - started


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (b"GET /about HTTP/1.1\r\nHost:",),
        (b"GET /about.json HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET /about HT", b"TP/1.1\r\n"),
        (b"GET /about.json HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n", b"x", b"y"),
    ],
    ids=["nothing", "half a head", "half a second request", "half a body"],
)
def test_who_does_not_finish_a_request_is_let_go(
    server: Server, monkeypatch: pytest.MonkeyPatch, parts: tuple[bytes, ...]
) -> None:
    monkeypatch.setattr(connection.Bounded, "seconds", 0.5)
    assert closed_after(server, *parts) < 4


def test_who_asks_slowly_but_finishes_is_answered(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=8) as client:
        for part in (b"GET /about.json HT", b"TP/1.1\r\nHost: local", b"host\r\nConnection: close\r\n\r\n"):
            client.sendall(part)
            time.sleep(0.1)
        assert client.recv(12) == b"HTTP/1.1 200"
