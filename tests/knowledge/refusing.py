"""How tests of the loader write a faulty ruleset and read what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hepatica.knowledge import load_ruleset
from hepatica.problems import InvalidInput
from tests.making import write_ruleset


def problems(folder: Path, **changed: str | None) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        load_ruleset(write_ruleset(folder, **changed))
    return [line.removeprefix(f"{folder}/") for line in str(caught.value).splitlines()]


def swapped(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, old
    return text.replace(old, new)
