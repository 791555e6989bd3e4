"""Cascades of generated rulesets against the evaluator, intervals among the facts."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from hepatica.assurance.agreement import sampled
from hepatica.cohort import Coded, Kernel
from hepatica.cohort.cells import combined
from hepatica.cohort.kernel import grouped
from hepatica.evaluation import LISTS, evaluator_of
from hepatica.patient import Interval, Profile
from tests.assurance.generated import EVERY, a_ruleset
from tests.conftest import slow
from tests.making import common_space


@pytest.mark.parametrize("seed", (2, 4, *map(slow, (0, 1, 3, 5))))
@pytest.mark.parametrize("few", [True, False])
def test_every_therapy_is_in_the_list_that_the_evaluator_puts_it_in(seed: int, few: bool) -> None:
    ruleset = a_ruleset(Random(seed), therapies=8, most_rules=3, fields=EVERY)
    kernel, evaluator = Kernel(ruleset, few), evaluator_of(ruleset)
    drawn = list(sampled(common_space(evaluator.program.tests), 60, seed))
    profiles = [Profile(facts, fields=ruleset.fields) for facts in drawn]
    codes = np.array(
        [[domain.code_of(facts[domain.field.name]) for facts in drawn] for domain in kernel.coder.domains], dtype=np.uint16
    )
    rows = np.arange(len(drawn))
    answers = kernel.answer(Coded(codes, rows, rows))
    scopes = answers.codes()["scope"]
    assert any(isinstance(value, Interval) for facts in drawn for value in facts.values())
    for at, profile in enumerate(profiles):
        answer = evaluator.evaluate(profile)
        assert scopes[at].as_py() == answer.scope
        for place, therapy in enumerate(ruleset.therapies):
            assert list(LISTS)[answers.list_of(place)[at]] == answer.entry(therapy)[0], (profile.as_document(), therapy)


def test_a_product_of_cascades_says_what_each_says_alone() -> None:
    kernel = Kernel(a_ruleset(Random(3), therapies=8, most_rules=3, fields=EVERY), few=True)
    random = np.random.default_rng(3)
    codes = np.array([random.integers(0, len(domain.values), 5_000) for domain in kernel.coder.domains], dtype=np.uint16)
    single = [one.cascade for one in kernel.therapies]
    for group, members in grouped(single):
        states = group.run(codes)
        for place, member in enumerate(members):
            assert np.array_equal(group.outcomes[place][states], single[member].outcomes[0][single[member].run(codes)])


@pytest.mark.parametrize("wide", [1, 9, 30])
def test_combinations_are_told_apart_however_many_columns_they_have(wide: int) -> None:
    random = np.random.default_rng(wide)
    columns = [random.integers(-1, 900, 400) for _ in range(wide)]
    found, which, firsts = combined(columns)
    assert [found[at] for at in which] == list(zip(*(column.tolist() for column in columns), strict=True))
    assert len(set(found)) == len(found) and which[firsts].tolist() == list(range(len(found)))
