"""`hepatica compare`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hepatica.cli import common
from hepatica.paths import DEFAULT_RULESET

if TYPE_CHECKING:
    from hepatica.explain import Column
    from hepatica.knowledge import Ruleset
    from hepatica.patient import Profile


@click.command("compare")
@click.argument("patients", nargs=-1, metavar="PATIENT...")
@common.settings_option
@click.option("--but", "variants", multiple=True, metavar="FIELD=VALUE", help="The first patient again with this fact changed.")
@click.option(
    "--ruleset", "-r", "rulesets", multiple=True, metavar="ID|FOLDER", help=f"Rules to use; may be repeated. [{DEFAULT_RULESET}]"
)
@click.option("--against", metavar="ID|FOLDER", help="A further ruleset to hold the answers against.")
@common.printed()
def command(
    *,
    patients: tuple[str, ...],
    settings: tuple[str, ...],
    variants: tuple[str, ...],
    rulesets: tuple[str, ...],
    against: str | None,
) -> common.Output:
    """Several patients, or one patient under several rulesets, side by side.

    Only what differs is shown first, then what is shared.

    \b
    Examples:
      hepatica compare after-sorafenib-met-high after-sorafenib-met-low
      hepatica compare after-sorafenib-met-high --but cmet=low --but afp=200
      hepatica compare after-sorafenib-met-high --against rulesets/mine
    """
    from hepatica.explain import MOST_COLUMNS, compare
    from hepatica.report import compare_view

    if not patients and not settings:
        raise click.UsageError("name at least one patient file, - for standard input, or facts with --set field=value")
    loaded = [common.ruleset(name) for name in (*(rulesets or (DEFAULT_RULESET,)), *([against] if against else []))]
    profiles = _profiles(patients, settings, variants, loaded[0])
    count = len(profiles) * len(loaded)
    if not 2 <= count <= MOST_COLUMNS:
        raise click.UsageError(f"there are {count} answers; a comparison takes 2 to {MOST_COLUMNS} (patients times rulesets)")
    return common.Output(compare(_columns(profiles, loaded)), compare_view)


def _columns(profiles: list[tuple[str, Profile]], loaded: list[Ruleset]) -> list[Column]:
    from hepatica.explain import Column

    evaluators = [common.evaluator(rules) for rules in loaded]
    return [Column(name, evaluator.evaluate(profile)) for name, profile in profiles for evaluator in evaluators]


def _profiles(
    patients: tuple[str, ...], settings: tuple[str, ...], variants: tuple[str, ...], rules: Ruleset
) -> list[tuple[str, Profile]]:
    profiles = common.read_patients(patients, settings, rules)
    named = [(profile.label or f"patient {index}", profile) for index, profile in enumerate(profiles, 1)]
    first, profile = named[0]
    varied = (_varied(profile, number, setting, rules) for number, setting in enumerate(variants, 1))
    return [*named, *((f"{first}, but {setting}", one) for setting, one in zip(variants, varied, strict=True))]


def _varied(profile: Profile, number: int, setting: str, rules: Ruleset) -> Profile:
    """A profile with the n-th `--but` laid over it; its problems are those of that option."""
    import json

    from hepatica.patient import profile_in
    from hepatica.problems import InvalidInput

    try:
        return profile_in(json.dumps(profile.as_document()).encode(), "--but", (setting,), fields=rules.fields)
    except InvalidInput as error:
        raise InvalidInput(problem._replace(file="--but", line=number) for problem in error.problems) from error
