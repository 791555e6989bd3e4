"""What a package shows of itself: names that are loaded from their modules when first used, and results that write themselves."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from itertools import takewhile
from typing import Any

WRITERS: dict[str, Callable[[Any], Any]] = {}
"""A result in each form. The packages that make results stand below those that write them, and must not import them: the top
of the package, which is always imported first and knows both, fills this."""


def lazy(package: str) -> Callable[[str], Any]:
    """What a package has as its `__getattr__`: what its `__init__` imports for type checkers only, loaded when first used."""

    def load(name: str) -> Any:
        if name not in (homes := _homes(package)):
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(import_module(homes[name]), name)
        # The next use finds it as any other name of the package.
        setattr(sys.modules[package], name, found)
        return found

    return load


@cache
def _homes(package: str) -> Mapping[str, str]:
    # Those imports say where each name comes from, so a table beside them would say it twice. A start reads some: no patterns.
    with open(str(sys.modules[package].__file__), encoding="utf-8") as source:  # noqa: PTH123 -- see `paths`
        block = source.read().partition("if TYPE_CHECKING:\n")[2].splitlines()
    imports = "\n".join(takewhile(lambda line: line[:1] in ("", " "), block))
    found: dict[str, str] = {}
    for statement in imports.split("    from ")[1:]:
        module, _, names = statement.partition(" import ")
        found |= dict.fromkeys(names.strip("() \n").replace(",", " ").split(), module)
    return found
