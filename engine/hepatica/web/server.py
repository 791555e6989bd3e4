"""The server: HTTP/1.1 on connections that are closed where a client is too slow to ask, or too slow to read."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from hepatica.web.library import end_with_parent

if TYPE_CHECKING:
    from starlette.applications import Starlette

ASK_SECONDS = 10.0
READ_SECONDS = 30.0
# How long what is slow computes in its thread before answers go on.
TURN_SECONDS = 0.002
# Many short pauses. A command waits for as much garbage as takes a quarter of a second to collect, in which fifty may be waiting.
COLLECTED_AFTER = (5_000, 20, 50)
LARGEST_HEAD = 32_768
SETTINGS: dict[str, Any] = {
    "access_log": False,
    # Without uvicorn's own set-up of logging, which needs both standard streams: warnings go to standard error, if there is one.
    "log_config": None,
    "log_level": "warning",
    "server_header": False,
    "limit_concurrency": 500,
    "timeout_keep_alive": 10,
    "timeout_graceful_shutdown": 5,
    "h11_max_incomplete_event_size": LARGEST_HEAD,
    "ws": "none",
    "lifespan": "off",
}


class JoiningConnection(h11.Connection):
    """Gives out the head of an answer together with the first part of its body."""

    # Each on its own would be a packet, which costs about as much as all other work of HTTP, and wakes the client once more.
    _head: tuple[bytes, ...] = ()

    def send_with_data_passthrough(self, event: h11.Event) -> list[bytes] | None:
        """The parts to send for an event; none yet for a head."""
        parts = super().send_with_data_passthrough(event)
        if isinstance(event, h11.Response):
            self._head, parts = tuple(parts or ()), []
        elif parts is not None:
            parts, self._head = [*self._head, *parts], ()
        return parts


class DeadlineProtocol(H11Protocol):
    """Waits `ask_seconds` for a request to be whole, and `read_seconds` for what was sent to be taken."""

    ask_seconds: float = ASK_SECONDS
    read_seconds: float = READ_SECONDS

    def __init__(self, config: uvicorn.Config, *given: Any, **named: Any) -> None:
        super().__init__(config, *given, **named)
        self.conn = JoiningConnection(h11.SERVER, config.h11_max_incomplete_event_size or LARGEST_HEAD)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(transport)
        self.deadlines: dict[str, asyncio.TimerHandle] = {}
        # Without a buffer that counts as empty, `pause_writing` tells of every answer that is not yet wholly taken,
        # also of a short one, which uvicorn holds to be done with and whose connection it would keep for ever.
        transport.set_write_buffer_limits(high=0)
        # asyncio does so only for sockets that were made with a protocol number. Without it the second part of an answer
        # waits up to 40 ms for the client to confirm the first.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._begin("asking", self.ask_seconds, transport.close)

    def data_received(self, data: bytes) -> None:
        """A part of a request, or a whole one."""
        super().data_received(data)
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self._begin("asking", self.ask_seconds, self.transport.close)
        else:
            self._end("asking")

    def pause_writing(self) -> None:
        """The client does not take what is sent as fast as it is sent."""
        super().pause_writing()
        self._begin("reading", self.read_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """All that was sent is taken."""
        self._end("reading")
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._end("asking")
        self._end("reading")
        super().connection_lost(exc)

    def _begin(self, what: str, seconds: float, then: Callable[[], None]) -> None:
        # A deadline that runs goes on: who sends a byte now and then gains no time.
        if what not in self.deadlines:
            self.deadlines[what] = self.loop.call_later(seconds, then)

    def _end(self, what: str) -> None:
        if what in self.deadlines:
            self.deadlines.pop(what).cancel()


def make_server(application: Starlette) -> uvicorn.Server:
    """A server of the application, not yet running."""
    return uvicorn.Server(uvicorn.Config(application, http=DeadlineProtocol, **SETTINGS))


def serve(application: Starlette, listeners: Sequence[socket.socket]) -> None:
    """Answer on listening sockets until the process is told to stop: on each in a process of its own.

    A process uses one core. No threads: they would take turns, and lose more over it than most answers take.
    """
    # The rulesets stay for as long as the process does: nothing is gained by looking at them again with every collection,
    # and what is not looked at is shared by all processes.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)
    sys.setswitchinterval(TURN_SECONDS)
    first, *others = listeners
    for one in others:
        multiprocessing.get_context("fork").Process(target=_help, args=(application, one)).start()
    try:
        make_server(application).run(sockets=[first])
    finally:
        for process in multiprocessing.active_children():
            process.terminate()


def _help(application: Starlette, listener: socket.socket) -> None:
    end_with_parent()
    # Not in the main thread, where it would answer Ctrl-C.
    serving = threading.Thread(target=make_server(application).run, kwargs={"sockets": [listener]}, daemon=True)
    serving.start()
    serving.join()
