"""`hepatica serve`: the page in the browser."""

from __future__ import annotations

import ipaddress
import itertools
import socket
from typing import TYPE_CHECKING, Any

import click

from hepatica.cli import common
from hepatica.paths import DEFAULT_RULESET, shipped

if TYPE_CHECKING:
    from hepatica.evaluation import Evaluator

SETTINGS: dict[str, Any] = {
    "access_log": False,
    "log_level": "warning",
    "server_header": False,
    "limit_concurrency": 500,
    "timeout_keep_alive": 10,
    "timeout_graceful_shutdown": 5,
    "http": "hepatica.web.connection:Bounded",
    "h11_max_incomplete_event_size": 32_768,
    "ws": "none",
    "lifespan": "off",
}


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; the default is this machine only.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 takes a free one.")
@click.option(
    "--ruleset",
    "-r",
    "rulesets",
    multiple=True,
    metavar="ID|FOLDER",
    help=f"Rules to offer; may be repeated, the first is the default.  [{DEFAULT_RULESET}]",
)
def command(host: str, port: int, rulesets: tuple[str, ...]) -> None:
    """A page in the browser: a form, the answer beside it, the evidence and the rules behind it.

    The address in the browser holds the whole case, and nothing is stored or logged. Every view has a JSON twin at the
    same path with .json, described by /openapi.json.

    \b
    Examples:
      hepatica serve
      hepatica serve --port 9000
      hepatica serve --ruleset hcc-2016 --ruleset path/to/edited-rules
    """
    try:
        import uvicorn

        from hepatica.web.app import application
    except ImportError as error:
        message = f"the page needs the extra 'web': pip install 'hepatica[web]' ({error.name} is missing)"
        raise click.ClickException(message) from None
    from hepatica.web.library import Library

    loopback = _loopback(host)
    if not loopback:
        warning = f"warning: listening on {host}, not on loopback: anyone who reaches this machine can use the page"
        click.echo(f"{warning}, unencrypted and without a password.", err=True)
    library = Library(_named([common.evaluator(name) for name in rulesets or (DEFAULT_RULESET,)]), shipped("patients"))
    allowed = ("localhost", "127.0.0.1", "::1", "[::1]", host) if loopback else ("*",)
    config = uvicorn.Config(application(library, allowed), **SETTINGS)
    listener = _listener(host, port)
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"Hepatica: http://{shown}:{listener.getsockname()[1]}/  (Ctrl-C stops it)")
    uvicorn.Server(config).run(sockets=[listener])


def _named(evaluators: list[Evaluator]) -> dict[str, Evaluator]:
    """The evaluators by the id of their ruleset; a second one of the same id has a number behind it."""
    named: dict[str, Evaluator] = {}
    for evaluator in evaluators:
        name = own = evaluator.ruleset.card.id
        for number in itertools.count(2):
            if name not in named:
                break
            name = f"{own}-{number}"
        named[name] = evaluator
    return named


def _listener(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=512)
    except OSError as error:
        raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror or error}") from None


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
