"""A case: a sentence, a hypothetical patient, and what the answer must say of that patient, as it is written in a case file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from hepatica.assurance.version import Subject
from hepatica.documents import DIALECT, adapter
from hepatica.evaluation import LISTS, ApplicabilityStatus, ListName, Scope
from hepatica.knowledge import Standing, Verdict
from hepatica.patient import Fields, Profile, profile_schema
from hepatica.records import record


def _several(value: Any) -> Any:
    """One word where a list of words is meant."""
    return (value,) if isinstance(value, str) else value


def _mapping(key: str, meant: Any) -> BeforeValidator:
    """One word where a mapping with that word under `key` is meant."""
    short = lambda value: {key: value} if isinstance(value, str) else value  # noqa: E731 -- the schema names the type beside it
    return BeforeValidator(short, json_schema_input_type=str | meant)


def _truth(value: Any) -> Any:
    # YAML reads a bare yes as true, and a quoted one as a word.
    text = str(value).lower()
    return {"true": "yes", "false": "no"}.get(text, text)


_Word = str | float | bool
Names = Annotated[tuple[str, ...], BeforeValidator(_several, json_schema_input_type=_Word | tuple[_Word, ...])]
Held = Literal["yes", "no", "unknown"]
Holds = Annotated[Held, BeforeValidator(_truth, json_schema_input_type=str | bool)]


@record(kw_only=True)
class ExpectedRule:
    """The list that another rule of a therapy reaches, and its standing and studies where asked."""

    list: ListName
    standing: Standing | None = None
    cites: Names | None = None


@record(kw_only=True)
class ExpectedWhy:
    """Why a therapy is in its list; what is left out is not asked.

    `rule` is the rule that puts it there, `needs` and `blocked_by` the fields that decide (no more, no fewer), `cites` its
    studies in any order, `also` what other rules of the therapy say.
    """

    rule: str = ""
    standing: Standing | None = None
    verdict: Verdict | None = None
    cites: Names | None = None
    needs: Names | None = None
    blocked_by: Names | None = None
    also: dict[str, Annotated[ExpectedRule, _mapping("list", ExpectedRule)]] = field(default_factory=dict)


@record(kw_only=True)
class ExpectedAnswer:
    """One case as written. Lists hold therapies that must be there; `*_exactly` give a list whole.

    `shows` are texts that a therapy's headline must hold, `derived` maps concepts to yes, no or unknown, `applicability`
    studies that the answer cites to inside, outside and so on. `warnings`, where given, are all codes that the profile raises.
    """

    case: str
    profile: Any
    scope: Scope | None = None
    derived: dict[str, Holds] = field(default_factory=dict)
    applicability: dict[str, ApplicabilityStatus] = field(default_factory=dict)
    options: Names | None = None
    trials: Names | None = None
    possible: Names | None = None
    not_supported: Names | None = None
    ruled_out: Names | None = None
    unreported: Names | None = None
    options_exactly: Names | None = None
    trials_exactly: Names | None = None
    possible_exactly: Names | None = None
    not_supported_exactly: Names | None = None
    ruled_out_exactly: Names | None = None
    unreported_exactly: Names | None = None
    why: dict[str, Annotated[ExpectedWhy, _mapping("rule", ExpectedWhy)]] = field(default_factory=dict)
    shows: dict[str, Names] = field(default_factory=dict)
    warnings: Names | None = None

    @cached_property
    def lists(self) -> Mapping[str, ListName]:
        """Where each therapy must be."""
        return {therapy: name for name in LISTS for therapy in getattr(self, name) or ()}

    @cached_property
    def exactly(self) -> Mapping[ListName, frozenset[str]]:
        """The lists that are given whole."""
        given = {name: getattr(self, f"{name}_exactly") for name in LISTS}
        return {name: frozenset(names) for name, names in given.items() if names is not None}


@record(kw_only=True)
class CaseFile:
    """A case file as written."""

    cases: tuple[ExpectedAnswer, ...] = ()


@record(eq=False)
class PatientCase:
    """One case with its patient, and where it is written."""

    expected: ExpectedAnswer
    profile: Profile
    file: str = ""
    line: int = 1

    @property
    def sentence(self) -> str:
        """What the case says in words."""
        return self.expected.case

    @property
    def place(self) -> str:
        """`file:line`."""
        return f"{self.file}:{self.line}"

    def expects(self, subject: Subject) -> str | None:
        """What the case says of the scope, of a concept, or of whom a study enrolled; None where it says nothing."""
        if subject.kind == "scope":
            return self.expected.scope
        said: Mapping[str, str] = self.expected.derived if subject.kind == "concept" else self.expected.applicability
        return said.get(subject.id)

    def speaks_of(self, subject: Subject) -> bool:
        """Whether the case says anything of it: of a therapy where it expects it, or why."""
        if subject.kind != "therapy":
            return self.expects(subject) is not None
        expected = self.expected
        return bool(expected.exactly) or subject.id in expected.lists or subject.id in expected.why


def cases_schema(fields: Fields) -> dict[str, Any]:
    """The schema (2020-12) of a file of cases, whose patients have these fields. Names of therapies and rules may be any."""
    made = adapter(ExpectedAnswer).json_schema(ref_template="#/$defs/{model}")
    definitions = made.pop("$defs")
    profile = json.loads(json.dumps(profile_schema(fields)).replace("#/properties/", "#/$defs/Profile/properties/"))
    del profile["$schema"]
    definitions |= {"Profile": profile, "Case": made}
    definitions["Case"]["properties"] |= {"profile": {"$ref": "#/$defs/Profile"}}
    listed = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Case"}}
    return {
        "$schema": DIALECT,
        "title": "CaseFile",
        "type": "object",
        "properties": {"cases": listed},
        "required": ["cases"],
        "additionalProperties": False,
        "$defs": definitions,
    }
