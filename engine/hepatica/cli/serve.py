"""`hepatica serve`: the page in the browser."""

from __future__ import annotations

import ipaddress
import itertools
from typing import TYPE_CHECKING

import click

from hepatica.cli import common
from hepatica.paths import DEFAULT_RULESET, shipped
from hepatica.problems import not_installed

if TYPE_CHECKING:
    from hepatica.knowledge import Ruleset


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; the default is this machine only.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 takes a free one.")
@click.option(
    "--ruleset",
    "-r",
    "rulesets",
    multiple=True,
    metavar="ID|FOLDER",
    help=f"Rules to offer; may be repeated, the first is the default.  [{DEFAULT_RULESET} and its companion]",
)
def serve(host: str, port: int, rulesets: tuple[str, ...]) -> None:
    """A page in the browser: a form, the answer beside it, the evidence and the rules behind it.

    The address in the browser holds the whole case, and nothing is stored or logged. Every page is JSON at the same path
    with .json, described by /openapi.json.

    \b
    Examples:
      hepatica serve
      hepatica serve --port 9000
      hepatica serve --ruleset hcc-2016 --ruleset path/to/edited-rules
    """
    try:
        from hepatica.web import RulesetLibrary, application, listeners, serve
    except ImportError as error:
        raise not_installed("the page", "web", f" ({error.name} is missing)") from None

    library = RulesetLibrary(_served(rulesets), shipped("patients"))
    try:
        sockets = listeners(host, port)
    except OSError as error:
        raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
    address, taken, *_ = sockets[0].getsockname()
    loopback = ipaddress.ip_address(address).is_loopback
    if not loopback:
        warning = f"warning: listening on {host}, not on loopback: anyone who reaches this machine can use the page"
        click.echo(f"{warning}, unencrypted and without a password.", err=True)
    click.echo(f"Hepatica: http://{f'[{host}]' if ':' in host else host}:{taken}/  (Ctrl-C stops it)")
    allowed = ("localhost", "127.0.0.1", "::1", "[::1]", host) if loopback else ("*",)
    serve(application(library, allowed), sockets)


def _served(asked: tuple[str, ...]) -> dict[str, Ruleset]:
    """The rulesets by their id; a second one of the same id has a number behind it."""
    loaded = [common.ruleset(name) for name in asked or (DEFAULT_RULESET,)]
    companion = loaded[0].card.companion
    if not asked and companion and (shipped("rulesets") / companion).is_dir():
        loaded.append(common.ruleset(companion))
    named: dict[str, Ruleset] = {}
    for one in loaded:
        names = itertools.chain([one.card.id], (f"{one.card.id}-{number}" for number in itertools.count(2)))
        named[next(name for name in names if name not in named)] = one
    return named
