"""Rulesets made by a seeded generator, and small edits of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from hepatica.assurance import RulesetVersion
from hepatica.knowledge import (
    STANDINGS,
    AllOf,
    AnyOf,
    Card,
    Concept,
    ConceptTest,
    Condition,
    NotOf,
    Place,
    Population,
    Rule,
    Ruleset,
    SourceText,
    Standing,
    Study,
    Test,
    Therapy,
)
from hepatica.patient import COMMON_FIELDS

PLACE = Place(lines="1")
SMALL = ("bclc_stage", "child_pugh_class", "child_pugh_score", "other_prior_systemic", "afp", "cmet")
EVERY = tuple(COMMON_FIELDS)
THRESHOLDS = {"afp": (20.0, 400.0), "child_pugh_score": (6.0, 7.0, 9.0), "ecog": (1.0, 2.0)}


def a_ruleset(random: Random, therapies: int = 3, most_rules: int = 3, fields: tuple[str, ...] = SMALL) -> Ruleset:
    """A ruleset with `therapies` therapies of up to `most_rules` rules, two concepts, and a study each."""
    concepts = {f"concept_{i}": Concept(id=f"concept_{i}", says="", when=a_condition(random, fields, (), 2)) for i in range(2)}
    names = tuple(concepts)
    made = [_therapy(random, f"drug-{i}", random.randint(1, most_rules), fields, names) for i in range(therapies)]
    card = Card(
        id="generated",
        version="1.0.0",
        title="Generated",
        as_of="2016-08",
        source=SourceText(citation="none", basis="reading"),
        scope=a_condition(random, fields[:2], (), 2),
        out_of_scope="",
        therapies=tuple(therapy.id for therapy in made),
    )
    return Ruleset(card=card, digest="", concepts=concepts, therapies={therapy.id: therapy for therapy in made})


def a_large_ruleset(random: Random, therapies: int, rules: int, thresholds: int) -> Ruleset:
    """A ruleset of `therapies` therapies of `rules` rules each, AFP cut by up to `thresholds` different numbers."""
    cuts = random.sample(range(1, 50_000), thresholds)
    small = a_ruleset(random, therapies, 1, EVERY)
    made = {}
    for therapy in small.therapies.values():
        one = therapy.rules[0]
        made[therapy.id] = replace(therapy, rules=tuple(_usual_rule(random, one, n, cuts) for n in range(rules)))
    return replace(small, therapies=made)


def _usual_rule(random: Random, like: Rule, number: int, cuts: Sequence[int]) -> Rule:
    """A rule as people write them: a line of treatment, a class, perhaps one thing more, and a bound of AFP."""
    parts = [
        Test("prior_sorafenib", "in", random.choice((("none",), ("progressed", "intolerant"), ("refused",)))),
        Test("child_pugh_class", "in", (random.choice("AB"),)),
        *random.choice(((), (a_test(random, EVERY),))),
        *(
            Test("afp", random.choice(("<", "<=", ">", ">=")), (float(cut),))
            for cut in random.sample(cuts, random.choice((1, 1, 1, 2)))
        ),
    ]
    return replace(like, id=f"{like.id}-{number}", standing=a_standing(random), when=AllOf(tuple(parts)))


def a_monstrous_ruleset(random: Random, rules: int, alternatives: int, conditions: tuple[int, int]) -> Ruleset:
    """A valid ruleset of one therapy: each rule has so many alternatives of so many random conditions (fewest, most)."""

    def one() -> Condition:
        return AnyOf(
            tuple(AllOf(tuple(_any_test(random) for _ in range(random.randint(*conditions)))) for _ in range(alternatives))
        )

    ruleset = a_ruleset(random, 1, 1, EVERY)
    (therapy,) = ruleset.therapies.values()
    like = therapy.rules[0]
    made = tuple(replace(like, id=f"{like.id}-{n}", standing=a_standing(random), when=one()) for n in range(rules))
    return replace(ruleset, therapies={therapy.id: replace(therapy, rules=made)})


def _any_test(random: Random) -> Test:
    if random.random() < 0.7:
        return a_test(random, EVERY)
    return Test("afp", random.choice(("<", "<=", ">", ">=")), (float(random.randrange(100, 5_000, 100)),))


def _therapy(random: Random, name: str, rules: int, fields: tuple[str, ...], concepts: tuple[str, ...]) -> Therapy:
    population = Population(when=a_condition(random, fields, (), 2)) if random.random() < 0.5 else None
    study = Study(
        id=f"{name}-study",
        name=name,
        kind="single_arm_trial",
        status="completed",
        design="",
        source=PLACE,
        summary="",
        population=population,
    )
    made = tuple(
        Rule(
            id=f"{name}-rule-{i}",
            says="",
            line="any",
            standing=a_standing(random),
            when=a_condition(random, fields, concepts, 4),
            cites=(study.id,),
            source=PLACE,
        )
        for i in range(rules)
    )
    return Therapy(id=name, name=name, drug_class="", about="", source=PLACE, studies=(study,), rules=made)


def a_standing(random: Random) -> Standing:
    """Any standing."""
    return random.choice(list(STANDINGS))


def a_condition(random: Random, fields: tuple[str, ...], concepts: tuple[str, ...], most: int) -> Condition:
    """A condition of up to `most` parts, some of them nested or negated."""
    parts = [_part(random, fields, concepts) for _ in range(random.randint(1, most))]
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _part(random: Random, fields: tuple[str, ...], concepts: tuple[str, ...]) -> Condition:
    chance = random.random()
    if chance < 0.12 and concepts:
        return ConceptTest(random.choice(concepts), random.random() < 0.7)
    if chance < 0.3:
        return AnyOf((a_test(random, fields), a_test(random, fields)))
    return NotOf(a_test(random, fields)) if chance < 0.4 else a_test(random, fields)


def a_test(random: Random, fields: tuple[str, ...]) -> Test:
    """A test of one of some fields."""
    field = COMMON_FIELDS[random.choice(fields)]
    if field.name in THRESHOLDS:
        return Test(field.name, random.choice(("<", "<=", ">", ">=", "=")), (random.choice(THRESHOLDS[field.name]),))
    if field.kind == "flag":
        return Test(field.name, "in", (random.random() < 0.5,))
    if field.kind == "set" and random.random() < 0.3:
        return Test(field.name, "empty")
    words = tuple(sorted(random.sample(field.values, random.randint(1, len(field.values) - 1)), key=field.values.index))
    return Test(field.name, "includes" if field.kind == "set" else "in", words)


def edited(random: Random, ruleset: Ruleset, fields: tuple[str, ...] = SMALL) -> Ruleset:
    """The ruleset after one small edit of one rule, of a therapy's presence, or of the scope."""
    therapies = dict(ruleset.therapies)
    name = random.choice(list(therapies))
    therapy = therapies[name]
    chance = random.random()
    if chance < 0.1:
        return replace(ruleset, card=replace(ruleset.card, scope=a_condition(random, fields[:2], (), 2)))
    if chance < 0.2 and len(therapies) > 1:
        del therapies[name]
        return replace(ruleset, therapies=therapies)
    rules = list(therapy.rules)
    index = random.randrange(len(rules))
    if chance < 0.35 and len(rules) > 1:
        del rules[index]
    elif chance < 0.5:
        rules[index] = replace(rules[index], standing=a_standing(random))
    else:
        rules[index] = replace(rules[index], when=_edited(random, rules[index].when, fields, tuple(ruleset.concepts)))
    therapies[name] = replace(therapy, rules=tuple(rules))
    return replace(ruleset, therapies=therapies)


def _edited(random: Random, condition: Condition, fields: tuple[str, ...], concepts: tuple[str, ...]) -> Condition:
    if isinstance(condition, AllOf):
        parts = list(condition.parts)
        index = random.randrange(len(parts))
        if random.random() < 0.3:
            del parts[index]
        else:
            parts[index] = _edited(random, parts[index], fields, concepts)
        return AllOf(tuple(parts)) if parts else a_test(random, fields)
    return AllOf((condition, a_test(random, fields))) if random.random() < 0.3 else _part(random, fields, concepts)


def version(ruleset: Ruleset) -> RulesetVersion:
    """A ruleset, compiled."""
    return RulesetVersion.of(ruleset)
