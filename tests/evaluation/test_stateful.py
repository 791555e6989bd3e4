"""Any order of calls of the public API gives the answers that the plain reading of each rule gives, and the same ones again."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from threading import Thread
from types import FrameType
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, multiple, rule

import hepatica
from hepatica import Profile, Ruleset
from hepatica.patient import COMMON_FIELDS
from tests.bench.soak import expected_lists, lists
from tests.making import consistent, profiles, values, write_ruleset


class _Stop(BaseException):
    """What Ctrl-C or a timeout raises, at any call."""


class PublicApi(RuleBasedStateMachine):
    """Loads, answers, changes, interrupts and forgets; `known` holds the first answer of each ruleset and profile."""

    rulesets = Bundle("rulesets")
    patients = Bundle("patients")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.cache = self.folder / "cache"
        self.before = os.environ.get("HEPATICA_CACHE", "")
        os.environ["HEPATICA_CACHE"] = str(self.cache)
        self.known: dict[tuple[str, str], dict[str, Any]] = {}
        write_ruleset(self.folder / "tiny")

    def teardown(self) -> None:
        os.environ["HEPATICA_CACHE"] = self.before
        shutil.rmtree(self.folder)

    @initialize(target=rulesets)
    def first_ruleset(self) -> Ruleset:
        return hepatica.load()

    @initialize(target=patients)
    def first_patient(self) -> Profile:
        return hepatica.read_profile({"bclc_stage": "C", "child_pugh": "A6", "prior_sorafenib": "progressed", "afp": ">300"})

    @rule(target=rulesets, name=st.sampled_from(("hcc-2016", "tiny")))
    def load(self, name: str) -> Ruleset:
        return hepatica.load(self.folder / name if name == "tiny" else name)

    @rule(target=patients, facts=profiles(with_intervals=True))
    def read(self, facts: Any) -> Any:
        """A patient, by way of the document that it is written as; none where that is refused (an AFP below nought)."""
        try:
            read = hepatica.read_profile(Profile(facts).as_document())
        except hepatica.InvalidInput:
            return multiple()
        assert hepatica.read_profile(read.as_document()).facts == read.facts
        return read

    @rule(target=patients, patient=patients, data=st.data())
    def change(self, patient: Profile, data: st.DataObject) -> Profile:
        field = data.draw(st.sampled_from([*COMMON_FIELDS.values()]))
        return Profile(consistent({**patient.facts, field.name: data.draw(values(field))}))

    @rule(ruleset=rulesets, patient=patients)
    def evaluate(self, ruleset: Ruleset, patient: Profile) -> None:
        self.right(ruleset, patient)

    @rule(ruleset=rulesets, patient=patients)
    def print(self, ruleset: Ruleset, patient: Profile) -> None:
        answer = hepatica.evaluate(ruleset, patient)
        assert answer.to_text() == hepatica.evaluate(ruleset, patient).to_text()
        assert "not a medical device" in " ".join(answer.to_text().split())

    @rule(ruleset=rulesets, patient=patients, calls=st.integers(1, 400))
    def interrupt(self, ruleset: Ruleset, patient: Profile, calls: int) -> None:
        """Stopped at the n-th call of a function, wherever that is; the next answer is right."""
        left = calls

        def count(frame: FrameType, event: str, argument: Any) -> None:
            nonlocal left
            left -= 1
            if not left:
                raise _Stop

        sys.setprofile(count)
        try:
            hepatica.evaluate(ruleset, patient)
        except _Stop:
            pass
        finally:
            sys.setprofile(None)
        self.right(ruleset, patient)

    @rule(ruleset=rulesets, chosen=st.lists(patients, min_size=2, max_size=4))
    def at_once(self, ruleset: Ruleset, chosen: list[Profile]) -> None:
        failed: list[BaseException] = []

        def ask(patient: Profile) -> None:
            try:
                self.right(ruleset, patient)
            except BaseException as error:
                failed.append(error)

        threads = [Thread(target=ask, args=(patient,)) for patient in chosen]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed, failed

    @rule()
    def clear_cache(self) -> None:
        shutil.rmtree(self.cache, ignore_errors=True)

    @rule(cut=st.integers(0, 4000), put=st.binary(max_size=3))
    def damage_cache(self, cut: int, put: bytes) -> None:
        for path in sorted(self.cache.glob("*.ruleset")):
            data = path.read_bytes()
            path.write_bytes(data[:cut] + put + data[cut + 2 :])

    @rule(ruleset=consumes(rulesets))
    def forget(self, ruleset: Ruleset) -> None:
        """Nothing uses the ruleset any more."""

    def right(self, ruleset: Ruleset, patient: Profile) -> None:
        """The answer is that of the plain reading, and the one that was given before, by whatever copy of the ruleset."""
        answer = hepatica.evaluate(ruleset, patient)
        assert lists(answer) == expected_lists(ruleset, patient.facts)
        found = answer.to_dict()
        found["ruleset"].pop("folder", None)
        assert self.known.setdefault((ruleset.digest, repr(patient)), found) == found


TestPublicApi = pytest.mark.slow(PublicApi.TestCase)
TestPublicApi.settings = settings(max_examples=12, stateful_step_count=30, deadline=None, derandomize=True)
