"""No serious finding of axe-core on any view, in light and in dark."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from typing import Any

import pytest

from tests.web.serving import PATIENCE, Server

pytestmark = pytest.mark.slow

CASE = "bclc_stage=C&child_pugh_class=B&prior_sorafenib=progressed&afp=500"
AXE = "axe-core@4.11"
RULES: dict[str, dict[str, list[str]]] = {"light": {}, "dark": {"runOnly": ["color-contrast"]}}
DARK = ("/answer", "/forest", "/evidence/", "/quiz?", "/compare?patient")
"""Pages that between them have every colour."""
OPEN = """
[...document.querySelectorAll('details')].slice(0, 20).forEach(one => { one.open = true; });
"""


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core, fetched by npm into a folder of the test run."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("axe-core comes from npm; npm is not on the path")
    folder = tmp_path_factory.mktemp("axe")
    command = [npm, "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), AXE]
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not fetch {AXE}")
    if done.returncode or not script.is_file():
        pytest.skip(f"npm could not fetch {AXE}: {done.stderr.strip()[-200:]}")
    return script.read_text(encoding="utf-8")


def addresses(server: Server) -> list[str]:
    withheld = ["/answer", "/answer?bclc_stage=Q&afp=3+IU", "/nowhere", "/evidence?phase=Q", f"/why?therapy=tivantinib&{CASE}"]
    return [
        *(f"{path}?{CASE}" for path in server.paths()),
        *withheld,
        f"/compare?patient=bclc-d&but=afp%3D20&{CASE}",
        "/quiz?seed=1",
        "/quiz?seed=1&commit=yes&twist=yes",
    ]


def findings(page: Any, axe: str, schemes: Iterable[str] = RULES) -> list[str]:
    """What axe-core finds on the page that is open: everything in light, the contrast once more in dark."""
    page.evaluate(f"() => {{ {OPEN} }}")
    page.evaluate(axe)
    found = []
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        result = page.evaluate("rules => axe.run(document, {resultTypes: ['violations'], ...rules})", RULES[scheme])
        found += [
            f"{scheme}: {one['id']} ({one['impact']}): {one['nodes'][0]['html'][:160]}"
            for one in result["violations"]
            if one["impact"] in ("serious", "critical", "moderate")
        ]
    return found


def test_axe_finds_nothing_serious(browser: Any, server: Server, axe: str) -> None:
    context = browser.new_context(bypass_csp=True, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    found: list[str] = []
    for address in addresses(server):
        page.goto(server.address + address)
        schemes = RULES if address.startswith(DARK) else ["light"]
        found += [f"{address}: {one}" for one in findings(page, axe, schemes)]
    context.close()
    assert not found, "\n".join(found)


def test_axe_finds_what_is_not_accessible(browser: Any, server: Server, axe: str) -> None:
    context = browser.new_context(bypass_csp=True)
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    page.goto(server.address + "/nowhere")
    page.evaluate("() => document.querySelector('main').insertAdjacentHTML('beforeend', '<input><p style=color:#999>faint</p>')")
    names = " ".join(findings(page, axe))
    context.close()
    assert "label" in names
    assert "color-contrast" in names
