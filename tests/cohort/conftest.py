"""Rulesets loaded once for all tests of tables: what is tested is what becomes of a table."""

from __future__ import annotations

from functools import cache

import pytest

import hepatica

_load = cache(hepatica.load)


@pytest.fixture(autouse=True)
def _rulesets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hepatica, "load", _load)
