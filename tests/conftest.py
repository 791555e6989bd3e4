"""What tests share: the shipped rulesets, each loaded once, an evaluator, and where what tests start keeps its files."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from hepatica.evaluation import Evaluator, evaluator_of
from hepatica.knowledge import Ruleset, RulesetFiles, cache, gather
from hepatica.patient import Profile, read_profile

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ("hcc-2016", "hcc-2026")
PATIENTS = sorted((ROOT / "patients").glob("*.yaml"))
UNLIKE = ("after-sorafenib-met-high", "afp-unknown", "bclc-d", "little-known")
"""Example patients who have little in common."""
settings.register_profile("project", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("project"), max_examples=30)
settings.load_profile("project")
_GATHERED: dict[tuple[str, Path], RulesetFiles] = {}
_LOADED: dict[tuple[str, ...], Ruleset] = {}
_load_files = cache.loaded
gc.set_threshold(20_000, 20, 50)
# Byte code is kept wherever Python was told not to: some hundred times a test starts a program, and would have all of it compiled.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_configure(config: pytest.Config) -> None:
    """Where slow tests are left out, every property is tried on fewer examples."""
    if config.option.markexpr == "not slow":
        settings.load_profile("quick")


@pytest.fixture(autouse=True, scope="module")
def _settled() -> None:
    """What is loaded by now stays: the collector, which every dropped ruleset calls, need not look through it each time."""
    gc.collect()
    gc.freeze()


def _gathered(root: str | Path, *rest: Any) -> RulesetFiles:
    """The files of a ruleset; those of a shipped one are read once for every way in which it is named."""
    folder = Path(root).resolve()
    if rest or not folder.is_relative_to(ROOT / "rulesets"):
        return gather(root, *rest)
    return _GATHERED.get((str(root), folder)) or _GATHERED.setdefault((str(root), folder), gather(root))


def _loaded(files: RulesetFiles) -> Ruleset:
    """A shipped ruleset, loaded once for every test whichever way it is asked for, as long as its files stay as they are."""
    if not Path(files.root).resolve().is_relative_to(ROOT / "rulesets"):
        return _load_files(files)
    key = (files.digest, str(files.root), *files.shown.values())
    if key not in _LOADED:
        _LOADED[key] = _load_files(files)
    return _LOADED[key]


@pytest.fixture(autouse=True)
def _loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rulesets never change, so tests share them, and with them their evaluators. Tests of loading do without this."""
    monkeypatch.setattr(cache, "gather", _gathered)
    monkeypatch.setattr(cache, "loaded", _loaded)


def slow(*values: Any) -> Any:
    """A parameter that is left out with the slow tests."""
    return pytest.param(*values, marks=pytest.mark.slow)


def each_patient(test: Any) -> Any:
    """Runs a test for the file of each example patient; without the slow tests, for a few."""
    chosen = [path if path.stem in UNLIKE else slow(path) for path in PATIENTS]
    return pytest.mark.parametrize("path", chosen, ids=lambda path: path.stem)(test)


def shipped_ruleset(name: str) -> Ruleset:
    """A shipped ruleset by its id, the same object for every test."""
    return _loaded(_gathered(ROOT / "rulesets" / name))


@pytest.fixture(scope="session")
def ruleset() -> Ruleset:
    return shipped_ruleset("hcc-2016")


@pytest.fixture(scope="session")
def today() -> Ruleset:
    return shipped_ruleset("hcc-2026")


@pytest.fixture(scope="session")
def evaluator(ruleset: Ruleset) -> Evaluator:
    return evaluator_of(ruleset)


@pytest.fixture(scope="session")
def patients() -> list[Profile]:
    """The example patients."""
    return [read_profile(path) for path in PATIENTS]


@pytest.fixture(scope="session")
def met_high() -> Profile:
    return read_profile(ROOT / "patients" / "after-sorafenib-met-high.yaml")


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that every worker of the run shares: that of pytest-xdist's workers is one above their own."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(autouse=True)
def _own_cache(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled rulesets go to a folder of the test run's own, so that no test depends on what a user has kept."""
    monkeypatch.setenv("HEPATICA_CACHE", str(run_folder / "compiled"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real inputs that are not part of the project, where `HEPATICA_SHARED` says they are."""
    named = os.environ.get("HEPATICA_SHARED", "")
    if not named or not Path(named).is_dir():
        pytest.skip("HEPATICA_SHARED does not name a folder of real inputs")
    return Path(named)
