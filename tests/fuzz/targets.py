"""What is fuzzed: each target draws inputs from valid documents, runs commands on one, and shows one."""

from __future__ import annotations

import atexit
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import strategies as st

import hepatica
from hepatica.assurance import RulesetVersion
from hepatica.assurance.agreement import agreement
from hepatica.evaluation import Evaluator
from hepatica.patient import COMMON_FIELDS
from hepatica.problems import InvalidInput
from tests.bench.load import case_pairs
from tests.bench.soak import expected_lists, lists
from tests.conftest import ROOT
from tests.fuzz.edits import HOSTILE, Edit, Files, difference, edited, edits, files_in, words_of, write_files, written
from tests.fuzz.oracles import Finding, Outcome, bounded, held, outcome, same_again
from tests.knowledge.test_extends import CHILD, PAPER
from tests.making import write_ruleset

RULESET, OTHER, DOCUMENT = "RULESET", "OTHER", "DOCUMENT"
PATIENT = "-s bclc_stage=C -s child_pugh_class=A -s prior_sorafenib=progressed"
# Each with the kind of its JSON, where it is JSON.
OF_A_RULESET: tuple[tuple[str, str], ...] = (
    (f"evaluate {PATIENT} -v -r RULESET", ""),
    (f"evaluate {PATIENT} -f html -r RULESET", ""),
    (f"evaluate {PATIENT} -f markdown -r RULESET", ""),
    ("explain afp-unknown alpha -r RULESET -s ecog=1", ""),
    ("explain afp-unknown alphatinib -f json -r RULESET", "explanation"),
    ("explain afp-unknown example-drug -f html -r RULESET", ""),
    (f"whatif {PATIENT} -r RULESET", ""),
    (f"whatif {PATIENT} -f json -r RULESET", "whatif"),
    ("compare afp-unknown first-line-europe -f json -r RULESET", "comparison"),
    ("compare first-line-europe --but afp=800 -r OTHER -r RULESET", ""),
    ("compare first-line-europe -r hcc-2016 -r RULESET -f html", ""),
    ("pathway -r RULESET", ""),
    ("pathway afp-unknown -f svg -r RULESET", ""),
    ("pathway -f json -r RULESET", "pathway"),
    ("pathway -f mermaid -r RULESET", ""),
    ("forest -f svg -r RULESET", ""),
    ("forest -f json -r RULESET", "forest"),
    ("fate -r RULESET", ""),
    ("fate -f svg -r RULESET", ""),
    ("fate -f json -r RULESET", "fate"),
    ("rules -v -r RULESET", ""),
    ("rules -f json -r RULESET", "rule-list"),
    ("evidence list -f csv -r RULESET", ""),
    ("evidence list -f json -r RULESET", "study-list"),
    ("evidence show alpha-3 -r RULESET", ""),
    ("evidence search survival -r RULESET", ""),
    ("evidence references -f bibtex -r RULESET", ""),
    ("evidence references -f json -r RULESET", "reference-list"),
    ("about -f json -r RULESET", "about"),
    ("about -f html -r RULESET", ""),
    ("test RULESET -f json", "case-run"),
    ("test RULESET -f junit", ""),
    ("coverage RULESET -f json", "coverage"),
    ("mutate RULESET -f json", "mutation"),
    ("check RULESET", ""),
    ("check RULESET -f json", "check"),
    ("check RULESET -f sarif", ""),
    ("diff OTHER RULESET", ""),
    ("diff OTHER RULESET -f json", "diff"),
    ("quiz --seed 3 --count 2 -f json -r RULESET", "quiz"),
    ("quiz --seed 4 --count 2 --export moodle -r RULESET", ""),
    ("quiz --seed 5 --count 1 --export gift -r RULESET", ""),
    ("schema profile -f json -r RULESET", ""),
    ("schema therapy -f json -r RULESET", ""),
)
OF_A_PATIENT: tuple[tuple[str, str], ...] = (
    ("evaluate DOCUMENT -r RULESET", ""),
    ("evaluate DOCUMENT -f html -r RULESET", ""),
    ("evaluate DOCUMENT DOCUMENT -f markdown -r RULESET", ""),
    ("evaluate - -f json -r RULESET", "output"),
    ("explain DOCUMENT sorafenib -r RULESET", ""),
    ("explain - nexavar -f json -r RULESET", "explanation"),
    ("whatif DOCUMENT -f json -r RULESET", "whatif"),
    ("whatif DOCUMENT -r RULESET", ""),
    ("compare DOCUMENT DOCUMENT -r RULESET", ""),
    ("compare DOCUMENT -r hcc-2016 -r hcc-2026 -f json", "comparison"),
    ("pathway DOCUMENT -f svg -r RULESET", ""),
    ("pathway DOCUMENT -f json -r RULESET", "pathway"),
)
OF_CASES: tuple[tuple[str, str], ...] = (
    ("test DOCUMENT -v -r RULESET", ""),
    ("test DOCUMENT -f json -r RULESET", "case-run"),
    ("test DOCUMENT -f junit -r RULESET", ""),
    ("test DOCUMENT -f github -r RULESET", ""),
    ("test DOCUMENT -f html -r RULESET", ""),
    ("coverage RULESET --cases DOCUMENT -f json", "coverage"),
    ("coverage RULESET --cases DOCUMENT", ""),
    ("mutate RULESET --cases DOCUMENT", ""),
)
OF_ALLOWANCES = (("diff OTHER RULESET --allow DOCUMENT", ""), ("diff OTHER RULESET --allow - -f json", "diff"))
ALLOWANCES = b"""allow:
  - {therapy: beta, from: ruled_out, to: options, where: {afp: "> 300"}, at_most: 500, because: A lower threshold is meant.}
  - {shown: alpha-3, because: A figure was corrected.}
"""
CASES = b"""ruleset: tiny
cases:
  - case: After sorafenib a high AFP makes beta an option.
    profile: {bclc_stage: C, child_pugh_class: A, prior_sorafenib: progressed, afp: 500, other_prior_systemic: [tki]}
    options: [beta]
    ruled_out: [alpha]
    derived: {advanced_hcc: yes, untreated: no}
    why: {beta: {rule: beta-high-afp, standing: early_signal, cites: [beta-2], because: [afp, prior_sorafenib]}}
  - case: Without AFP it is open.
    profile: {bclc_stage: C, prior_sorafenib: progressed}
    possible: [beta]
    why: {beta: {needs: [afp]}}
    scope: in
"""
_SEVERAL_PROFILES = 10
# Of so many inputs one is run again in a process of its own, which takes a second.
_ELSEWHERE = 40


