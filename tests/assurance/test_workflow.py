"""The pre-commit hooks and the workflow run commands that exist, on the files that make a ruleset."""

from __future__ import annotations

import re

import pytest

from hepatica.cli.main import COMMANDS, cli
from hepatica.documents import Node, read_yaml
from tests.conftest import ROOT

HOOKS, WORKFLOW = ROOT / ".pre-commit-hooks.yaml", ROOT / ".github" / "workflows" / "rules.yml"


def hooks() -> list[dict[str, str]]:
    node = read_yaml(HOOKS.read_bytes(), str(HOOKS))
    assert isinstance(node.value, list)
    return [{key: child.raw for key, child in entry.value.items()} for entry in node.value if isinstance(entry.value, dict)]


@pytest.mark.parametrize("name", ["check", "test", "diff"])
def test_there_is_a_hook_for_each_command(name: str) -> None:
    entry = next(hook["entry"] for hook in hooks() if hook["id"] == f"hepatica-{name}")
    assert entry.split()[:2] == ["hepatica", name] and name in COMMANDS


def test_the_hooks_watch_every_file_of_the_shipped_rules_and_no_other() -> None:
    pattern = re.compile(next(hook["files"] for hook in hooks() if hook["id"] == "hepatica-check"))
    for path in sorted((ROOT / "rulesets" / "hcc-2016").rglob("*.yaml")):
        assert pattern.search(path.relative_to(ROOT).as_posix())
    assert not pattern.search("patients/after-sorafenib-met-high.yaml")


def test_the_workflow_calls_commands_and_options_that_exist() -> None:
    text = WORKFLOW.read_text(encoding="utf-8")
    called = re.findall(r"^\s*(?:run: )?hepatica (\w+)(.*)$", text, re.MULTILINE)
    assert [name for name, _ in called] == ["check", "test", "diff"]
    for name, rest in called:
        command = cli.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"--[a-z]+", rest)) <= known


def test_the_workflow_is_yaml_that_reads() -> None:
    assert isinstance(read_yaml(WORKFLOW.read_bytes(), str(WORKFLOW)), Node)
