"""Where the shipped rulesets and patients are: beside the package in a checkout, inside it when installed.

What every start passes through names files by text: before Python 3.13 importing `pathlib` loads URLs and IP addresses, too,
and takes as long as reading a ruleset.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_PACKAGE = os.path.dirname(os.path.realpath(__file__))
DEFAULT_RULESET = "hcc-2016"


def shipped(kind: str) -> Path:
    """The folder of shipped `rulesets` or `patients`."""
    from pathlib import Path

    return Path(shipped_at(kind))


def shipped_at(kind: str) -> str:
    """As `shipped`, as text."""
    installed = os.path.join(_PACKAGE, "shipped", kind)
    return installed if os.path.isdir(installed) else os.path.join(os.path.dirname(os.path.dirname(_PACKAGE)), kind)


def package_data(*name: str) -> Any:
    """What a JSON file of the package holds."""
    with open(os.path.join(_PACKAGE, *name), encoding="utf-8") as file:
        return json.load(file)
