"""Bounds around every request: what is too long is refused, what takes too long or is no longer wanted is stopped."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import re
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

import anyio
from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response

from hepatica.web.query import LONGEST_QUERY

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

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


class RequestStopped(BaseException):
    """Raised inside the work of a request that is over. Not an `Exception`: no handler on the way may swallow it."""


class StoppableWork(Generic[T]):
    """A function that one thread runs and another may stop between two Python instructions."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._guard = threading.Lock()
        self._thread = 0
        self._stopped = False

    def run(self) -> T | None:
        """The function's result, or None where it was stopped before or during its run."""
        try:
            with self._guard:
                if self._stopped:
                    return None
                self._thread = threading.get_ident()
            try:
                return self._function()
            finally:
                with self._guard:
                    self._thread = 0
                # From here on nobody stops this thread, which is about to serve another request. A stop that was asked for
                # and is not yet raised is raised by this call: the interpreter looks for one at every call.
                _checkpoint()
        except RequestStopped:
            return None

    def stop(self) -> None:
        """Raise `RequestStopped` in the thread that runs the function; nothing where it has ended."""
        with self._guard:
            self._stopped = True
            if self._thread:
                # Raised at that thread's next call or jump; what runs inside C is not interrupted.
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), ctypes.py_object(RequestStopped))


def _checkpoint() -> None:
    """Nothing, in which a pending exception is raised."""


async def run_stoppable(function: Callable[[], T], limiter: anyio.CapacityLimiter, seconds: float, receive: Receive) -> T:
    """The function's result from a worker thread, which stops where the request is over: too old, or its client gone.

    Raises `TimeoutError` then.
    """
    work = StoppableWork(function)
    with anyio.move_on_after(seconds) as bounds:

        async def watch() -> None:
            # What the client sends is read, to no use, until it has gone; then nobody waits for the answer.
            while (await receive())["type"] != "http.disconnect":
                pass
            bounds.cancel()

        gone = asyncio.ensure_future(watch())
        try:
            result = await to_thread.run_sync(work.run, abandon_on_cancel=True, limiter=limiter)
            assert result is not None
            return result
        finally:
            gone.cancel()
            work.stop()
    raise TimeoutError


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

        failure = refused(scope)
        if failure is None:
            try:
                await self.app(scope, receive, sender)
            except TimeoutError:
                failure = PlainTextResponse("This took too long and was given up.\n", 503, {"retry-after": "5"})
            except Exception as error:
                _log(error)
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


def _log(error: Exception) -> None:
    """Where the program failed; never the message, which may hold what was entered."""
    # The innermost frame of ours: where a library failed, the line that called it.
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(_PACKAGE)]
    where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "nowhere"
    _LOGGER.error("%s at %s", type(error).__name__, where)
