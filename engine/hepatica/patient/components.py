"""The five Child-Pugh components from a file: amounts with units and grades, each turned into points."""

from __future__ import annotations

from hepatica.documents import Node
from hepatica.patient import child_pugh
from hepatica.patient.fields import UNKNOWN
from hepatica.patient.units import amount
from hepatica.patient.values import ValueReader, is_unknown
from hepatica.problems import quote, suggestion

COMPONENTS = "child_pugh_components"


class ComponentReader(ValueReader):
    """Reads the components of one file."""

    def read(self, node: Node) -> tuple[dict[str, int], dict[str, str]]:
        """Points by component, and every component as it is shown (`unknown` where it is)."""
        entries = node.value
        if not isinstance(entries, dict):
            message = f"{COMPONENTS} is a mapping of {', '.join(child_pugh.COMPONENTS)}"
            self.problem(node, "wrong-type", message)
            return {}, {}
        for key in entries:
            if key not in child_pugh.COMPONENTS:
                message = f"unknown component {quote(key)}; {suggestion(key, child_pugh.COMPONENTS)}"
                self.problems.append(node.key_problem(self.file, key, "unknown-field", message))
        points: dict[str, int] = {}
        shown: dict[str, str] = {}
        for name in child_pugh.COMPONENTS:
            part = entries.get(name)
            if part is None or is_unknown(part):
                shown[name] = UNKNOWN
                continue
            read = self._measured(name, part) if name in child_pugh.SCALES else self._graded(name, part)
            if read is not None:
                points[name], shown[name] = read
        return points, shown

    def _measured(self, name: str, node: Node) -> tuple[int, str] | None:
        scale = child_pugh.SCALES[name]
        units = " or ".join(unit for unit in scale.cutoffs if unit)
        raw = self.scalar(name, node, f"an amount in {units}" if units else "a number")
        if raw is None:
            return None
        read = amount(raw)
        if read is None or read[1] not in scale.cutoffs:
            expected = f"a number with its unit ({units})" if units else "a number without a unit"
            self.problem(
                node, "unit" if read else "not-a-number", f"{name} cannot be {quote(raw)}; allowed: {expected}, or {UNKNOWN}"
            )
            return None
        value, unit = read
        low, high = scale.plausible[unit]
        if not low <= value <= high:
            self.problem(
                node, "out-of-range", f"{name} of {quote(raw)} is not plausible; allowed: {low:g} to {high:g} {unit}".rstrip()
            )
            return None
        return scale.points(value, unit), f"{value:.12g} {unit}".strip()

    def _graded(self, name: str, node: Node) -> tuple[int, str] | None:
        grades = child_pugh.GRADES[name]
        raw = self.scalar(name, node, f"one of {', '.join(grades)}")
        if raw is None:
            return None
        word = child_pugh.GRADE_SYNONYMS[name].get(raw.lower(), raw.lower())
        if word not in grades:
            self.problem(node, "unknown-value", f"{name} cannot be {quote(raw)}; {suggestion(raw, (*grades, UNKNOWN))}")
            return None
        return grades[word], word
