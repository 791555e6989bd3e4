"""A profile as a patient file: YAML that `evaluate` reads back to the same facts."""

from __future__ import annotations

import json

from hepatica.patient import DECIMALS, UNKNOWN, Facts, Value, show


def patient_file(facts: Facts, label: str, comment: str) -> str:
    """The file's text: a comment, a label, every field (unknown ones, too)."""
    lines = [f"# {line}" for line in comment.splitlines()]
    lines.append(f"label: {json.dumps(label, ensure_ascii=False)}")
    lines += [f"{name}: {written(value)}" for name, value in facts.items()]
    return "\n".join(lines) + "\n"


def written(value: Value | None) -> str:
    """A value as a patient file or `--set` takes it, digit for digit."""
    if value is None:
        return UNKNOWN
    if isinstance(value, tuple):
        return f"[{', '.join(value)}]"
    if isinstance(value, float):
        return f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return show(value)
