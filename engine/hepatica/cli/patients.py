"""`hepatica patients`."""

from __future__ import annotations

import click

from hepatica.cli import common


@click.command("patients")
@common.printed()
def command() -> common.Output:
    """The example patients that come with Hepatica, with what each teaches. All of them are made up.

    \b
    Examples:
      hepatica patients
      hepatica evaluate first-line-europe
      hepatica patients --format json
    """
    from hepatica.patient import read_profile
    from hepatica.report import patient_listing, patients_view

    files = common.example_patients().items()
    found = [(name, read_profile(path).label, path.read_text(encoding="utf-8")) for name, path in files]
    return common.Output(patient_listing(found), patients_view)
