"""Bounds around every request: what is too long is refused, what takes too long or is no longer wanted is stopped."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import re
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import anyio
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
