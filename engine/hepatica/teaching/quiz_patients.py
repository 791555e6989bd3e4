"""Patients that a clinician could meet, made for a quiz by level, and what makes a case hard.

`usual.json` and what is implausible are clinical judgement for the common fields. A ruleset's further fields take their values
from the field itself, so that a quiz of any ruleset can be made from data alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from hepatica.inference import classes_of
from hepatica.knowledge import Ruleset
from hepatica.paths import package_data
from hepatica.patient import Facts, Field, Fields, Profile, Value, doubts
from hepatica.wording import Wording

Level = Literal["easy", "medium", "hard"]
Drawn = dict[str, Value | None]
# Textbook first and second line; one complication; boundaries, conflicts, tumour markers or two complications.
LEVELS: tuple[Level, ...] = ("easy", "medium", "hard")
ASIA = ("mainland_china", "taiwan", "hong_kong", "japan", "south_korea", "thailand", "singapore", "other_asia")
MARKERS = {"cmet": "high", "ras": "mutant"}
_TAKEN = ("progressed", "intolerant")
TOLERATED = "sorafenib_tolerated"
_MOST_COMPLICATIONS = 2
_IMMUNE_SINCE = 2018  # before that year nobody had been given immunotherapy outside a trial

# By level (easy, medium, hard): the usual values of fields, each as often as it is listed (of fields that are not there see
# `_usual`); livers as class and score; and how often a history is met. What is not named is never drawn, but may be asked about.
_USUAL: Mapping[str, Any] = package_data("teaching", "usual.json")
_UNTREATED = 3


def _others(facts: Facts) -> tuple[str, ...]:
    given = facts.get("other_prior_systemic")
    return given if isinstance(given, tuple) else ()


def _lines_given(facts: Facts) -> int:
    return sum(value in _TAKEN for name, value in facts.items() if name.startswith("prior_")) + len(_others(facts))


def implausible(facts: Facts, fields: Fields) -> bool:
    """Whether a clinician would not believe a case."""
    taken, others = _lines_given(facts), _others(facts)
    sorafenib, score = facts.get("prior_sorafenib"), facts.get("child_pugh_score")
    return bool(doubts(facts, fields)) or any(
        (
            # Systemic treatment is no question at BCLC 0 or A, and no trial enrolled terminal stage.
            facts.get("bclc_stage") in ("0", "A", "D") or facts.get("child_pugh_class") == "C" or facts.get("ecog") in (3, 4),
            # Local treatment comes first where it is possible.
            facts.get("locoregional_suitable") is True,
            # More earlier treatments than two, or a liver that has not come through one.
            taken > 2 or (isinstance(score, int) and score >= 8 and taken > 0),
            # Chemotherapy alone is given in Asia.
            others == ("chemotherapy",) and taken == 1 and facts.get("region") not in ASIA,
            # Another targeted drug before sorafenib, or after declining it.
            sorafenib in ("none", "refused") and bool({"tki", "antiangiogenic_antibody"} & {*others}),
            # A dose is tolerated of what was taken.
            facts.get(TOLERATED) is not None and sorafenib not in _TAKEN,
        )
    )


def not_known(ruleset: Ruleset, profile: Profile) -> tuple[str, ...]:
    """The titles of what the rules read and a patient leaves open."""
    return tuple(Wording(ruleset).titles(filter(profile.leaves_open, ruleset.used_fields)))


def vignette(ruleset: Ruleset, profile: Profile) -> str:
    """A patient in a sentence: what is known, and what is not known of what the rules read."""
    words = Wording(ruleset)
    known = [words.fact(name, value) for name, value in profile.facts.items() if value is not None]
    unknown = not_known(ruleset, profile)
    return f"{'; '.join(known) or 'Nothing is known'}." + (f" Not known: {', '.join(unknown)}." if unknown else "")


def level_of(complications: tuple[tuple[str, int], ...]) -> Level:
    """The level that complications make: a marker or a boundary is hard by itself, what a specialist meets daily in twos."""
    weight = sum(points for _, points in complications)
    return "easy" if weight == 0 else "medium" if weight == 1 else "hard"


class QuizPatients:
    """A seeded supply of plausible patients of one level, and the plausible changes of a patient."""

    def __init__(self, ruleset: Ruleset, level: Level, chance: random.Random) -> None:
        self.fields, self.used = ruleset.fields, ruleset.used_fields
        self.level, self.rank, self.chance = level, list(LEVELS).index(level), chance
        tests = list(ruleset.tests(*(rule.when for rule in ruleset.rules.values())))
        numbers = (field for field in self.fields.values() if field.kind in ("number", "integer"))
        self.amounts = {field.name: classes_of(field, tests) for field in numbers}
        history = [self.fields[name] for name in self.used if self.fields[name].nature == "history"]
        self.treatments = [field for field in history if field.kind in ("choice", "set")]
        self.untreated: Drawn = {field.name: _nothing(field) for field in self.treatments}
        self.histories = list(self._histories(int(ruleset.card.as_of[:4]) >= _IMMUNE_SINCE))

    def _histories(self, immune: bool) -> Iterator[Drawn]:
        """Every history that is tried, as what differs from "nothing given": one treatment, or chemotherapy beside another."""
        yield {}
        for field in self.treatments:
            for word in field.values:
                named_elsewhere = field.kind == "set" and f"prior_{word}" in self.untreated
                if word != "none" and not named_elsewhere and (immune or word != "immunotherapy"):
                    yield {field.name: (word,) if field.kind == "set" else word}
                if word == "progressed" and field.name == "prior_sorafenib":
                    yield {field.name: word, "other_prior_systemic": ("chemotherapy",)}

    def draw(self) -> Profile | None:
        """A patient of the level; None where the parts drawn make none to be believed (try again)."""
        staged = "bclc_stage" in self.used
        facts: Drawn = {n: self._usual(field) if staged or n in self.used else None for n, field in self.fields.items()}
        weights = [min(map(self._weight, way.values()), default=_UNTREATED) for way in self.histories]
        facts |= self.untreated | self.chance.choices(self.histories, weights)[0]
        if staged:
            facts |= self._stage(facts)
        if facts.get("child_pugh_class"):
            facts["child_pugh_class"], facts["child_pugh_score"] = self.chance.choice(_USUAL["liver"][self.rank])
        if facts.get("prior_sorafenib") != "progressed" and TOLERATED in facts:
            facts[TOLERATED] = False if facts["prior_sorafenib"] == "intolerant" else None
        profile = Profile(facts, fields=self.fields)
        found = self.complications(profile)
        fits = level_of(found) == self.level and len(found) <= _MOST_COMPLICATIONS
        return profile if fits and not implausible(facts, self.fields) else None

    def _weight(self, value: Value | None) -> int:
        words = value if isinstance(value, tuple) else (value,)
        often: Mapping[str, list[int]] = _USUAL["history"]
        return min(often.get(str(word), [0, 0, 0])[self.rank] for word in words)

    def _usual(self, field: Field) -> Value | None:
        if field.name in _USUAL["fields"]:
            drawn: Any = self.chance.choice(_USUAL["fields"][field.name][self.rank])
            return tuple(drawn) if isinstance(drawn, list) else drawn
        if field.name in self.amounts:
            return self.chance.choice(self._amounts(field, near=self.level == "hard" and self.chance.random() < 0.3))
        if field.kind == "flag":
            return self.level == "hard" and self.chance.random() < 0.25
        return _nothing(field) if field.kind == "set" or field in self.treatments else self.chance.choice(field.values)

    def _amounts(self, field: Field, *, near: bool) -> tuple[Value, ...]:
        """Amounts well away from every threshold of the rules, or (`near`) on it and on both its sides."""
        limits = self.amounts[field.name].thresholds or (50.0,)
        beside, away = (-1, 0, 1), (0.1, 0.4, 3, 12)
        steps = [t + step for t in limits for step in beside] if near else [t * by for t in limits for by in away]
        kept = [max(field.low, min(amount, field.high)) for amount in steps]
        return tuple(dict.fromkeys(round(amount) if field.kind == "integer" else float(amount) for amount in kept))

    def _stage(self, facts: Drawn) -> Drawn:
        """BCLC C with what makes it so; at the higher levels now and then B that local treatment can no longer help."""
        if self.level != "easy" and self.chance.random() < 0.2:
            return {"bclc_stage": "B", "extrahepatic_spread": False, "portal_vein_invasion": False, "ecog": 0}
        spread = self.chance.random() < 0.6
        invaded = not spread or self.chance.random() < 0.3 or facts.get("main_portal_vein_invasion") is True
        return {"bclc_stage": "C", "extrahepatic_spread": spread, "portal_vein_invasion": invaded}

    def changes(self, names: tuple[str, ...], facts: Facts) -> Iterator[Facts]:
        """The plausible patients who differ from a given one in some fields, and only there."""
        for change in self._changes(names):
            moved = {**facts, **change}
            if any(self._part(name, moved) != self._part(name, facts) for name in names) and not implausible(moved, self.fields):
                yield moved

    def _part(self, name: str, facts: Facts) -> object:
        # An amount that no rule can tell from another is no change: 35 and 40 ng/mL.
        return self.amounts[name].code_of(facts[name]) if name in self.amounts else facts[name]

    def _changes(self, names: tuple[str, ...]) -> Iterator[Facts]:
        field = self.fields[names[0]]
        if field in self.treatments:
            tolerated: Drawn = {TOLERATED: None} if TOLERATED in names else {}
            yield from (self.untreated | tolerated | way for way in self.histories)
        elif field.name == "child_pugh_class":
            for name, score in (*_USUAL["liver"][2], *_USUAL["liver"][1]):
                yield {"child_pugh_class": name, "child_pugh_score": score}
        elif field.name in self.amounts:
            near = self._amounts(field, near=True) if self.level == "hard" else ()
            yield from ({field.name: value} for value in (*self._amounts(field, near=False), *near))
        elif field.kind == "flag":
            yield from ({field.name: value} for value in (True, False))
        else:
            yield from ({field.name: (word,) if field.kind == "set" else word} for word in field.values if word != "other")

    def complications(self, profile: Profile) -> tuple[tuple[str, int], ...]:
        """What makes a case harder than the textbook, each with its weight."""
        facts = profile.facts
        found = [(warning.message, 2) for warning in profile.warnings]
        found += [one for name, value in facts.items() if name in self.used and (one := self._complication(name, value))]
        if "chemotherapy" in _others(facts) or _lines_given(facts) > 1:
            found.append(("more than one earlier treatment, or one that is not usual", 2))
        if facts.get("bclc_stage") == "B":
            found.append(("BCLC B that local treatment can no longer help", 1))
        return tuple(found)

    def _complication(self, name: str, value: Value | None) -> tuple[str, int] | None:
        field = self.fields[name]
        if value is None:
            return (f"{field.title} not known", 1) if name not in (*MARKERS, TOLERATED, "child_pugh_score") else None
        if value in ("intolerant", "refused") or MARKERS.get(name) == value:
            return f"{field.title}: {field.show(value)}", 1 if value == "intolerant" else 2
        if name == "child_pugh_class" and value == "B":
            return "Child-Pugh B", 1
        if name == "region" and value in ASIA:
            return "a region with evidence of its own", 1
        if isinstance(value, float) and any(abs(value - limit) <= limit / 10 for limit in self.amounts[name].thresholds):
            return f"{field.title} at the boundary that trials drew", 2
        return None


def _nothing(field: Field) -> Value | None:
    return () if field.kind == "set" else "none" if "none" in field.values else field.values[0]
