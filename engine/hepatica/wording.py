"""Fields, values, conditions and reasons in words a clinician reads: the only place that puts tokens into sentences.

Nothing here decides anything. Words for a set of values always read one way: "high", "any of Taiwan, Hong Kong", "any but D",
and "or not known" where unknown is among them. What a patient does not meet is said as what it would take, positively: "Only
after sorafenib (not taken so far)", "Studied in Asia only", "Not in Child-Pugh class C".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from hepatica.evaluation import Entry, Reason
from hepatica.knowledge import AllOf, AnyOf, Concept, ConceptTest, Condition, NotOf, Ruleset, Test, concept_words
from hepatica.paths import package_data
from hepatica.patient import NONE, UNKNOWN, Field, Fields, Value

Way = tuple[Sequence[Reason], str]
K = TypeVar("K")
V = TypeVar("V")
NOT_KNOWN = "not known"
# How a condition on a common field is said as a setting: by the field ("in BCLC stage {}"), by the words that are asked for
# ("after sorafenib"), and how what is now is said beside it. Any other field is "where <title> is <value>".
_WORDS: dict[str, Any] = package_data("wording.json")
_MOST_LISTED = 4
_MOST_WAYS = 2
_COMPARED = {">=": "at least", "<=": "at most", ">": "above", "<": "below"}
# A setting that leads to no option must not read as if it did.
STUDIED = "studied "
# Not "licensed": that other authorities gave no licence is not known where nobody looked.
HOW = {"licensed": "licence recorded "}
_LEADS = {"trials": "in trial elsewhere: ", "not_supported": "not supported where tested: "}


def phrase(kind: str, token: str) -> str:
    """What the views say for a token of a kind: `phrase("met", "yes")` is "met"; empty where they say nothing."""
    return str(_WORDS[kind].get(token, ""))


def spoken(token: str) -> str:
    """A token of the records as words: "single_arm_trial" is "single arm trial"."""
    return token.replace("_", " ")


def counted(number: int, one: str, several: str = "") -> str:
    """A number with its noun: "1 rule", "3 rules", "2 therapies"."""
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"


def joined(*parts: str, mark: str = "; ") -> str:
    """The parts that say something, with `mark` between them."""
    return mark.join(part for part in parts if part)


def grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    """What belongs to each key, keys and things in the order in which they come."""
    groups: dict[K, list[V]] = {}
    for key, thing in pairs:
        groups.setdefault(key, []).append(thing)
    return groups


def abbreviations(text: str) -> str:
    """What the abbreviations in a text stand for: "OS overall survival; mo months"; empty where it has none."""
    used = set(re.findall(r"\b[A-Za-z]+\b", text))
    return "; ".join(f"{short} {meaning}" for short, meaning in _WORDS["abbreviations"].items() if short in used)


def any_of(words: Iterable[str], last: str = " or ") -> str:
    """Alternatives: "A", "A or B", "A, B or C"."""
    *others, final = words if (words := tuple(words)) else ("",)
    return f"{', '.join(others)}{last}{final}" if others else final


def all_of(words: Iterable[str]) -> str:
    """Things that belong together: "A", "A and B", "A, B and C"."""
    return any_of(words, " and ")


def plainly(words: str) -> str:
    """A phrase of the profile space as a clinician says it: "at least 15 and below 400", "none or refused".

    What is printed here can be typed back: the reader of patients takes "at least 400" as it takes ">= 400".
    """

    def listed(found: re.Match[str]) -> str:
        return ("any but " if found[1] == "but" else "") + any_of(found[2].split(", "))

    # A list ends where the space puts the next condition on the same field, or that it may be missing.
    text = re.sub(r"any (of|but) (.+?)(?=, or not known|;| and (?:without|includes|at least)|$)", listed, words)
    return re.sub("|".join(_COMPARED), lambda found: _COMPARED[found[0]], text)


def shown(field: Field, value: Value | None) -> str:
    """A value with its unit: "South Korea", "HBV, HCV", "620 ng/mL", "not known"."""
    return NOT_KNOWN if value is None else field.shown(value)


def changed(fields: Fields, setting: str, facts: Mapping[str, Value | None]) -> str:
    """What `name=value` (several joined by ;) made of a case: "Tumour c-MET low"; as it was typed where it names no field."""
    names = [fields.find(one.partition("=")[0].strip()) for one in setting.split(";") if one.strip()]
    said = [f"{fields[name].title} {shown(fields[name], facts[name])}" for name in names if name]
    return all_of(said) if said and None not in names else setting


def _phrase(test: Test, kind: str = "phrases", of: str = "") -> str:
    """The words for exactly these operands of a field; empty where it has none of its own, or where they are excluded."""
    own: dict[str, str] | None = _WORDS[kind].get(test.field)
    # Few fields have any, and the page of an answer asks five hundred times.
    if own is None or test.operator in ("not in", "lacks"):
        return ""
    return own.get((", ".join(sorted(set(map(str, test.operands)))) or test.operator) + of, "")


def _named(concept: str, wanted: bool) -> str:
    return concept_words(concept) if wanted else f"not {concept_words(concept)}"


def sentence(text: str) -> str:
    """Text as it begins a sentence, with a capital letter."""
    return text[:1].upper() + text[1:]


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

    def where(self, name: str, value: Value) -> str:
        """A field's value as where it is: "in mainland China", "after chemotherapy", "with AFP 620 ng/mL"."""
        field = self.fields[name]
        if field.kind in ("number", "integer"):
            return f"with {self.fact(name, value)}"
        if value == ():
            return self.setting(Test(name, "empty"))
        words: tuple[Any, ...] = value if isinstance(value, tuple) else (value,)
        return all_of(self.setting(Test(name, "includes" if field.kind == "set" else "in", (word,))) for word in words)

    def holds(self, reasons: Iterable[Reason]) -> str:
        """What holds for a patient: "BCLC stage C; AFP 620 ng/mL (> 400 ng/mL)"."""
        return "; ".join(dict.fromkeys(self._held(reason) for reason in reasons))

    def _held(self, reason: Reason) -> str:
        field = self.fields[reason.field]
        bound = self.test(reason.test) if field.kind == "number" and reason.test else ""
        value = self.token(field, reason.value)
        return f"{field.title} {value}{f' ({bound})' if bound and bound != value else ''}"

    def token(self, field: Field, text: str) -> str:
        """A value that a reason carries as tokens, in words: "south_korea" is "South Korea"."""
        words = text.split(", ")
        if text == UNKNOWN:
            return NOT_KNOWN
        if field.kind == "set" and all(word in field.values for word in words):
            return field.show(tuple(words))
        return field.show(text) if text in field.values else field.in_unit(text)

    def needed(self, entry: Entry) -> str:
        """What a therapy that is ruled out would take: "Only after sorafenib (not taken so far)"."""
        lead = _LEADS.get(entry.would_be or "", "")
        hows = ("" if lead else HOW.get(standing, STUDIED) for standing in entry.ways)
        return sentence(lead + self.only_ways(tuple(zip(entry.needs_any, hows, strict=True))))

    def only_ways(self, ways: Sequence[Way]) -> str:
        """What it would take where there are several ways, each with its reasons and how it is known of a region (`how`).

        What every way asks for is said once, with all values that one or another would take; else the nearest two, and how
        many more there are.
        """
        # Of two that ask for the same the first stands, since the stronger rule comes first.
        asked = grouped((frozenset((one.field, one.requires) for one in way[0]), way) for way in ways)
        least = [same[0] for own, same in asked.items() if not any(other < own for other in asked)]
        common, told = self._in_common(least), least[0][1]
        # Where every way asks for a region, and they do not agree on how it is known of one.
        regional = all(any(one.field == "region" for one in way[0]) for way in least)
        somewhere = "; in some regions only" if regional and all(one.field != "region" for one in common) else ""
        ways_said = [f"{self.only(common, told)}{somewhere}"] if common else []
        said = ways_said or list(dict.fromkeys(self.only(reasons, how) for reasons, how in self._over_regions(least)))
        left = len(said) - _MOST_WAYS
        more = [f"in {counted(left, 'other setting')}"] if left > 0 else []
        return "; or ".join(said[:_MOST_WAYS] + more)

    def _in_common(self, ways: Sequence[Way]) -> list[Reason]:
        """What all ways ask for, as one way; nothing where they share no field."""
        shared = set.intersection(*({reason.field for reason in reasons} for reasons, _ in ways))
        if len({how for _, how in ways}) > 1:
            shared.discard("region")  # where it was studied is not where it is licensed
        every = [reason for reasons, _ in ways for reason in reasons]
        asked = dict.fromkeys(reason.field for reason in ways[0][0] if reason.field in shared)
        return [one for name in asked for one in self._united([r for r in every if r.field == name])]

    def _over_regions(self, ways: Sequence[Way]) -> list[Way]:
        """Ways that differ in the region alone as one: three licences are one sentence."""

        def beside(way: Way) -> tuple[object, ...]:
            return way[1], *(
                "region" if one.field == "region" and one.test and one.test.operator == "in" else one for one in way[0]
            )

        alike = grouped((beside(way), way) for way in ways).values()
        pieces = [(zip(*(reasons for reasons, _ in own), strict=True), own[0][1]) for own in alike]
        return [([one for piece in same for one in self._united(list(piece))], how) for same, how in pieces]

    def _united(self, reasons: list[Reason]) -> Iterable[Reason]:
        """Reasons about one field as one reason, where they only name words of which one or another would do."""
        if len(reasons) == 1:
            return reasons
        # Bounds and denials are not united: "> 400 or > 20" would be said of a way that needs more.
        tests = [reason.test for reason in reasons if reason.test]
        if len(tests) < len(reasons) or any(test.operator not in ("in", "includes") for test in tests):
            return reasons[:1]
        operands = tuple(dict.fromkeys(word for test in tests for word in test.operands))
        return [replace(reasons[0], test=replace(tests[0], operands=operands))]

    def only(self, reasons: Iterable[Reason], how: str = STUDIED) -> str:
        """What it would take where some conditions are not met: "only after sorafenib (not taken so far)"."""
        return "; ".join(dict.fromkeys(self._one(reason, how) for reason in reasons))

    def _one(self, reason: Reason, how: str) -> str:
        field, test = self.fields[reason.field], reason.test
        now = self.token(field, reason.value)
        if test is None:
            return f"only where {field.title} is {reason.requires}"
        instead = _phrase(test, "instead", f" of {reason.value}")
        if instead:
            return instead  # who declined a drug is still before it, and yet no candidate for what contains it
        excluded = self._excluded(field, test)
        if excluded and not _phrase(test):
            return f"not {self._setting(field, excluded)}"
        if field.name == "region" and test.operator == "in":
            return f"{how}in {self._regions(test)} only"
        here = _WORDS["here"].get(field.name, {}).get(reason.value, "" if field.kind == "flag" else f"here {now}")
        return f"only {self._setting(field, test)}{f' ({here})' if here else ''}"

    def _excluded(self, field: Field, test: Test) -> Test | None:
        """The test of what is excluded, where that is said more shortly than what is allowed."""
        if test.operator in ("not in", "lacks"):
            return test.opposite()
        left = tuple(value for value in field.values if value not in test.operands)
        # Regions are always named: "not elsewhere" would be short, and tell nobody where a trial was run.
        short = field.kind == "choice" and field.name != "region" and test.operator == "in"
        return replace(test, operands=left) if short and len(left) == 1 < len(test.operands) else None

    def _setting(self, field: Field, test: Test) -> str:
        if _phrase(test):
            return _phrase(test)
        if field.kind == "flag":
            name = field.title[:1].lower() + field.title[1:]
            return f"with {name}" if True in test.operands else f"without {name}"
        template: str = _WORDS["templates"].get(field.name, f"where {field.title} is {{}}")
        return template.format(self.test(test))

    def _regions(self, test: Test) -> str:
        """Regions by the name of their group where a concept of the ruleset is that group."""
        # By what the concept tests, not by its id: a ruleset may call its Asian regions what it likes.
        for concept in self.concepts.values():
            when = concept.when
            same = isinstance(when, Test) and when.field == test.field and set(when.operands) == set(test.operands)
            if same and concept.says.startswith("Treated in "):
                return concept.says.removeprefix("Treated in ").rstrip(".")
        return self.test(test)

    def test(self, test: Test, wanted: bool = True) -> str:
        """What a test asks for, positively: "A or B" for "not C", "any but Japan", "> 400 ng/mL"."""
        asked = test if wanted else test.opposite()
        field = self.fields[asked.field]
        words = [field.show(word) for word in asked.operands]
        if asked.operator == "in":
            return any_of(words)
        if asked.operator == "not in":
            every = (True, False) if field.kind == "flag" else field.values
            left = [field.show(value) for value in every if value not in asked.operands]
            return any_of(left) if len(left) <= _MOST_LISTED else f"any but {any_of(words)}"
        phrases = {"includes": any_of(words), "lacks": f"without {any_of(words)}", "empty": NONE, "not empty": "at least one"}
        sign = {"=": "exactly", "!=": "other than"}.get(asked.operator, asked.operator)
        return phrases.get(asked.operator) or field.in_unit(f"{sign} {any_of(words)}")

    def condition(self, condition: Condition, wanted: bool = True) -> str:
        """A condition as one line: "BCLC stage C or D; advanced HCC; AFP > 400". Negation is carried to the tests."""
        if isinstance(condition, Test):
            return f"{self.fields[condition.field].title} {self.test(condition, wanted)}"
        if isinstance(condition, ConceptTest):
            return _named(condition.concept, condition.wanted == wanted)
        if isinstance(condition, NotOf):
            return self.condition(condition.part, not wanted)
        several = [isinstance(part, (AllOf, AnyOf)) and len(part.parts) > 1 for part in condition.parts]
        told = [self.condition(part, wanted) for part in condition.parts]
        inner = [f"({words})" if many else words for words, many in zip(told, several, strict=True)]
        return "; ".join(inner) if isinstance(condition, AllOf) == wanted else any_of(inner)

    def setting(self, condition: Condition, wanted: bool = True) -> str:
        """As `condition`, as where it holds: "in Child-Pugh A", "after sorafenib, or after chemotherapy"."""
        if isinstance(condition, NotOf):
            return self.setting(condition.part, not wanted)
        if isinstance(condition, (AllOf, AnyOf)):
            every = isinstance(condition, AllOf) == wanted
            return (" and " if every else ", or ").join(self.setting(part, wanted) for part in condition.parts)
        if isinstance(condition, ConceptTest):
            return self.concept(condition.concept, condition.wanted == wanted)
        test = condition if wanted else condition.opposite()
        field = self.fields[test.field]
        if field.kind == "flag" and test.operator == "not in":
            test = replace(test, operator="in", operands=tuple(not one for one in test.operands))
        excluded = self._excluded(field, test)
        if excluded and not _phrase(test):
            return f"not {self._setting(field, excluded)}"
        said = f"in {self._regions(test)}" if field.name == "region" else self._setting(field, test)
        return said.replace("<=", "≤").replace(">=", "≥")

    def concept(self, name: str, wanted: bool) -> str:
        """A concept as where it holds, or does not: "after systemic therapy", "not terminal stage"."""
        own: dict[str, str] = _WORDS["concepts"].get(name, {})
        return own.get(str(wanted)) or _named(name, wanted)
