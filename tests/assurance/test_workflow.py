"""The pre-commit hooks, the action and the workflow run commands and options that exist, and miss no change of the rules."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

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


# A `gh` that keeps the comments of one pull request in a file: as (number, body, whether the caller wrote it).
GH = """#!{python}
import json, os, sys
store, arguments = {store!r}, sys.argv[1:]
comments = json.load(open(store))
if arguments[:2] == ["pr", "view"]:
    assert arguments[arguments.index("--jq") + 1] == \\
        ".comments[] | select(.viewerDidAuthor and (.body | startswith(env.MARK))) | .url"
    for number, body, own in comments:
        if own and body.startswith(os.environ["MARK"]):
            print(f"https://github.com/o/r/pull/1#issuecomment-{{number}}")
elif arguments[:2] == ["pr", "comment"]:
    comments.append([len(comments) + 1, open(arguments[arguments.index("--body-file") + 1]).read(), True])
else:
    path, (field,) = arguments[4], [one for one in arguments if one.startswith("body=@")]
    assert arguments[:4] == ["api", "--silent", "--method", "PATCH"] and path.startswith("repos/{{owner}}/{{repo}}/issues/comments/")
    comments = [[n, open(field[6:]).read() if str(n) == path.rpartition("/")[2] else body, own] for n, body, own in comments]
json.dump(comments, open(store, "w"))
"""


def test_each_ruleset_has_a_comment_of_its_own_that_the_next_look_replaces(tmp_path: Path) -> None:
    store, command = tmp_path / "comments.json", tmp_path / "bin" / "gh"
    store.write_text(json.dumps([[1, "<!-- hepatica diff: one -->\nNot ours.", False]]), encoding="utf-8")
    command.parent.mkdir()
    command.write_text(GH.format(python=sys.executable, store=str(store)), encoding="utf-8")
    command.chmod(0o755)
    for folder, name in (("a", "one"), ("b", "two")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "ruleset.yaml").write_text(f"# A card.\nruleset: {name}\nversion: 1.0.0\n", encoding="utf-8")
    environment = {**os.environ, "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}"}
    for folder, said in (("a", "First."), ("b", "Second."), ("a", "Third."), ("gone", "Fourth.")):
        (tmp_path / "diff.md").write_text(f"{said}\n", encoding="utf-8")
        called = ["bash", str(ACTION.parent / "comment.sh"), "1", folder, str(tmp_path / "diff.md")]
        subprocess.run(called, check=True, env=environment, cwd=tmp_path, capture_output=True)
    assert [body.splitlines() for _, body, _ in json.loads(store.read_text(encoding="utf-8"))] == [
        ["<!-- hepatica diff: one -->", "Not ours."],
        ["<!-- hepatica diff: one -->", "Third."],
        ["<!-- hepatica diff: two -->", "Second."],
        ["<!-- hepatica diff: gone -->", "Fourth."],
    ]
