"""What the views of proofs and cases have in common: identities, places, witnesses."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from hepatica.evaluation import LISTS, RulesetIdentity
from hepatica.knowledge import STANDINGS
from hepatica.paths import DEFAULT_RULESET
from hepatica.patient import digits
from hepatica.printable import printable
from hepatica.report.citing import stands
from hepatica.wording import spoken

DIGEST = 19


def identity_words(ruleset: RulesetIdentity) -> str:
    """A ruleset with its digest, and the folder it was read from where that is not the shipped one."""
    return f"{ruleset.id} {ruleset.version} ({ruleset.digest[:DIGEST]}{ruleset.read_from})"


def place_words(place: str, standing: str = "", verdict: str = "") -> str:
    """Where something stands: "standard of care", "not supported: no better than the comparator", "inside"."""
    if place in LISTS and standing in STANDINGS:
        return stands(place, standing, verdict or None)  # type: ignore[arg-type]
    return LISTS[place].phrase if place in LISTS else spoken(place)  # type: ignore[index]


def command(witness: Mapping[str, Any], ruleset: RulesetIdentity | None) -> str:
    """The command that answers a witness under a ruleset, ready to paste; for one at a revision under what stands there now."""
    named = (ruleset.folder.rpartition(":")[2] or ruleset.id) if ruleset is not None else DEFAULT_RULESET
    rules = "" if named == DEFAULT_RULESET else f"-r {shlex.quote(named)} "
    return f"hepatica evaluate {rules}{settings(witness)}"


def settings(witness: Mapping[str, Any]) -> str:
    """A profile as the options that make it, ready to paste."""
    known = {name: value for name, value in witness.items() if name != "label"}
    return " ".join(f"-s {shlex.quote(f'{name}={_setting(value)}')}" for name, value in known.items()) or "-s bclc_stage=unknown"


def _setting(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"[{','.join(value)}]" if isinstance(value, list) else digits(value) if isinstance(value, float) else str(value)


def annotation(level: str, file: str, line: int, title: str, message: str) -> str:
    """A workflow command of GitHub: `level` is error or notice; without a file it stands beside no line."""
    where = f"file={_property(file)},line={line}," if file else ""
    return f"::{level} {where}title={_property(title)}::{_data(message)}\n"


def _data(text: str) -> str:
    """Text with the characters of workflow commands escaped, so that it can neither end one nor begin another."""
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
