"""A real server on a free port of the loopback interface, and a browser where one is found."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from hepatica import load
from hepatica.paths import shipped
from tests.web.serving import CHROMIUM_FLAGS, PATIENCE, Server, serving


@pytest.fixture(scope="session")
def library() -> Any:
    pytest.importorskip("starlette", reason="the page needs the extra 'web'")
    from hepatica.web import RulesetLibrary

    return RulesetLibrary({"hcc-2016": load("hcc-2016")}, shipped("patients"))


@pytest.fixture(scope="session")
def server(library: Any) -> Iterator[Server]:
    yield from serving(library)


@pytest.fixture(scope="session")
def both(library: Any) -> Iterator[Server]:
    """What `hepatica serve` serves by itself: the ruleset and its companion."""
    from hepatica.web import RulesetLibrary

    rulesets = {**library.rulesets, "hcc-2026": load("hcc-2026")}
    yield from serving(RulesetLibrary(rulesets, shipped("patients")))


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="the journeys need Playwright: pip install playwright")
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("the journeys need Chromium; none is on the path")
    with playwright.sync_playwright() as running:
        launched = running.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS, timeout=PATIENCE * 1000)
        yield launched
        launched.close()
