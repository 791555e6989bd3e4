"""Witness profiles as patient files in a folder."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from hepatica.patient import LONGEST_LABEL, Facts
from hepatica.problems import InvalidInput, Problem
from hepatica.report.patient_file import patient_file

MOST_WITNESSES = 500


def write_all(folder: Path, witnesses: Iterable[tuple[str, Facts, str]]) -> None:
    """One file to a witness, numbered: its short name, its facts, and the sentence that says what it shows."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, (name, facts, sentence) in enumerate(islice(witnesses, MOST_WITNESSES), 1):
            body = patient_file(facts, sentence[:LONGEST_LABEL], sentence)
            (folder / f"{number:03}-{name}.yaml").write_text(body, encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or "cannot be written").lower()
        raise InvalidInput([Problem(str(folder), 1, 1, "unwritable", reason)]) from None
