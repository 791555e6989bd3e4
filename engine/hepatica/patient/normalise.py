"""From a parsed document to a profile: every value checked, every unit normalised, every problem reported at once."""

from __future__ import annotations

import math
from collections.abc import Callable

from hepatica.documents import Node
from hepatica.patient import child_pugh, cmet
from hepatica.patient.components import COMPONENTS, ComponentReader
from hepatica.patient.contradictions import doubts
from hepatica.patient.fields import FIELDS, FLAGS, NONE, UNKNOWN, Field, Value
from hepatica.patient.model import Profile, ProfileWarning, canonical, facts_of
from hepatica.patient.units import amount
from hepatica.patient.values import ValueReader, is_unknown
from hepatica.problems import InvalidInput, quote, suggestion

LABEL = "label"
KEYS = (LABEL, *(field.name for field in FIELDS), COMPONENTS)
LONGEST_LABEL = 200
DECIMALS = 6
CHILD_PUGH_GROUP = ("child_pugh_class", "child_pugh_score", COMPONENTS)


def profile_from(node: Node, file: str) -> Profile:
    """The profile in a parsed document; raises `InvalidInput` with every problem, located in `file`."""
    return _Reading(node, file).profile()


class _Reading(ValueReader):
    def __init__(self, node: Node, file: str) -> None:
        super().__init__(file, [])
        self.node = node
        self.warnings: list[ProfileWarning] = []
        self.facts: dict[str, Value | None] = {}
        self.measurements: dict[str, dict[str, str]] = {}
        self.label = ""
        self._readers: dict[str, Callable[[Field, Node], Value | None]] = {
            "choice": self._choice,
            "set": self._set,
            "flag": self._flag,
            "integer": self._integer,
            "number": self._number,
        }

    def profile(self) -> Profile:
        entries = self.node.value
        if not isinstance(entries, dict):
            found = "a list" if isinstance(entries, list) else quote(self.node.raw)
            raise InvalidInput([self.node.problem(self.file, "not-a-profile", f"a profile is a mapping of fields, not {found}")])
        for key in entries:
            if key not in KEYS:
                message = f"unknown field {quote(key)}; {suggestion(key, KEYS)}"
                self.problems.append(self.node.key_problem(self.file, key, "unknown-field", message))
        self._label(entries.get(LABEL))
        for field in FIELDS:
            if field.name in entries:
                self.facts[field.name] = self._value(field, entries[field.name])
        self._child_pugh(entries)
        if self.problems:
            raise InvalidInput(self.problems)
        facts = facts_of(self.facts)
        return Profile(facts, self.label, self.measurements, (*self.warnings, *doubts(facts)))

    def _label(self, node: Node | None) -> None:
        if node is None or node.value is None:
            return
        if isinstance(node.value, (dict, list)) or len(node.raw) > LONGEST_LABEL or not node.raw.isprintable():
            self.problem(node, "label", f"a label is one line of at most {LONGEST_LABEL} printable characters")
            return
        self.label = node.raw

    def _value(self, field: Field, node: Node) -> Value | None:
        if is_unknown(node):
            return None
        if field.name == "cmet" and isinstance(node.value, dict):
            return self._staining(node)
        return self._readers[field.kind](field, node)

    def _choice(self, field: Field, node: Node) -> Value | None:
        raw = self.scalar(field.name, node, f"one of {', '.join(field.values)}")
        return None if raw is None else self.word(field.name, raw, field.values, node)

    def _set(self, field: Field, node: Node) -> Value | None:
        if isinstance(node.value, dict):
            self.problem(node, "wrong-type", f"{field.name} is a list of words, not a mapping")
            return None
        if isinstance(node.value, list):
            members = node.value
        elif node.raw.strip() == NONE:
            return ()
        else:
            members = [
                Node(word.strip(), node.line, node.column, word.strip(), origin=node.origin) for word in node.raw.split(",")
            ]
        words = [self._member(field, member) for member in members]
        return canonical(field.values, (word for word in words if word))

    def _member(self, field: Field, node: Node) -> str | None:
        raw = self.scalar(field.name, node, "a list of words")
        if raw is None:
            return None
        if field.name == "other_prior_systemic" and raw.lower() == "sorafenib":
            declared = self.facts.get("prior_sorafenib")
            clash = f", and contradicts prior_sorafenib: {declared}" if declared in ("none", "refused") else ""
            self.problem(node, "contradiction", f"sorafenib belongs in prior_sorafenib, not in {field.name}{clash}")
            return None
        if raw in (NONE, UNKNOWN):
            alone = "[]" if raw == NONE else UNKNOWN
            self.problem(node, "unknown-value", f"'{raw}' does not go beside other values; write {field.name}: {alone}")
            return None
        return self.word(field.name, raw, field.values, node)

    def _flag(self, field: Field, node: Node) -> Value | None:
        raw = self.scalar(field.name, node, "yes or no")
        if raw is None:
            return None
        if raw.lower() not in FLAGS:
            self.problem(node, "unknown-value", f"{field.name} cannot be {quote(raw)}; {suggestion(raw, ('yes', 'no', UNKNOWN))}")
            return None
        return FLAGS[raw.lower()]

    def _integer(self, field: Field, node: Node) -> Value | None:
        return self.whole(field.name, node, int(field.low), int(field.high))

    def _number(self, field: Field, node: Node) -> Value | None:
        raw = self.scalar(field.name, node, f"a number in {field.unit}")
        if raw is None:
            return None
        read = amount(raw)
        if read is None:
            read = _float(node)
        if read is None:
            self.problem(
                node, "not-a-number", f"{field.name} cannot be {quote(raw)}; allowed: a number in {field.unit}, or {UNKNOWN}"
            )
            return None
        value, unit = read
        if unit not in ("", "ng/mL", "µg/L"):
            self._refuse_unit(field, node, unit)
            return None
        if not field.low <= value <= field.high:
            self.problem(
                node, "out-of-range", f"{field.name} cannot be {quote(raw)}; allowed: 0 to {field.high:,.0f} {field.unit}"
            )
            return None
        return round(value, DECIMALS) + 0.0

    def _refuse_unit(self, field: Field, node: Node, unit: str) -> None:
        if unit in ("IU/mL", "kU/L", "U/mL"):
            message = f"{field.name} in {unit} is refused: published factors from units to mass disagree; give ng/mL or µg/L"
        else:
            message = f"{field.name} has no unit {quote(unit)}; allowed: ng/mL, µg/L"
        self.problem(node, "unit", message)

    def _staining(self, node: Node) -> Value | None:
        entries = node.value
        assert isinstance(entries, dict)
        for key in entries:
            if key not in ("intensity", "percent"):
                message = f"unknown part {quote(key)} of cmet; {suggestion(key, ('intensity', 'percent'))}"
                self.problems.append(node.key_problem(self.file, key, "unknown-field", message))
        intensity_node, percent_node = entries.get("intensity"), entries.get("percent")
        intensity = self._intensity(intensity_node) if intensity_node else None
        percent = self._percent(percent_node) if percent_node else None
        self.measurements["cmet"] = {
            "intensity": UNKNOWN if intensity is None else f"{intensity}+",
            "percent": UNKNOWN if percent is None else f"{percent:.12g}",
        }
        return cmet.status(intensity, percent)

    def _intensity(self, node: Node) -> int | None:
        if is_unknown(node):
            return None
        trimmed = Node(node.value, node.line, node.column, node.raw.strip().removesuffix("+"), origin=node.origin)
        return self.whole("cmet.intensity", trimmed, *cmet.INTENSITY_RANGE)

    def _percent(self, node: Node) -> float | None:
        if is_unknown(node):
            return None
        raw = self.scalar("cmet.percent", node, "a number from 0 to 100")
        if raw is None:
            return None
        read = amount(raw.removesuffix("%"))
        low, high = cmet.PERCENT_RANGE
        if read is None or read[1] or not low <= read[0] <= high:
            message = f"cmet.percent cannot be {quote(raw)}; allowed: a number from {low} to {high}"
            self.problem(node, "out-of-range", message)
            return None
        return read[0]

    def _child_pugh(self, entries: dict[str, Node]) -> None:
        node = entries.get(COMPONENTS)
        given_class, given_score = self.facts.get("child_pugh_class"), self.facts.get("child_pugh_score")
        if isinstance(given_score, int):
            implied = child_pugh.class_of(given_score)
            if given_class is None:
                self.facts["child_pugh_class"] = given_class = implied
            elif given_class != implied:
                low, high = child_pugh.CLASS_RANGES[str(given_class)]
                self.problem(
                    entries["child_pugh_score"],
                    "contradiction",
                    f"Child-Pugh score {given_score} is class {implied}, but child_pugh_class is {given_class} ({low}-{high})",
                )
        if node is None or is_unknown(node):
            return
        points, self.measurements[COMPONENTS] = ComponentReader(self.file, self.problems).read(node)
        if self.problems:
            return
        self._compare(node, points, given_class, given_score)

    def _compare(self, node: Node, points: dict[str, int], given_class: object, given_score: object) -> None:
        low, high = child_pugh.score_range(points)
        if isinstance(given_score, int) and not low <= given_score <= high:
            span = f"{low}" if low == high else f"{low} to {high}"
            self.problem(node, "contradiction", f"the components give a score of {span}, but child_pugh_score is {given_score}")
            return
        classes = [name for name, (a, b) in child_pugh.CLASS_RANGES.items() if a <= high and low <= b]
        if given_class is not None and given_class not in classes:
            found = " or ".join(classes)
            self.problem(node, "contradiction", f"the components give class {found}, but child_pugh_class is {given_class}")
            return
        if low == high:
            self.facts["child_pugh_score"] = low
        elif given_score is None:
            missing = tuple(name for name in child_pugh.COMPONENTS if name not in points)
            message = f"Child-Pugh score not computed: {', '.join(missing)} unknown (score {low} to {high})."
            self.warnings.append(ProfileWarning("child-pugh-incomplete", message, CHILD_PUGH_GROUP[:2]))
        if len(classes) == 1:
            self.facts["child_pugh_class"] = classes[0]


def _float(node: Node) -> tuple[float, str] | None:
    """A number that a reader already understood (JSON writes 1e3), without a unit."""
    value = node.value
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value), ""
