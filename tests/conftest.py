"""What tests share: the shipped ruleset, an evaluator of it, and ways to make profiles."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from hepatica.evaluation import Evaluator
from hepatica.knowledge import Ruleset, load_ruleset


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the collector, which every dropped ruleset calls, need not look through it each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ("hcc-2016", "hcc-2026")
settings.register_profile("project", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")


@pytest.fixture(scope="session")
def ruleset() -> Ruleset:
    return load_ruleset(ROOT / "rulesets" / "hcc-2016")


@pytest.fixture(scope="session")
def evaluator(ruleset: Ruleset) -> Evaluator:
    return Evaluator(ruleset)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled rulesets go to a folder of the test run's own, so that no test depends on what a user has kept."""
    monkeypatch.setenv("HEPATICA_CACHE", str(tmp_path_factory.getbasetemp() / "compiled"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real inputs that are not part of the project, where `HEPATICA_SHARED` says they are."""
    named = os.environ.get("HEPATICA_SHARED", "")
    if not named or not Path(named).is_dir():
        pytest.skip("HEPATICA_SHARED does not name a folder of real inputs")
    return Path(named)
