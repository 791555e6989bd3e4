"""`--help` and `--version`, worded here.

Click's own ask gettext for a translation of their words, of which there are none, and looking for it loads locales: that takes a
hundredth of a short command's time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from hepatica import __version__


def _printed(text: Callable[[click.Context], str]) -> Callable[[click.Context, click.Parameter, bool], None]:
    def show(context: click.Context, _option: click.Parameter, asked: bool) -> None:
        if asked and not context.resilient_parsing:
            click.echo(text(context), color=context.color)
            context.exit()

    return show


_QUIET: dict[str, Any] = {"is_flag": True, "is_eager": True, "expose_value": False}
help_option = click.option(
    "-h", "--help", **_QUIET, help="Show this message and exit.", callback=_printed(click.Context.get_help)
)
version_option = click.option(
    "--version", **_QUIET, help="Show the version and exit.", callback=_printed(lambda _: f"hepatica, version {__version__}")
)
