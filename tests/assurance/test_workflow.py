"""The pre-commit hooks, the action and the workflow run commands and options that exist, and miss no change of the rules."""

from __future__ import annotations

import re

import pytest

from hepatica.cli.main import COMMANDS, cli
from hepatica.documents import Node, read_yaml
from tests.conftest import ROOT

HOOKS = ROOT / ".pre-commit-hooks.yaml"
ACTION, WORKFLOW = ROOT / ".github/actions/rules/action.yml", ROOT / ".github/workflows/rules.yml"


def hooks() -> list[dict[str, str]]:
    node = read_yaml(HOOKS.read_bytes(), str(HOOKS))
    assert isinstance(node.value, list)
    return [{key: child.raw for key, child in entry.value.items()} for entry in node.value if isinstance(entry.value, dict)]


@pytest.mark.parametrize("name", ["check", "test", "coverage", "diff", "fmt"])
def test_there_is_a_hook_for_each_command_that_also_sees_deletions(name: str) -> None:
    hook = next(hook for hook in hooks() if hook["id"] == f"hepatica-{name}")
    assert hook["entry"].split()[:2] == ["hepatica", name] and name in COMMANDS
    assert hook["always_run"] == "true" and hook["pass_filenames"] == "false" and "files" not in hook


def test_the_action_calls_commands_and_options_that_exist() -> None:
    called = re.findall(r"hepatica (\w+) (.*)$", ACTION.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name for name, _ in called} >= {"fmt", "check", "test", "coverage", "mutate", "diff"}
    for name, rest in called:
        command = cli.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"--[a-z]+", rest)) <= known


@pytest.mark.parametrize("path", [ACTION, WORKFLOW], ids=lambda path: path.name)
def test_what_others_run_is_pinned_and_reads(path: object) -> None:
    text = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert isinstance(read_yaml(text.encode(), str(path)), Node)
    used = [line for line in re.findall(r"^\s*- uses: (\S+)", text, re.MULTILINE) if not line.startswith("./")]
    assert all(re.search(r"@[0-9a-f]{40}$", line) for line in used)
    # Inputs reach the shell through its environment only: pasted into a script they could run as one.
    assert not [line for line in text.splitlines() if "${{" in line and re.match(r"\s+(hepatica|if|cat|gh|run:)", line)
                and "if: " not in line]  # fmt: skip


def test_the_workflow_looks_at_every_ruleset_that_is_not_wrong_on_purpose() -> None:
    matrix = re.search(r"ruleset: \[(.*)\]", WORKFLOW.read_text(encoding="utf-8"))
    assert matrix is not None
    there = {card.parent.name for card in (ROOT / "rulesets").glob("*/ruleset.yaml")}
    assert {name.strip() for name in matrix[1].split(",")} == there - {"teaching-faults"}
