"""`hepatica compare`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hepatica.cli import common
from hepatica.paths import DEFAULT_RULESET

if TYPE_CHECKING:
    from hepatica.explain.compare import Column
    from hepatica.patient import Profile


@click.command("compare")
@click.argument("patients", nargs=-1, metavar="PATIENT...")
@common.settings_option
@click.option("--but", "variants", multiple=True, metavar="FIELD=VALUE", help="The first patient again with this fact changed.")
@click.option(
    "--ruleset", "-r", "rulesets", multiple=True, metavar="ID|FOLDER", help=f"Rules to use; may be repeated. [{DEFAULT_RULESET}]"
)
@click.option("--against", metavar="ID|FOLDER", help="A further ruleset to hold the answers against.")
@common.format_option("text", "json", "markdown")
def command(
    *,
    patients: tuple[str, ...],
    settings: tuple[str, ...],
    variants: tuple[str, ...],
    rulesets: tuple[str, ...],
    against: str | None,
    format_: str,
) -> None:
    """Several patients, or one patient under several rulesets, side by side.

    Only what differs is shown first, then what is shared.

    \b
    Examples:
      hepatica compare after-sorafenib-met-high patients/other.yaml
      hepatica compare after-sorafenib-met-high --but cmet=low --but afp=200
      hepatica compare after-sorafenib-met-high --against rulesets/mine
    """
    from hepatica.explain.compare import compare

    columns = _columns(patients, settings, variants, _rulesets(rulesets, against))
    found = compare(columns)
    if format_ == "json":
        from hepatica.report.teaching.compare_document import document

        common.write_json(document(found))
        return
    from hepatica.report.teaching.compare_text import markdown, text

    common.write(markdown(found) if format_ == "markdown" else text(found, common.style()))


def _rulesets(rulesets: tuple[str, ...], against: str | None) -> list[str]:
    return [*(rulesets or (DEFAULT_RULESET,)), *([against] if against else [])]


def _columns(
    patients: tuple[str, ...], settings: tuple[str, ...], variants: tuple[str, ...], rulesets: list[str]
) -> list[Column]:
    from hepatica.explain.compare import Column
    from hepatica.report.teaching.compare_text import MOST_COLUMNS

    profiles = _profiles(patients, settings, variants)
    count = len(profiles) * len(rulesets)
    if not 2 <= count <= MOST_COLUMNS:
        raise click.UsageError(f"there are {count} answers; a comparison takes 2 to {MOST_COLUMNS} (patients times rulesets)")
    evaluators = [common.evaluator(name) for name in rulesets]
    return [Column(name, evaluator.evaluate(profile)) for name, profile in profiles for evaluator in evaluators]


def _profiles(patients: tuple[str, ...], settings: tuple[str, ...], variants: tuple[str, ...]) -> list[tuple[str, Profile]]:
    if not patients and not settings:
        raise click.UsageError("name at least one patient file, - for standard input, or facts with --set field=value")
    profiles = common.read_patients(patients, settings)
    named = [(profile.label or f"patient {index}", profile) for index, profile in enumerate(profiles, 1)]
    first, profile = named[0]
    named += [(f"{first}, but {setting}", _varied(profile, number, setting)) for number, setting in enumerate(variants, 1)]
    return named


def _varied(profile: Profile, number: int, setting: str) -> Profile:
    """A profile with the n-th `--but` laid over it; its problems are those of that option."""
    from hepatica.patient import profile_in
    from hepatica.problems import InvalidInput

    try:
        return profile_in(common.as_json(profile.as_document()).encode(), "--but", (setting,))
    except InvalidInput as error:
        raise InvalidInput(problem._replace(file="--but", line=number) for problem in error.problems) from error
