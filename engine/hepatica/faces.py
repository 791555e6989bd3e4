"""What a package shows of itself: names that are loaded from their modules when first used, and results that write themselves."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

WRITERS: dict[str, Callable[[Any], Any]] = {}
"""A result in each form. The packages that make results stand below those that write them, and must not import them: the top
of the package, which is always imported first and knows both, fills this."""


def lazy(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """What a package has as its `__getattr__`: `modules` gives for each of its modules the names that come from there."""
    homes = {name: module for module, names in modules.items() for name in names.split()}

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(import_module(f"{package}.{homes[name]}"), name)
        # The next use finds it as any other name of the package.
        setattr(sys.modules[package], name, found)
        return found

    return load
