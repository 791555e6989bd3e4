"""What the tests of the page speak to: a running server and its replies."""

from __future__ import annotations

import html
import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import pytest

CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 600
"""Seconds after which what has not come will never come, however busy the machine is."""
LISTS = ("options", "trials", "possible", "not_supported", "ruled_out", "unreported")


@dataclass(frozen=True)
class Reply:
    """A response as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Server:
    """The running page; `library` is what it serves."""

    port: int
    library: Any

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, method: str = "GET", body: bytes | None = None, headers: dict[str, str] | None = None) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def made(self, path: str) -> Reply:
        """What takes long to make, asked for until it is there."""
        until = time.monotonic() + 3 * PATIENCE
        while (reply := self.get(path)).status == 503 and time.monotonic() < until:
            time.sleep(float(reply.headers["retry-after"]) / 8)
        return reply

    def query(self, patient: str) -> str:
        """An example patient as a query: where the page's own list of examples leads."""
        return self._queries[patient]

    @cached_property
    def _queries(self) -> dict[str, str]:
        page = self.get("/answer").text
        links = re.findall(r'href="/answer\?([^"]+)"', page[page.index('class="example-list"') :])
        return dict(zip(self.library.examples, map(html.unescape, links), strict=False))

    def paths(self) -> list[str]:
        """Every page, as the description lists them, with a study and a therapy in their places."""
        described = self.get("/openapi.json").json["paths"]
        return [path.removesuffix(".json").format(study="reach", therapy="tivantinib") for path in described]


def query_of(document: dict[str, Any]) -> str:
    """A patient file's entries as a query: lists repeated, parts of a mapping joined by a point."""
    pairs: list[tuple[str, str]] = []
    for name, value in document.items():
        if isinstance(value, dict):
            pairs += [(f"{name}.{part}", str(text)) for part, text in value.items()]
        elif isinstance(value, list):
            pairs += [(name, word) for word in value or ["none"]]
        else:
            pairs.append((name, {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)))
    return urlencode(pairs)


def lists_of(answer: dict[str, Any]) -> dict[str, str]:
    """The list of each therapy."""
    return {entry["therapy"]: name for name in LISTS for entry in answer[name]}


def serving(library: Any) -> Iterator[Server]:
    """The page over a library until the tests are done with it."""
    pytest.importorskip("starlette", reason="the page needs the extra 'web'")
    pytest.importorskip("jinja2", reason="the page needs the extra 'web'")
    pytest.importorskip("uvicorn", reason="the page needs the extra 'web'")
    from hepatica.web import application, make_server

    listener = socket.create_server(("127.0.0.1", 0))
    running = make_server(application(library, ("127.0.0.1", "localhost")))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    while thread.is_alive() and not running.started:
        time.sleep(0.02)
    yield Server(listener.getsockname()[1], library)
    running.should_exit = True
    thread.join(PATIENCE)
    listener.close()
