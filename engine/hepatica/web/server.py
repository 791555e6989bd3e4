"""The server and its bounds: what asks or reads too slowly, is too long, takes too long or is no longer wanted is let go."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import multiprocessing
import os
import re
import signal
import socket
import threading
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import anyio
import h11
import uvicorn
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from uvicorn.protocols.http.h11_impl import H11Protocol

from hepatica.web.query import LONGEST_QUERY

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Many short pauses. A command waits for as much garbage as takes a quarter of a second to collect, in which fifty may be waiting.
COLLECTED_AFTER = (5_000, 20, 50)
BACKLOG = 512
MOST_PROCESSES = 4
LONGEST_PATH = 512
LARGEST_BODY = 16_384
# Only what this server sends, and no script, style or form target from elsewhere, whatever a text on a page may hold.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
# What an address is made of. Our own server lets nothing else through; another one may.
_NO_ADDRESS = re.compile(rb"[^!-~]")
_PACKAGE = str(Path(__file__).parent.parent)

_LOGGER = logging.getLogger("hepatica")
T = TypeVar("T")


class RequestStopped(SystemExit):
    """Raised inside the work of a request that is over: no handler on the way swallows it, and its thread ends without a word."""


async def run_stoppable(function: Callable[[], T], turn: asyncio.Lock, seconds: float, receive: Receive) -> T:
    """The function's result, from a thread that stops where the request is over: too old, or its client gone.

    Raises `TimeoutError` then.
    """
    answer: Future[T] = Future()
    answer.set_running_or_notify_cancel()

    def run() -> None:
        try:
            answer.set_result(function())
        except RequestStopped:
            pass
        except Exception as error:
            answer.set_exception(error)

    # A thread of its own, so that what stops it never hits the next work.
    thread = threading.Thread(target=run, daemon=True)
    with anyio.move_on_after(seconds) as bounds:
        gone = asyncio.ensure_future(_cancel_when_gone(receive, bounds))
        try:
            async with turn:
                thread.start()
                return await asyncio.wrap_future(answer)
        finally:
            gone.cancel()
            if not answer.done():
                # Raised at that thread's next call or jump; what runs inside C is not interrupted.
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(RequestStopped))
    raise TimeoutError


async def _cancel_when_gone(receive: Receive, bounds: anyio.CancelScope) -> None:
    """Read what the client sends, to no use, until it has gone; then nobody waits for the answer."""
    while (await receive())["type"] != "http.disconnect":
        pass
    bounds.cancel()


class RequestGuard:
    """Refuses what is out of bounds, says where the application failed, and sets every response's headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def sender(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        failure: ASGIApp | None = None
        try:
            await (refused(scope) or self.app)(scope, receive, sender)
        except TimeoutError:
            failure = PlainTextResponse("This took too long and was given up.\n", 503, {"retry-after": "5"})
        except Exception as error:
            # Never the message, which may hold what was entered; the innermost frame of ours: where a library failed, the line
            # that called it.
            frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(_PACKAGE)]
            where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "nowhere"
            _LOGGER.error("%s at %s", type(error).__name__, where)
            failure = PlainTextResponse("The program failed at this; no answer is given.\n", 500)
        if failure is not None and not started:
            await failure(scope, receive, sender)


def refused(scope: Scope) -> Response | None:
    """The refusal of a request that is too long or brings too much; None where it may pass."""
    if len(scope["query_string"]) > LONGEST_QUERY or len(scope["path"]) > LONGEST_PATH:
        return PlainTextResponse(f"An address may have {LONGEST_QUERY} characters of query.\n", 414)
    if _NO_ADDRESS.search(scope["query_string"]):
        return PlainTextResponse("An address holds other characters as %xx.\n", 400)
    headers = Headers(scope=scope)
    length = headers.get("content-length", "0")
    if "transfer-encoding" in headers or not length.isdecimal() or int(length[:12]) > LARGEST_BODY:
        return PlainTextResponse(f"A body may have {LARGEST_BODY} bytes, stated beforehand.\n", 413, {"connection": "close"})
    return None


class DeadlineProtocol(H11Protocol):
    """Waits `ask_seconds` for a request to be whole, and `read_seconds` for what was sent to be taken."""

    ask_seconds: float = 10.0
    read_seconds: float = 30.0

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


def make_server(application: ASGIApp) -> uvicorn.Server:
    """A server of the application, not yet running."""
    return uvicorn.Server(
        uvicorn.Config(
            application,
            http=DeadlineProtocol,
            access_log=False,
            # Without uvicorn's own set-up of logging, which needs both standard streams: warnings go to standard error, if there
            # is one.
            log_config=None,
            log_level="warning",
            server_header=False,
            limit_concurrency=500,
            timeout_keep_alive=10,
            timeout_graceful_shutdown=5,
            h11_max_incomplete_event_size=32_768,
            ws="none",
            lifespan="off",
        )
    )


def listeners(host: str, port: int) -> list[socket.socket]:
    """A listening socket for each process, over which the system spreads clients. Raises `OSError`."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    first = socket.create_server(address[:2], family=family, backlog=BACKLOG)
    # Elsewhere than on Linux clients would not be spread.
    processes = min(len(os.sched_getaffinity(0)), MOST_PROCESSES) if hasattr(os, "sched_getaffinity") else 1
    if processes == 1:
        return [first]
    # By itself first: sockets that share a port would share it with another program, too, and nobody would notice.
    address = first.getsockname()
    first.close()
    return [socket.create_server(address[:2], family=family, backlog=BACKLOG, reuse_port=True) for _ in range(processes)]


def serve(application: ASGIApp, listeners: Sequence[socket.socket]) -> None:
    """Answer on listening sockets until the process is told to stop: on each in a process of its own.

    A process uses one core. No threads: they would take turns, and lose more over it than most answers take.
    """
    # The rulesets stay for as long as the process does: nothing is gained by looking at them again with every collection,
    # and what is not looked at is shared by all processes.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)
    first, *others = listeners
    try:
        for one in others:
            multiprocessing.get_context("fork").Process(target=_help, args=(application, one, listeners)).start()
            one.close()
        make_server(application).run(sockets=[first])
    finally:
        for process in multiprocessing.active_children():
            process.terminate()


def _help(application: ASGIApp, own: socket.socket, listeners: Sequence[socket.socket]) -> None:
    """Ends with the process that began it, however that ends. Ctrl-C reaches both, and is for that one to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Each is open in one process only: where that has failed nobody is sent to it.
    for one in listeners:
        if one is not own:
            one.close()
    # Not in the main thread, where it would answer Ctrl-C.
    serving = threading.Thread(target=make_server(application).run, kwargs={"sockets": [own]}, daemon=True)
    serving.start()
    parent = multiprocessing.parent_process()
    while parent and parent.is_alive() and serving.is_alive():
        parent.join(1)
