"""Bounds and headers around every request: what is too long or too large is refused before anything reads it."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response

from hepatica.web.cases import LONGEST_QUERY

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONGEST_PATH = 512
_PACKAGE = str(Path(__file__).parent.parent)
_LOGGER = logging.getLogger("hepatica")
LARGEST_BODY = 16_384
SECONDS = 20.0
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
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


class Guard:
    """Refuses what is out of bounds, gives up on what takes too long, and sets the headers of every response."""

    def __init__(self, app: ASGIApp, seconds: float = SECONDS) -> None:
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        watched = _Watched(send)
        refusal = refused(scope)
        if refusal is not None:
            await refusal(scope, receive, watched)
            return
        try:
            with anyio.fail_after(self.seconds):
                await self.app(scope, receive, watched)
        except TimeoutError:
            if not watched.started:
                await PlainTextResponse("This took too long and was given up.\n", 503)(scope, receive, watched)
        except Exception as error:
            _log(error)
            if not watched.started:
                await PlainTextResponse("The program failed at this; no answer is given.\n", 500)(scope, receive, watched)


def refused(scope: Scope) -> Response | None:
    """The refusal of a request that is too long or brings too much; None where it may pass."""
    if len(scope["query_string"]) > LONGEST_QUERY or len(scope["path"]) > LONGEST_PATH:
        return PlainTextResponse(f"An address may have {LONGEST_QUERY} characters of query.\n", 414)
    headers = Headers(scope=scope)
    length = headers.get("content-length", "0")
    if "transfer-encoding" in headers or not length.isdigit() or int(length[:12]) > LARGEST_BODY:
        return PlainTextResponse(f"A body may have {LARGEST_BODY} bytes, stated beforehand.\n", 413, {"connection": "close"})
    return None


def _log(error: Exception) -> None:
    """Where the program failed; never the message, which may hold what was entered."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(_PACKAGE)]
    where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "nowhere"
    _LOGGER.error("%s at %s", type(error).__name__, where)


class _Watched:
    """Sends with the headers set, and knows whether an answer has begun."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await self.send(message)
