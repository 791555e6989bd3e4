"""Threads, forks, interrupts and long loops: an answer is right, or there is none, and memory stays where it is."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from hepatica.evaluation import Evaluator, evaluator_of
from hepatica.inference import compile_ruleset
from hepatica.knowledge import Ruleset
from hepatica.patient import Profile, read_profile
from tests.conftest import PATIENTS as FILES
from tests.conftest import ROOT, slow

PATIENTS = [read_profile(path) for path in FILES]


def _entries(evaluator: Evaluator, patient: Profile) -> Any:
    return evaluator.evaluate(patient).entries()


def _at_once(threads: int, work: Callable[[int], None]) -> list[BaseException]:
    """Run in threads that begin together; what they raise is given back."""
    errors: list[BaseException] = []
    barrier = Barrier(threads)

    def run(number: int) -> None:
        barrier.wait()
        try:
            work(number)
        except BaseException as error:
            errors.append(error)

    started = [Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    return errors


@pytest.mark.parametrize("rounds", [2, slow(15)])
def test_a_fresh_evaluator_under_sixteen_threads_answers_each_rightly(
    ruleset: Ruleset, evaluator: Evaluator, rounds: int
) -> None:
    expected = [_entries(evaluator, patient) for patient in PATIENTS]
    program = compile_ruleset(ruleset)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for _ in range(rounds):
            fresh = Evaluator(ruleset, program)

            def work(number: int, fresh: Evaluator = fresh) -> None:
                for index in (number, number * 5 + 3):
                    assert _entries(fresh, PATIENTS[index % len(PATIENTS)]) == expected[index % len(PATIENTS)]

            assert not _at_once(16, work)
    finally:
        sys.setswitchinterval(interval)


class _Stop(BaseException):
    """What a timeout raises, anywhere."""


# Where it lands in a callback of the garbage collector (hypothesis has one), Python can but report it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("rounds", [60, slow(800)])
def test_an_interrupt_at_any_point_leaves_an_evaluator_that_answers_the_next_patient(ruleset: Ruleset, rounds: int) -> None:
    expected = [_entries(evaluator_of(ruleset), patient) for patient in PATIENTS]
    evaluator = Evaluator(ruleset)
    chance = random.Random(7)
    stopped = 0

    def stop(*_: Any) -> None:
        raise _Stop

    before = signal.signal(signal.SIGALRM, stop)
    try:
        for step in range(rounds):
            index = step % len(PATIENTS)
            try:
                signal.setitimer(signal.ITIMER_REAL, chance.uniform(1e-5, 1.5e-3))
                found = _entries(evaluator, PATIENTS[index])
                signal.setitimer(signal.ITIMER_REAL, 0)
            except _Stop:
                stopped += 1
            else:
                assert found == expected[index]
            following = (index + 1) % len(PATIENTS)
            assert _entries(evaluator, PATIENTS[following]) == expected[following]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert stopped


FORK = """
import os, signal, sys, threading, warnings
warnings.simplefilter("ignore")
import hepatica
ruleset = hepatica.load()
patient = hepatica.read_profile({"bclc_stage": "C", "child_pugh_class": "A", "prior_sorafenib": "progressed"})
right = hepatica.evaluate(ruleset, patient).entries()
going = True
def work():
    while going:
        hepatica.evaluate(ruleset, patient)
threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads: thread.start()
failed = 0
for n in range(int(sys.argv[1])):
    child = os.fork()
    if not child:
        signal.alarm(250)
        same = hepatica.evaluate(ruleset, patient).entries() == right
        os._exit(0 if same else 1)
    failed += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0
going = False
for thread in threads: thread.join()
print(failed)
"""

LOOP = """
import sys
import hepatica
from pathlib import Path
def memory(): return int(Path("/proc/self/statm").read_text().split()[1]) / 256
ruleset = hepatica.load()
facts = {"bclc_stage": "C", "child_pugh_class": "A", "prior_sorafenib": "progressed"}
def calls(count):
    for n in range(count):
        hepatica.evaluate(ruleset, {**facts, "afp": n % 800})
def rulesets(count):
    for n in range(count):
        hepatica.evaluate(hepatica.load(), facts)
run = {"calls": calls, "rulesets": rulesets}[sys.argv[1]]
run(20)
before = memory()
run(int(sys.argv[2]))
print(round(memory() - before, 1))
"""


def _alone(script: str, *arguments: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300, check=True
    )
    return run.stdout.strip()


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="needs fork")
def test_a_child_forked_while_threads_evaluate_answers() -> None:
    assert _alone(FORK, "5") == "0"


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
@pytest.mark.parametrize(("what", "count"), [slow("calls", 1000), slow("rulesets", 60)])
def test_memory_stays_where_it_is(what: str, count: int) -> None:
    assert float(_alone(LOOP, what, str(count))) < 20


def test_the_evaluator_is_kept_with_the_ruleset_and_goes_with_it(ruleset: Ruleset) -> None:
    assert evaluator_of(ruleset) is evaluator_of(ruleset)
    assert evaluator_of(replace(ruleset)) is not evaluator_of(ruleset)
