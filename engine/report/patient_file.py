"""A profile as a patient file: YAML that `evaluate` reads back to the same facts."""

from __future__ import annotations

import json

from engine.profile.fields import UNKNOWN, show
from engine.profile.model import Facts


def patient_file(facts: Facts, label: str, comment: str) -> str:
    """The file's text: a comment, a label, every field (unknown ones, too)."""
    lines = [f"# {line}" for line in comment.splitlines()]
    lines.append(f"label: {json.dumps(label, ensure_ascii=False)}")
    for name, value in facts.items():
        shown = f"[{', '.join(value)}]" if isinstance(value, tuple) else UNKNOWN if value is None else show(value)
        lines.append(f"{name}: {shown}")
    return "\n".join(lines) + "\n"
