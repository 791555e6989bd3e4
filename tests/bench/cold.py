"""Cold: `hepatica evaluate` on one patient as a whole process, against importing the fixed packages and doing nothing.

    python -m tests.bench.cold [--runs 21]

The two commands take turns; quote the ratio of the medians. Byte code is written first, as an installation does.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

from tests.conftest import ROOT

PATIENT = "after-sorafenib-met-high"
BARE = [sys.executable, "-c", "import pydantic, click, yaml, durable.lang"]
OURS = [sys.executable, "-m", "hepatica", "evaluate", PATIENT]


def _run(command: list[str], environment: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1e3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=21)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "HEPATICA_CACHE": f"{folder}/kept"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        _run(BARE, environment)
        first = _run(OURS, environment)
        _run(OURS, environment)
        bare, ours = [], []
        for _ in range(runs):
            bare.append(_run(BARE, environment))
            ours.append(_run(OURS, environment))
    middle, ratio = statistics.median(ours), statistics.median(ours) / statistics.median(bare)
    print(f"bare imports       median {statistics.median(bare):6.1f} ms   fastest {min(bare):6.1f} ms")
    print(f"hepatica evaluate  median {middle:6.1f} ms   fastest {min(ours):6.1f} ms   x{ratio:.2f} of bare imports")
    print(f"the first run ever, which compiles the ruleset: {first:.0f} ms")


if __name__ == "__main__":
    main()
