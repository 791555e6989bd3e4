"""Where the shipped rulesets and patients are: beside the package in a checkout, inside it when installed."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
DEFAULT_RULESET = "hcc-2016"


def shipped(kind: str) -> Path:
    """The folder of shipped `rulesets` or `patients`."""
    installed = _PACKAGE / "shipped" / kind
    return installed if installed.is_dir() else _PACKAGE.parent.parent / kind
