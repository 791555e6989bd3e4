"""`hepatica`: finds the command, runs it, and turns every failure into lines on stderr and an exit code.

Exit codes: 0 fine, 1 findings (failed cases, changed behaviour), 2 could not run (bad input, bad usage).
"""

from __future__ import annotations

import gc
import importlib
import sys
from typing import Any

import click

from hepatica import __version__
from hepatica.cli import writing
from hepatica.notice import NOTICE
from hepatica.printable import printable
from hepatica.problems import InternalError, InvalidInput, quote, suggestion

# Every command: the module that holds it, in a function of the same name, and what the list of commands says of it.
COMMANDS = {
    "evaluate": ("evaluate", "The main job: the options that published evidence backs for a patient."),
    "explain": ("readings", "Why a therapy is or is not an option, rule by rule."),
    "whatif": ("readings", "The smallest changes of facts that add or remove each option."),
    "cohort": ("cohort", "Many patients: tables in, tables or a summary out."),
    "compare": ("readings", "Several patients, or one under two rulesets, side by side."),
    "pathway": ("teaching", "The treatment lines as a picture made from the rules."),
    "forest": ("teaching", "The randomised trials' hazard ratios as a forest plot."),
    "fate": ("teaching", "What became of each therapy after the date of the evidence."),
    "handout": ("teaching", "A patient on one or two A4 pages: answer, why, what would change it, trials."),
    "quiz": ("teaching", "Cases to judge: commit first, then see the answer."),
    "rules": ("catalogue", "List, show and search the rules."),
    "evidence": ("catalogue", "List, show, search and verify the studies."),
    "patients": ("catalogue", "The example patients, with what each teaches."),
    "about": ("catalogue", "The ruleset's card: what it covers, and what it leaves out."),
    "test": ("assurance", "Run case tables: what the answer must say of each patient."),
    "coverage": ("assurance", "What the case tables exercise: rules, conditions, MC/DC pairs; write what is missing."),
    "mutate": ("assurance", "Change the rules in every small way; each change must be caught by a case."),
    "serve": ("serve", "A page in the browser: form, answer, evidence and rules."),
    "check": ("assurance", "Proofs about one ruleset: rules that never apply, gaps, promises beyond the trials ..."),
    "dev": ("dev", "While writing rules: on every save what is wrong, and what the edit changes in the answers."),
    "fmt": ("fmt", "Keep a ruleset's YAML in one order and style, comments and all."),
    "new": ("new", "Write a small valid ruleset with comments, to start from."),
    "diff": ("assurance", "What an edit of the rules changes in the answers, for every profile."),
    "schema": ("catalogue", "JSON Schemas of profile, ruleset and output, for editors."),
}


class _Commands(click.Group):
    """Commands by name, imported when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = getattr(importlib.import_module(f"hepatica.cli.{COMMANDS[cmd_name][0]}"), cmd_name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, says) for name, (_, says) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """As click does it. A reader that has gone is an ordinary end, which click would make exit code 1, that of findings."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            writing.silence(sys.stdout)
            return 0

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """As click does it, with the nearest spelling of a wrong name."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"no command {quote(args[0])}; {suggestion(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=f"{NOTICE}\n\nCompletion for your shell: see README.md.",
)
@click.version_option(__version__, prog_name="hepatica")
def cli() -> None:
    """Evidence-backed systemic options for a hypothetical patient with advanced liver cancer.

    \b
    Examples:
      hepatica evaluate patients/after-sorafenib-met-high.yaml
      hepatica explain patients/after-sorafenib-met-high.yaml tivantinib
      hepatica evaluate - --format json < patient.json
    """


def main() -> None:
    """The entry point."""
    code = run(sys.argv[1:])
    # At its end Python looks through every object for garbage, which is a fifth of a short command's time; frozen, they are
    # given back with the process.
    gc.freeze()
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code."""
    try:
        # Not standalone: click would print its own errors and leave with exit codes of its own.
        result = cli.main(arguments, prog_name="hepatica", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except InvalidInput as error:
        _say(str(error))
    except InternalError as error:
        _say(f"hepatica: internal error: {error}")
    except click.exceptions.NoArgsIsHelpError as error:
        _say(error.format_message())
    except click.ClickException as error:
        # As click shows an error of usage: how the command is called, then what is wrong.
        if context := getattr(error, "ctx", None):
            _say(f"{context.get_usage()}\nTry '{context.command_path} --help' for help.\n")
        _say(f"Error: {error.format_message()}")
    except click.exceptions.Exit as done:
        return done.exit_code
    except (click.Abort, KeyboardInterrupt):
        _say("stopped")
    except OSError as error:
        _say(f"hepatica: {error.strerror or error}")
        writing.silence(sys.stdout)
    return 2


def _say(message: str) -> None:
    """A message to standard error, where there is one; nothing in it can steer a terminal."""
    try:
        click.echo(printable(message), err=True)
    except OSError:
        writing.silence(sys.stderr)