@dataclass(frozen=True)
class Target:
    """Something to fuzz: its inputs, what checks one (raises `Finding`), and one in printable words."""

    inputs: st.SearchStrategy[Any]
    check: Callable[[Any], None]
    shown: Callable[[Any], str]


@dataclass(frozen=True)
class Damaged:
    """Valid documents, by the name of what they belong to, with edits, and the commands that read them (by number)."""

    base: str
    edits: tuple[Edit, ...]
    commands: tuple[int, ...]


@cache
def scratch() -> Path:
    """A folder of this process's own, which goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="hepatica-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def rulesets() -> dict[str, Files]:
    """Small valid rulesets to damage: all features of the language occur in one of them."""
    write_ruleset(scratch() / "tiny")
    with suppress(InvalidInput):
        outcome(["new", "ruleset", "skeleton", str(scratch() / "skeleton")])
    found = {name: files_in(scratch() / name) for name in ("tiny", "skeleton")}
    found["teaching-faults"] = files_in(ROOT / "rulesets" / "teaching-faults")
    found["extended"] = {
        "ruleset.yaml": CHILD.replace("../base", "../tiny").encode(),
        "references.yaml": PAPER.encode(),
        "therapies/beta.yaml": found["tiny"]["therapies/beta.yaml"],
    }
    for name in ("hcc-2016", "hcc-2026"):
        files = files_in(ROOT / "rulesets" / name)
        found[name] = {file: data for file, data in files.items() if not file.startswith(("cases/", "omissions/"))}
    return found


def ready(arguments: str, **paths: Path | str) -> list[str]:
    """A command line with its paths."""
    named = {name: str(path) for name, path in paths.items()}
    return [named.get(word, word) for word in arguments.split()]


def digest(value: object) -> int:
    """A number that is the same for the same value in every process."""
    return int.from_bytes(hashlib.sha256(repr(value).encode("utf-8", "replace")).digest()[:4], "big")


def check_ruleset(given: Damaged) -> None:
    """A damaged ruleset is refused with its problems, or it answers rightly in every command."""
    folder = scratch() / "damaged"
    _emptied(folder)
    write_files(edited(rulesets()[given.base], given.edits), folder)
    first = held(outcome(ready(f"evaluate {PATIENT} -f json -r RULESET", RULESET=folder)), "output")
    same_again(first, elsewhere=digest(given) % _ELSEWHERE == 0)
    if first.code == 0:
        with bounded():
            evaluators_agree(folder)
    other = ROOT / "rulesets" / given.base if (ROOT / "rulesets" / given.base).is_dir() else scratch() / "tiny"
    for number in given.commands:
        words, kind = OF_A_RULESET[number % len(OF_A_RULESET)]
        same_again(held(outcome(ready(words, RULESET=folder, OTHER=other)), kind))


def evaluators_agree(folder: Path) -> None:
    """durable_rules, the plain reading and the tables say the same of some patients, and the lists follow from it."""
    ruleset, chance = hepatica.load(folder), Random(1)
    evaluator, found = Evaluator(ruleset), []
    for _ in range(_SEVERAL_PROFILES):
        facts = {name: value for name, value in case_pairs(chance) if name in ruleset.fields}
        with suppress(InvalidInput):
            found.append(hepatica.read_profile(facts, ruleset))
    for profile in found:
        if lists(evaluator.evaluate(profile)) != expected_lists(ruleset, profile.facts):
            raise Finding(f"another list than the plain reading gives, for {profile.as_document()}")
    compared = agreement(RulesetVersion.of(ruleset), {"sample": [profile.facts for profile in found]})
    if compared.differences:
        raise Finding(f"evaluators differ: {compared.differences[0]}"[:300])


def check_patient(given: Damaged) -> None:
    """A damaged patient is refused with its problems, or answered; what was read is read back the same from its document."""
    ending = "json" if given.commands[0] % 3 == 0 else "yaml"
    data = edited({"patient": patients()[given.base]}, given.edits)["patient"]
    if ending == "json" and not any(edit.how == "text" for edit in given.edits):
        import yaml

        data = json.dumps(yaml.safe_load(data), default=str).encode()
    path = scratch() / f"patient.{ending}"
    path.write_bytes(data)
    ruleset = ("hcc-2016", "hcc-2026")[given.commands[0] % 2]
    with bounded(), suppress(InvalidInput):
        read = hepatica.read_profile(path, hepatica.load(ruleset))
        again = hepatica.read_profile(read.as_document(), hepatica.load(ruleset))
        if again.facts != read.facts:
            raise Finding(f"read back as {again.as_document()}, not {read.as_document()}")
    _documents(given, OF_A_PATIENT, path, data, RULESET=ruleset)


def check_cases(given: Damaged) -> None:
    """A damaged case file or file of declared changes is refused with its problems, or used."""
    base, commands = documents()[given.base]
    data = edited({"document": base}, given.edits)["document"]
    path = scratch() / "document.yaml"
    path.write_bytes(data)
    ruleset = ROOT / "rulesets" / given.base if (ROOT / "rulesets" / given.base).is_dir() else scratch() / "tiny"
    other = scratch() / "raised"
    write_files(rulesets()["tiny"], other)
    text = (other / "therapies" / "beta.yaml").read_text("utf-8").replace("> 400", "> 300")
    (other / "therapies" / "beta.yaml").write_text(text, "utf-8")
    _documents(given, commands, path, data, RULESET=ruleset, OTHER=other)


def _documents(given: Damaged, commands: Sequence[tuple[str, str]], path: Path, data: bytes, **paths: Path | str) -> None:
    for number in given.commands:
        words, kind = commands[number % len(commands)]
        stdin = data if " - " in f"{words} " else b""
        done: Outcome = held(outcome(ready(words, DOCUMENT=path, **paths), stdin), kind)
        same_again(done, stdin, elsewhere=digest(given) % _ELSEWHERE == 0)


def check_settings(given: tuple[tuple[str, str], ...]) -> None:
    """Facts as they are typed behind `--set`."""
    settings = [word for name, value in given for word in ("-s", f"{name}={value}")]
    for words, kind in (("evaluate -f json", "output"), ("whatif", "")):
        same_again(held(outcome([*words.split(), *settings]), kind))


@cache
def patients() -> dict[str, bytes]:
    """Valid patients to damage."""
    every = {
        "label": "Everything",
        "bclc_stage": "C",
        "child_pugh_components": {
            "bilirubin": "1.5 mg/dL", "albumin": "36 g/L", "inr": 1.2, "ascites": "none", "encephalopathy": "none",
        },
        "ecog": 1, "prior_sorafenib": "progressed", "other_prior_systemic": ["tki", "chemotherapy"], "afp": "> 1,210 ng/mL",
        "cmet": {"intensity": 2, "percent": 60}, "ras": "wild_type", "region": "south_korea", "etiology": ["hbv", "hcv"],
        "extrahepatic_spread": True, "portal_vein_invasion": False, "locoregional_suitable": False,
    }  # fmt: skip
    found = {"everything": written(every), "several": written([{"bclc_stage": "C"}, {"afp": 620}, {"ecog": "unknown"}])}
    return found | {path.stem: path.read_bytes() for path in sorted((ROOT / "patients").glob("*.yaml"))[::4]}


@cache
def documents() -> dict[str, tuple[bytes, Sequence[tuple[str, str]]]]:
    """Valid documents beside rulesets and patients, with the commands that read them."""
    shipped = (ROOT / "rulesets" / "hcc-2016" / "cases" / "traps.yaml").read_bytes()
    cases = {"tiny": (CASES, OF_CASES), "hcc-2016": (shipped, OF_CASES[:-1])}
    return {**cases, "allowances": (ALLOWANCES, OF_ALLOWANCES)}


def synonyms() -> list[str]:
    """Words that people type, and near misses."""
    known = [word for field in COMMON_FIELDS.values() for word in (*field.values, *field.synonyms)]
    return [
        *known,
        "Child A6",
        "BCLC-C",
        "HBV + HCV",
        "620 µg/L",
        ">1,210",
        "15,000",
        "1.200",
        "400-800",
        "3+",
        "PS 1",
        "N/A",
        "?",
    ]


def _damaged(bases: Sequence[str], words: Sequence[Any], commands: int, at_once: int = 2) -> st.SearchStrategy[Damaged]:
    chosen = st.lists(st.integers(0, commands - 1), min_size=1, max_size=at_once).map(tuple)
    return st.builds(Damaged, base=st.sampled_from(list(bases)), edits=edits(words), commands=chosen)


def _emptied(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()


def _shown(before: Callable[[str], Files], commands: Callable[[str], Sequence[tuple[str, str]]]) -> Callable[[Damaged], str]:
    def shown(given: Damaged) -> str:
        files, known = before(given.base), commands(given.base)
        asked = dict.fromkeys(known[number % len(known)][0] for number in given.commands)
        told = difference(files, edited(files, given.edits))
        return "\n".join((f"base: {given.base}", *(f"command: hepatica {one}" for one in asked), told))

    return shown


def _of_rulesets() -> Target:
    words = [word for name in ("tiny", "skeleton", "teaching-faults") for word in words_of(rulesets()[name])]
    # Small rulesets mostly: whole ones take seconds, and hold little that those do not.
    bases = [name for name in rulesets() for _ in range(1 if name.startswith("hcc") else 6)]
    drawn = _damaged(bases, words, len(OF_A_RULESET))
    return Target(drawn, check_ruleset, _shown(lambda name: rulesets()[name], lambda _: OF_A_RULESET))


def _of_patients() -> Target:
    drawn = _damaged([*patients()], [*words_of(patients()), *synonyms()], 5 * len(OF_A_PATIENT))
    return Target(drawn, check_patient, _shown(lambda name: {"patient": patients()[name]}, lambda _: OF_A_PATIENT))


def _of_settings() -> Target:
    names = st.sampled_from(
        [*COMMON_FIELDS, "child_pugh", "AFP", "cmet.percent", "child_pugh_components.inr", "label", "nothing"]
    )
    values = st.sampled_from(synonyms()) | st.sampled_from(HOSTILE).map(str) | st.text(max_size=15)
    drawn = st.lists(st.tuples(names, values), min_size=1, max_size=5).map(tuple)
    return Target(drawn, check_settings, lambda given: "\n".join(ascii(f"{name}={value}") for name, value in given))


def _of_cases() -> Target:
    drawn = _damaged([*documents()], words_of({name: data for name, (data, _) in documents().items()}), 3 * len(OF_CASES))
    before = _shown(lambda name: {"document": documents()[name][0]}, lambda name: documents()[name][1])
    return Target(drawn, check_cases, before)


def _of_requests() -> Target:
    from tests.fuzz import requests

    return Target(requests.requests(), requests.check_request, requests.shown_request)


def _of_tables() -> Target:
    from tests.fuzz import tables

    drawn = tables.tables([*synonyms(), "1", "0", "-99", "2024-02-31"])
    return Target(drawn, lambda given: tables.check_table(given, _folder("tables")), tables.shown_table)


def _folder(name: str) -> Path:
    (scratch() / name).mkdir(exist_ok=True)
    return scratch() / name


# Made when asked for: the page's takes a second.
TARGETS: dict[str, Callable[[], Target]] = {
    "rulesets": _of_rulesets,
    "patients": _of_patients,
    "settings": _of_settings,
    "cases": _of_cases,
    "requests": _of_requests,
    "tables": _of_tables,
}
