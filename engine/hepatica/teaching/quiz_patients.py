"""Patients that a clinician could meet, made for a quiz by level, and what makes a case hard.

The tables below are clinical judgement for the common fields. A ruleset's further fields take their values from the field
itself, so that a quiz of any ruleset can be made from data alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from hepatica.knowledge import ConceptTest, Condition, Ruleset, Test, leaves
from hepatica.patient import Facts, Field, Profile, Value, doubts

Level = Literal["easy", "medium", "hard"]
LEVELS: dict[Level, str] = {
    "easy": "textbook first and second line",
    "medium": "one complication: intolerance, Child-Pugh B, a region with evidence of its own, a fact not known",
    "hard": "boundaries, conflicts, tumour markers, several complications",
}
ASIA = ("mainland_china", "taiwan", "hong_kong", "japan", "south_korea", "thailand", "singapore", "other_asia")
MARKERS = {"cmet": "high", "ras": "mutant"}
# The first ruleset year from which an immunotherapy can have been given before, outside trials.
_IMMUNE_SINCE = 2018

# What is usual at each level, a value as often as it is listed. Fields that are not here: see `_usual`.
_USUAL: Mapping[str, Mapping[Level, tuple[Value | None, ...]]] = {
    "ecog": {"easy": (0, 1), "medium": (0, 1), "hard": (0, 1, 1, 2)},
    "cmet": {"easy": ("low", "low", None), "medium": ("low", "low", None), "hard": ("high", "high", "low")},
    "ras": {"easy": ("wild_type", None), "medium": ("wild_type", None), "hard": ("mutant", "wild_type", "wild_type", None)},
    "etiology": {
        "easy": (("hcv",), ("alcohol",), ("nafld",), ("hbv",)),
        "medium": (("hbv",), ("hcv",), ("alcohol",)),
        "hard": (("hbv",), ("hcv",), ("hcv", "alcohol"), None),
    },
    "region": {
        "easy": ("europe", "europe", "north_america"),
        "medium": ("europe", "north_america", *ASIA[:6]),
        "hard": ("europe", "north_america", *ASIA),
    },
    "locoregional_suitable": {"easy": (False,), "medium": (False,), "hard": (False,)},
    "main_portal_vein_invasion": {"easy": (False,), "medium": (False,), "hard": (False, False, True)},
    "sorafenib_tolerated": {"easy": (True,), "medium": (True,), "hard": (True, False)},
}
_LIVER: Mapping[Level, tuple[tuple[str, int], ...]] = {
    "easy": (("A", 5), ("A", 5), ("A", 6)),
    "medium": (("A", 5), ("A", 6), ("B", 7), ("B", 8)),
    "hard": (("A", 5), ("A", 6), ("B", 7), ("B", 7), ("B", 8)),
}
# History: how often each level meets a value that is not "none".
_HISTORY: Mapping[str, Mapping[Level, int]] = {
    "progressed": {"easy": 3, "medium": 2, "hard": 2},
    "intolerant": {"easy": 0, "medium": 2, "hard": 1},
    "refused": {"easy": 0, "medium": 0, "hard": 2},
    "chemotherapy": {"easy": 0, "medium": 0, "hard": 1},
    "immunotherapy": {"easy": 0, "medium": 1, "hard": 1},
}
_UNTREATED: Mapping[Level, int] = {"easy": 3, "medium": 3, "hard": 3}


def _has(facts: Facts, name: str, *values: Value) -> bool:
    return facts.get(name) in values


# What a clinician would not believe, each with its reason. The fields' own contradictions (`doubts`) come on top.
IMPLAUSIBLE: tuple[tuple[str, Callable[[Facts], bool]], ...] = (
    ("systemic treatment is not a question at BCLC 0 or A", lambda f: _has(f, "bclc_stage", "0", "A")),
    ("terminal stage: no trial enrolled such patients", lambda f: _has(f, "bclc_stage", "D") or _has(f, "child_pugh_class", "C")),
    ("performance status 3 or 4 is terminal stage", lambda f: _has(f, "ecog", 3, 4)),
    ("local treatment comes first where it is possible", lambda f: _has(f, "locoregional_suitable", True)),
    (
        "nobody with a Child-Pugh score of 8 or more has had several drugs",
        lambda f: isinstance(score := f.get("child_pugh_score"), int) and score >= 8 and _lines_given(f) > 0,
    ),
    ("more than two earlier systemic treatments", lambda f: _lines_given(f) > 2),
    (
        "first-line chemotherapy is given in Asia",
        lambda f: _others(f) == ("chemotherapy",) and _lines_given(f) == 1 and f.get("region") not in ASIA,
    ),
    (
        "another tyrosine kinase inhibitor or an antibody before sorafenib, or after declining it",
        lambda f: _has(f, "prior_sorafenib", "none", "refused") and bool({"tki", "antiangiogenic_antibody"} & set(_others(f))),
    ),
    ("a dose that was tolerated belongs to sorafenib that was taken", lambda f: _untaken(f) and "sorafenib_tolerated" in f),
)


def _others(facts: Facts) -> tuple[str, ...]:
    given = facts.get("other_prior_systemic")
    return given if isinstance(given, tuple) else ()


def _untaken(facts: Facts) -> bool:
    return _has(facts, "prior_sorafenib", "none", "refused") and facts.get("sorafenib_tolerated") is not None


def _lines_given(facts: Facts) -> int:
    """How many systemic treatments were taken, as far as the facts say."""
    taken = sum(1 for name, value in facts.items() if name.startswith("prior_") and value in ("progressed", "intolerant"))
    return taken + len(_others(facts))


def implausible(facts: Facts) -> str:
    """Why a clinician would not believe a case; empty where there is no reason."""
    contradictions = doubts(facts)
    if contradictions:
        return contradictions[0].message
    return next((says for says, holds in IMPLAUSIBLE if holds(facts)), "")


class QuizPatients:
    """A seeded supply of plausible patients of one level, and the plausible changes of a patient."""

    def __init__(self, ruleset: Ruleset, level: Level, chance: random.Random) -> None:
        self.fields = ruleset.fields
        self.level = level
        self.chance = chance
        self.year = int(ruleset.card.as_of[:4])
        self.thresholds = {name: thresholds(ruleset, name) for name in ruleset.fields}
        self.used = frozenset(ruleset.used_fields)

    def draw(self) -> Profile | None:
        """A patient; None where the parts drawn make none to be believed (try again)."""
        facts: dict[str, Value | None] = {name: self._usual(field) for name, field in self.fields.items()}
        facts |= self._history()
        if "bclc_stage" in facts:
            facts |= self._stage(facts)
        if "child_pugh_class" in facts:
            facts["child_pugh_class"], facts["child_pugh_score"] = self.chance.choice(_LIVER[self.level])
        if "sorafenib_tolerated" in facts and facts.get("prior_sorafenib") in (None, "none", "refused"):
            facts["sorafenib_tolerated"] = None
        return None if implausible(facts) else Profile(facts=facts)

    def _usual(self, field: Field) -> Value | None:
        if field.name in _USUAL:
            return self.chance.choice(_USUAL[field.name][self.level])
        if field.kind in ("number", "integer"):
            return self.chance.choice(self.amounts(field, near=self.level == "hard"))
        if field.kind == "flag":
            return self.level == "hard" and self.chance.random() < 0.25
        if field.kind == "set" or field.nature == "history":
            return _nothing(field)
        return self.chance.choice(field.values)

    def amounts(self, field: Field, *, near: bool) -> tuple[Value, ...]:
        """Amounts well away from every threshold of the rules, or (`near`) on both sides of one and on it."""
        found: list[float] = []
        for threshold in self.thresholds[field.name] or (50,):
            found += [threshold - 1, threshold, threshold + 1] if near else []
            found += [threshold * 0.1, threshold * 0.4, threshold * 3, threshold * 12]
        whole = field.kind == "integer"
        kept = [max(field.low, min(round(value) if whole else value, field.high)) for value in found]
        return tuple(dict.fromkeys(int(value) if whole else float(value) for value in kept))

    def _history(self) -> dict[str, Value | None]:
        """What was given before: nothing, one treatment, or now and then in hard cases a second one."""
        ways = self.histories()
        weights = [_UNTREATED[self.level] if not way else min(self._weight(value) for value in way.values()) for way in ways]
        nothing = {field.name: _nothing(field) for field in self.fields.values() if _treatment(field)}
        return nothing | self.chance.choices(ways, weights)[0]

    def _weight(self, value: Value | None) -> int:
        words = value if isinstance(value, tuple) else (value,)
        return min((_HISTORY.get(str(word), {}).get(self.level, 0) for word in words), default=0)

    def histories(self) -> list[dict[str, Value | None]]:
        """Every history that is tried, as what differs from "nothing given"."""
        single: list[dict[str, Value | None]] = [{}]
        for field in self.fields.values():
            if _treatment(field):
                words = [word for word in field.values if word != "none" and (word != "immunotherapy" or self.year >= _IMMUNE_SINCE)]
                single += [{field.name: (word,) if field.kind == "set" else word} for word in words]
        sequences = [{**one, **two} for one in single for two in single if one.keys() < two.keys() | one.keys() and one and two]
        return [*single, *(way for way in sequences if "progressed" in way.values() and len(way) == 2)]

    def _stage(self, facts: Mapping[str, Value | None]) -> dict[str, Value | None]:
        """BCLC C with what makes it so; at the higher levels now and then B that local treatment can no longer help."""
        if self.level != "easy" and self.chance.random() < 0.2:
            return {"bclc_stage": "B", "extrahepatic_spread": False, "portal_vein_invasion": False, "ecog": 0}
        spread = self.chance.random() < 0.6
        invaded = not spread or self.chance.random() < 0.3 or facts.get("main_portal_vein_invasion") is True
        return {"bclc_stage": "C", "extrahepatic_spread": spread, "portal_vein_invasion": invaded}

    def changes(self, names: tuple[str, ...], facts: Facts) -> Iterator[Facts]:
        """The plausible patients who differ from a given one in some fields, and only there."""
        for change in self._changes(names, facts):
            moved = {**facts, **change}
            if moved != dict(facts) and not implausible(moved):
                yield moved

    def _changes(self, names: tuple[str, ...], facts: Facts) -> Iterator[Mapping[str, Value | None]]:
        first = self.fields[names[0]]
        if _treatment(first):
            nothing = {name: _nothing(self.fields[name]) for name in names if _treatment(self.fields[name])}
            if "sorafenib_tolerated" in names:
                nothing["sorafenib_tolerated"] = None
            yield from (nothing | way for way in self.histories() if all(name in names for name in way))
        elif first.name == "child_pugh_class":
            yield from ({"child_pugh_class": name, "child_pugh_score": score} for name, score in dict.fromkeys(_LIVER["hard"]))
        elif first.kind in ("number", "integer"):
            yield from ({first.name: value} for value in self.amounts(first, near=True))
        elif first.kind == "set":
            yield from ({first.name: (word,)} for word in first.values)
        else:
            yield from ({first.name: value} for value in ((True, False) if first.kind == "flag" else first.values))


def _treatment(field: Field) -> bool:
    return field.nature == "history" and field.kind in ("choice", "set")


def _nothing(field: Field) -> Value | None:
    """The value for "none of it"."""
    return () if field.kind == "set" else "none" if "none" in field.values else field.values[0] if field.values else None


def thresholds(ruleset: Ruleset, name: str) -> tuple[float, ...]:
    """The numbers that a ruleset's rules compare a field with, in order."""
    rules = [rule.when for rule in ruleset.rules.values()]
    found = {float(operand) for leaf in _tests(ruleset, rules) if leaf.field == name for operand in leaf.operands if _number(operand)}
    return tuple(sorted(found))


