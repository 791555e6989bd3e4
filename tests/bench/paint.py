"""When the largest text of a page stands on the screen: the start, an answer and other pages, on a desktop and on a phone.

    python -m tests.bench.paint --rounds 7

Chromium opens each page in a new browser context (an empty cache) and its own observer says when the largest contentful paint
was, counted from the click. Shown are the median and the longest, beside what the server took for the document.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
from typing import Any

from hepatica.paths import shipped
from hepatica.patient import read_profile
from tests.bench.load import COMMAND, served
from tests.web.serving import CHROMIUM_FLAGS

SCREENS = {"desktop": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
PAGES = (
    "/answer",
    "/answer?{}",
    "/why?{}",
    "/whatif?{}",
    "/pathway?{}",
    "/forest?{}",
    "/evidence?{}",
    "/rules?{}",
    "/quiz?seed=1&{}",
)
PAINTED = """() => new Promise((done) => {
  let last = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) last = one.startTime; })
    .observe({type: "largest-contentful-paint", buffered: true});
  setTimeout(() => done([last, performance.getEntriesByType("navigation")[0].responseEnd]), 400);
})"""


def painted(browser: Any, address: str, screen: dict[str, int]) -> tuple[float, float]:
    """Milliseconds from the request to the largest paint, and to the end of the document."""
    context = browser.new_context(viewport=screen)
    page = context.new_page()
    page.goto(address, wait_until="load")
    paint, document = page.evaluate(PAINTED)
    context.close()
    return paint, document


def main() -> int:
    """Print a line for each page and screen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--command", default=COMMAND, help="How the server is started; it says where it listens.")
    given = parser.parse_args()
    from playwright.sync_api import sync_playwright

    case = _case()
    with served(given.command) as server, sync_playwright() as playwright:
        found = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS)
        for page in PAGES:
            for name, screen in SCREENS.items():
                address = f"http://127.0.0.1:{server.port}{page.format(case)}"
                times = [painted(browser, address, screen) for _ in range(given.rounds)]
                paints, documents = ([round(one[n]) for one in times] for n in (0, 1))
                print(
                    f"  {page.partition('?')[0] + (' with a case' if '{}' in page else ''):24} {name:8}"
                    f" {statistics.median(paints):5} ms, longest {max(paints):5} (document {statistics.median(documents)})"
                )
        browser.close()
    return 0


def _case() -> str:
    from hepatica.web.query import QueryReader

    profile = read_profile(sorted(shipped("patients").glob("*.yaml"))[0])
    return QueryReader(profile.fields).write(profile)


if __name__ == "__main__":
    sys.exit(main())
