"""A real server on a free port of the loopback interface, and a browser where one is found."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from hepatica.evaluation import Evaluator
from hepatica.paths import shipped
from hepatica.web.library import Library
from tests.web.serving import CHROMIUM_FLAGS, Server


@pytest.fixture(scope="session")
def library(evaluator: Evaluator) -> Library:
    return Library({"hcc-2016": evaluator}, shipped("patients"))


def serving(library: Library) -> Iterator[Server]:
    """The page over a library until the tests are done with it."""
    pytest.importorskip("starlette", reason="the page needs the extra 'web'")
    pytest.importorskip("jinja2", reason="the page needs the extra 'web'")
    uvicorn = pytest.importorskip("uvicorn", reason="the page needs the extra 'web'")
    from hepatica.cli.serve import SETTINGS
    from hepatica.web.app import application

    listener = socket.create_server(("127.0.0.1", 0))
    running = uvicorn.Server(uvicorn.Config(application(library, ("127.0.0.1", "localhost")), **SETTINGS))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    until = time.monotonic() + 20
    while not running.started and time.monotonic() < until:
        time.sleep(0.02)
    yield Server(listener.getsockname()[1], library)
    running.should_exit = True
    thread.join(20)
    listener.close()


@pytest.fixture(scope="session")
def server(library: Library) -> Iterator[Server]:
    yield from serving(library)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="the journeys need Playwright: pip install playwright")
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("the journeys need Chromium; none is on the path")
    with playwright.sync_playwright() as running:
        launched = running.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS)
        yield launched
        launched.close()