def _number(operand: object) -> bool:
    return isinstance(operand, (int, float)) and not isinstance(operand, bool)


def _tests(ruleset: Ruleset, conditions: list[Condition]) -> Iterator[Test]:
    for leaf in (leaf for condition in conditions for leaf in leaves(condition)):
        if isinstance(leaf, ConceptTest):
            yield from _tests(ruleset, [ruleset.concepts[leaf.concept].when])
        else:
            yield leaf


def complications(ruleset: Ruleset, profile: Profile) -> tuple[tuple[str, int], ...]:
    """What makes a case harder than the textbook, each with its weight; 2 alone makes it hard."""
    facts, used = profile.facts, ruleset.used_fields
    found = [(warning.message, 2) for warning in profile.warnings]
    for name, value in facts.items():
        field = ruleset.fields[name]
        if value is None:
            known = name in used and name not in MARKERS and _expected(field, facts)
            found += [(f"{field.title} not known", 1)] if known else []
        elif value in ("intolerant", "refused"):
            found.append((f"{field.title}: {field.show(value)}", 1 if value == "intolerant" else 2))
        elif MARKERS.get(name) == value and name in used:
            found.append((f"{field.title}: {field.show(value)}", 2))
        elif isinstance(value, float) and any(abs(value - t) <= t / 10 for t in thresholds(ruleset, name)):
            found.append((f"{field.title} at the boundary that trials drew", 2))
    if _lines_given(facts) > (facts.get("prior_sorafenib") in ("progressed", "intolerant")):
        found.append(("earlier systemic treatment other than sorafenib", 2))
    found += [("Child-Pugh B", 1)] if _has(facts, "child_pugh_class", "B") else []
    found += [("a region with evidence of its own", 1)] if facts.get("region") in ASIA and "region" in used else []
    found += [("BCLC B that local treatment can no longer help", 1)] if _has(facts, "bclc_stage", "B") else []
    return tuple(found)


def _expected(field: Field, facts: Facts) -> bool:
    return field.name not in ("sorafenib_tolerated", "child_pugh_score") or (
        field.name == "sorafenib_tolerated" and facts.get("prior_sorafenib") in ("progressed", "intolerant")
    )


def level_of(found: tuple[tuple[str, int], ...]) -> Level:
    """The level that some complications make."""
    weight = sum(points for _, points in found)
    return "easy" if weight == 0 else "medium" if weight == 1 else "hard"
