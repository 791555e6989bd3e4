"""Fields, values, conditions and reasons in words a clinician reads: the only place that puts tokens into sentences.

Nothing here decides anything. Words for a set of values always read one way: "high", "any of Taiwan, Hong Kong", "any but D",
and "or not known" where unknown is among them. What a patient does not meet is said as what it would take, positively: "Only
after sorafenib (not taken so far)", "Studied in Asia only", "Not in Child-Pugh class C".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hepatica.evaluation import Reason
from hepatica.knowledge import AllOf, AnyOf, Concept, ConceptTest, Condition, NotOf, Ruleset, Test, concept_words
from hepatica.patient import NONE, Field, Fields, Value

NOT_KNOWN = "not known"
# How a condition on a common field is said as a setting: by the field ("in BCLC stage {}"), by the words that are asked for
# ("after sorafenib"), and how what is now is said beside it. Any other field is "where <title> is <value>".
_WORDS: dict[str, Any] = json.loads(Path(__file__).with_name("wording.json").read_text(encoding="utf-8"))
_MOST_LISTED = 4


def spoken(token: str) -> str:
    """A token of the records as words: "single_arm_trial" is "single arm trial"."""
    return token.replace("_", " ")


def counted(number: int, one: str, several: str = "") -> str:
    """A number with its noun: "1 rule", "3 rules", "2 therapies"."""
    return f"{number} {one if number == 1 else several or f'{one}s'}"


def joined(*parts: str, mark: str = "; ") -> str:
    """The parts that say something, with `mark` between them."""
    return mark.join(part for part in parts if part)


def any_of(words: Sequence[str]) -> str:
    """Alternatives: "A", "A or B", "A, B or C"."""
    return " or ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else "".join(words)


def all_of(words: Sequence[str]) -> str:
    """Things that belong together: "A", "A and B", "A, B and C"."""
    return " and ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else "".join(words)


def shown(field: Field, value: Value | None) -> str:
    """A value with its unit: "South Korea", "HBV, HCV", "620 ng/mL", "not known"."""
    return NOT_KNOWN if value is None else field.shown(value) if field.kind == "number" else field.show(value)


def changed(fields: Fields, setting: str, facts: Mapping[str, Value | None]) -> str:
    """What `name=value` (several joined by ;) made of a case: "Tumour c-MET low"; as it was typed where it names no field."""
    names = [fields.find(one.partition("=")[0].strip()) for one in setting.split(";") if one.strip()]
    said = [f"{fields[name].title} {shown(fields[name], facts[name])}" for name in names if name]
    return all_of(said) if said and None not in names else setting


def _in_order(field: Field) -> tuple[Value, ...]:
    return (True, False) if field.kind == "flag" else field.values


def _phrase(test: Test) -> str:
    """The words for exactly these operands of a field; empty where it has none of its own."""
    asked = ", ".join(sorted(set(map(str, test.operands)))) or test.operator
    phrase: str = _WORDS["phrases"].get(test.field, {}).get(asked, "")
    return phrase


class Wording:
    """The words for the fields and concepts of one ruleset."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.fields: Fields = ruleset.fields
        self.concepts: Mapping[str, Concept] = ruleset.concepts

    def titles(self, names: Iterable[str]) -> list[str]:
        """The titles of fields."""
        return [self.fields[name].title for name in names]

    def fact(self, name: str, value: Value | None) -> str:
        """A field with its value: "BCLC stage C"."""
        return f"{self.fields[name].title} {shown(self.fields[name], value)}"

    def holds(self, reasons: Iterable[Reason]) -> str:
        """What holds for a patient: "BCLC stage C; AFP 620 (> 400)"."""
        return "; ".join(dict.fromkeys(self._held(reason) for reason in reasons))

    def _held(self, reason: Reason) -> str:
        field = self.fields[reason.field]
        bound = reason.requires if field.kind == "number" else ""
        value = self.token(field, reason.value)
        return f"{field.title} {value}{f' ({bound})' if bound and bound != value else ''}"

    def token(self, field: Field, text: str) -> str:
        """A value that a reason carries as tokens, in words: "south_korea" is "South Korea"."""
        words = text.split(", ")
        if field.kind == "set" and all(word in field.values for word in words):
            return field.show(tuple(words))
        return field.show(text) if text in field.values else NOT_KNOWN if text == "unknown" else text

    def needed(self, alternatives: Sequence[Sequence[Reason]]) -> str:
        """What it would take, each alternative being one way: "Only after sorafenib (not taken so far)".

        What every way asks for is said once, with all values that one or another would take; else the ways one by one.
        """
        shared = set.intersection(*({reason.field for reason in reasons} for reasons in alternatives))
        if shared:
            first = dict.fromkeys(reason.field for reason in alternatives[0] if reason.field in shared)
            every = [reason for reasons in alternatives for reason in reasons]
            return self.only(one for name in first for one in self._united([r for r in every if r.field == name]))
        said = list(dict.fromkeys(map(self.only, alternatives)))
        return "; or ".join((said[0], *(f"{text[:1].lower()}{text[1:]}" for text in said[1:])))

    def _united(self, reasons: list[Reason]) -> Iterable[Reason]:
        """Reasons about one field as one reason, where they only name words of which one or another would do."""
        tests = [reason.test for reason in reasons if reason.test]
        if len(tests) < len(reasons) or any(test.operator not in ("in", "includes") for test in tests):
            return reasons[:1]
        operands = tuple(dict.fromkeys(word for test in tests for word in test.operands))
        return [replace(reasons[0], test=replace(tests[0], operands=operands))]

    def only(self, reasons: Iterable[Reason]) -> str:
        """What it would take where some conditions are not met: "Only after sorafenib (not taken so far)"."""
        joined = "; ".join(dict.fromkeys(self._only(reason) for reason in reasons))
        return joined[:1].upper() + joined[1:]

    def _only(self, reason: Reason) -> str:
        field, test = self.fields[reason.field], reason.test
        now = self.token(field, reason.value)
        if test is None:
            return f"only where {field.title} is {reason.requires}"
        excluded = self._excluded(field, test)
        if excluded and not _phrase(test):
            return f"not {self._setting(field, excluded)}"
        if field.name == "region" and test.operator == "in":
            return f"studied in {self._regions(test)} only"
        here = _WORDS["here"].get(field.name, {}).get(reason.value, "" if field.kind == "flag" else f"here {now}")
        return f"only {self._setting(field, test)}{f' ({here})' if here else ''}"

    def _excluded(self, field: Field, test: Test) -> Test | None:
        """The test of what is excluded, where that is said more shortly than what is allowed."""
        if test.operator in ("not in", "lacks"):
            return test.opposite()
        left = tuple(value for value in field.values if value not in test.operands)
        short = field.kind == "choice" and field.name != "region" and test.operator == "in"
        return replace(test, operands=left) if short and len(left) == 1 < len(test.operands) else None

    def _setting(self, field: Field, test: Test) -> str:
        """Where a condition on a field holds, as a phrase: "in BCLC stage C or D", "after sorafenib"."""
        if _phrase(test):
            return _phrase(test)
        if field.kind == "flag":
            name = field.title[:1].lower() + field.title[1:]
            return f"with {name}" if True in test.operands else f"without {name}"
        template: str = _WORDS["templates"].get(field.name, f"where {field.title} is {{}}")
        return template.format(self.test(test))

    def _regions(self, test: Test) -> str:
        """Regions by the name of their group where a concept of the ruleset is that group."""
        for concept in self.concepts.values():
            when = concept.when
            same = isinstance(when, Test) and when.field == test.field and set(when.operands) == set(test.operands)
            if same and concept.says.startswith("Treated in "):
                return concept.says.removeprefix("Treated in ").rstrip(".")
        return self.test(test)

    def test(self, test: Test, wanted: bool = True) -> str:
        """What a test asks for, positively: "A or B" for "not C", "any but Japan", "> 400"."""
        asked = test if wanted else test.opposite()
        field = self.fields[asked.field]
        words = [field.show(word) for word in asked.operands] if field.kind != "set" else self._set_words(field, asked)
        if asked.operator == "in":
            return any_of(words)
        if asked.operator == "not in":
            left = [field.show(value) for value in _in_order(field) if value not in asked.operands]
            return any_of(left) if len(left) <= _MOST_LISTED else f"any but {any_of(words)}"
        phrases = {"includes": any_of(words), "lacks": f"without {any_of(words)}", "empty": NONE, "not empty": "at least one"}
        sign = {"=": "exactly", "!=": "other than"}.get(asked.operator, asked.operator)
        return phrases.get(asked.operator) or f"{sign} {any_of(words)}"

    def _set_words(self, field: Field, test: Test) -> list[str]:
        return [field.show((str(word),)) for word in test.operands]

    def condition(self, condition: Condition, wanted: bool = True) -> str:
        """A condition as one line: "BCLC stage C or D; advanced HCC; AFP > 400". Negation is carried to the tests."""
        if isinstance(condition, Test):
            return f"{self.fields[condition.field].title} {self.test(condition, wanted)}"
        if isinstance(condition, ConceptTest):
            name = concept_words(condition.concept)
            return name if condition.wanted == wanted else f"not {name}"
        if isinstance(condition, NotOf):
            return self.condition(condition.part, not wanted)
        every = isinstance(condition, AllOf) == wanted
        inner = [self._bracketed(part, wanted) for part in condition.parts]
        return "; ".join(inner) if every else any_of(inner)

    def _bracketed(self, part: Condition, wanted: bool) -> str:
        words = self.condition(part, wanted)
        return f"({words})" if isinstance(part, (AllOf, AnyOf)) and len(part.parts) > 1 else words
