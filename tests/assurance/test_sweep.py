"""The counts of the sweep against going through every profile of a small space, one by one."""

from __future__ import annotations

from random import Random

import pytest

from hepatica.assurance.agreement import counts
from hepatica.inference import Verdict
from tests.assurance.brute import Brute
from tests.assurance.generated import a_ruleset, version
from tests.making import common_space


@pytest.mark.parametrize("seed", range(4))
def test_every_profile_is_counted_once(seed: int) -> None:
    fields = ("bclc_stage", "child_pugh_class", "afp", "cmet")
    made = version(a_ruleset(Random(seed), therapies=2, most_rules=2, fields=fields))
    space = common_space(made.program.tests)
    wanted = {
        key: (said.count(Verdict.TRUE), len(said) - said.count(Verdict.FALSE))
        for key, said in Brute(made, space).verdicts.items()
    }
    assert counts(space, made.program, list(wanted)) == wanted
