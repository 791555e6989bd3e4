"""A profile as a patient file: YAML that `evaluate` reads back to the same facts."""

from __future__ import annotations

import json

from hepatica.patient import Facts, Field


def patient_file(facts: Facts, label: str, comment: str) -> str:
    """The file's text: a comment, a label, every field (unknown ones, too)."""
    lines = [f"# {line}" for line in comment.splitlines()]
    lines.append(f"label: {json.dumps(label, ensure_ascii=False)}")
    lines += [f"{name}: {Field.written(value)}" for name, value in facts.items()]
    return "\n".join(lines) + "\n"
