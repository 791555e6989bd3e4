"""Every shipped YAML file names its schema in its first line, and keeps to it as an editor reads both: offline, by YAML 1.2."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from click.testing import CliRunner

from hepatica.cli.main import cli
from tests.conftest import ROOT
from tests.conftest import SHIPPED as SHIPPED_RULESETS

MODELINE = re.compile(r"# yaml-language-server: \$schema=(\S+)\n")
SCHEMAS = ROOT / "rulesets" / "schemas"
SHIPPED = sorted(path for folder in ("rulesets", "patients") for path in (ROOT / folder).rglob("*.yaml"))


class Core(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as an editor reads it: by the core schema of YAML 1.2, where yes, no and dates are texts."""


Core.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", "n~"),
    ("int", r"[-+]?\d+", "-+0123456789"),
    ("float", r"[-+]?(\d+\.\d*|\.\d+|\d+)(e[-+]?\d+)?", "-+.0123456789"),
):
    Core.add_implicit_resolver(
        f"tag:yaml.org,2002:{tag}", re.compile(rf"(?:{pattern})\Z"), [*first, *([""] if tag == "null" else [])]
    )


@cache
def validator(path: Path) -> jsonschema_rs.Draft202012Validator:
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    jsonschema_rs.meta.validate(schema)
    return jsonschema_rs.Draft202012Validator(schema)


def named(path: Path) -> Path:
    """The schema that the first line of a file names; it is a file, so no editor has to go out for it."""
    found = MODELINE.match(path.read_text(encoding="utf-8"))
    assert found, f"{path} has no modeline"
    return (path.parent / found[1]).resolve()


def read_plain(path: Path) -> Any:
    """What an editor holds against the schema: what JSON can say, so every key is a text."""
    return json.loads(json.dumps(yaml.load(path.read_text(encoding="utf-8"), Core)))


def wrong(path: Path) -> list[str]:
    document = read_plain(path)
    return [f"{path}: {error.instance_path}: {error.message[:200]}" for error in validator(named(path)).iter_errors(document)]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_shipped_file_keeps_to_the_schema_that_it_names(path: Path) -> None:
    assert named(path).parent == SCHEMAS
    assert wrong(path) == []


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.json")), ids=lambda path: path.stem)
def test_the_schemas_are_what_the_command_writes_now(path: Path) -> None:
    now = CliRunner().invoke(cli, ["schema", path.stem, "--any-ruleset"], catch_exceptions=False, standalone_mode=False).stdout
    said = f"run: hepatica schema {path.stem} --any-ruleset --output {path.relative_to(ROOT)} --force"
    assert json.loads(now) == json.loads(path.read_text(encoding="utf-8")), said


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED_RULESETS)
def test_the_cases_keep_to_the_schema_of_their_ruleset(name: str) -> None:
    made = CliRunner().invoke(cli, ["schema", "cases", "-r", name], catch_exceptions=False, standalone_mode=False).stdout
    strict = jsonschema_rs.Draft202012Validator(json.loads(made))
    for path in sorted((ROOT / "rulesets" / name / "cases").glob("*.yaml")):
        document = read_plain(path)
        assert [error.message[:200] for error in strict.iter_errors({**document, "cases": document["cases"][:20]})] == [], path
    other = {"cases": [{"case": "A word of no field.", "profile": {"prior_lenvatinib": "often"}, "scope": "in"}]}
    assert list(strict.iter_errors(other))


def test_a_new_ruleset_brings_its_schemas(tmp_path: Path) -> None:
    CliRunner().invoke(cli, ["new", "ruleset", "mine", str(tmp_path / "mine")], catch_exceptions=False, standalone_mode=False)
    written = sorted((tmp_path / "mine").rglob("*.yaml"))
    assert len(written) == 5 and all(named(path).is_relative_to(tmp_path) for path in written)
    assert [fault for path in written for fault in wrong(path)] == []


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("cases/first-line.yaml", "not_supported_exactly:", "not_supported_exact:"),
        ("cases/first-line.yaml", "standing: standard", "standing: standart"),
        ("cases/scope-and-terminal.yaml", "scope: in", "scope: inside"),
        ("therapies/everolimus.yaml", "phase: III", "phase: 3"),
        ("therapies/everolimus.yaml", "child_pugh_class: A", "child_pugh_class: E"),
        ("therapies/everolimus.yaml", "cites:", "sites:"),
        ("fields.yaml", "kind: flag", "kind: flags"),
        ("references.yaml", "read: abstract", "read: some"),
        ("ruleset.yaml", "tumour: hcc", "tumor: hcc"),
        ("concepts.yaml", "basis: reading", "basis: reeding"),
    ],
)
def test_a_slip_is_seen_in_the_editor(file: str, old: str, new: str, tmp_path: Path) -> None:
    text = (ROOT / "rulesets" / "hcc-2026" / file).read_text(encoding="utf-8")
    assert old in text
    copy = tmp_path / "rulesets" / "hcc-2026" / file
    copy.parent.mkdir(parents=True)
    (tmp_path / "rulesets" / "schemas").symlink_to(SCHEMAS)
    copy.write_text(text.replace(old, new), encoding="utf-8")
    assert wrong(copy), f"{new} passes"
