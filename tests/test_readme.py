"""The README does what it shows: its commands are run, and what it must mention it mentions."""

from __future__ import annotations

import doctest
import re
import shlex
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from hepatica.cli.main import COMMANDS, run
from tests.conftest import ROOT, slow

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", README, flags=re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
DEAR = ("hepatica test", "hepatica coverage", "hepatica mutate", "hepatica diff", "hepatica check")
LIKE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def _shown() -> Iterator[Any]:
    """Each command of a console block with the output printed below it ("..." stands for anything)."""
    for block in BLOCKS:
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield slow(command, output) if command.startswith(DEAR) else (command, output)


SHOWN = list(_shown())


@pytest.mark.parametrize(("command", "output"), SHOWN, ids=lambda value: value[:60])
def test_a_command_prints_what_the_readme_shows(
    command: str, output: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    program, *words = shlex.split(command)
    assert program == "hepatica"
    run(words)
    printed = "".join(capfd.readouterr())
    assert doctest.OutputChecker().check_output(output, printed, LIKE), f"{command}\nprinted:\n{printed}\nshown:\n{output}"


def test_the_readme_shows_commands() -> None:
    assert len(SHOWN) >= 6


@pytest.mark.parametrize("code", [slow(code) if "pandas" in code else code for code in PYTHON], ids=range(len(PYTHON)))
def test_python_examples_run(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if "pandas" in code:
        pytest.importorskip("pandas", reason="tables need the extra 'tables', and this example pandas")
    monkeypatch.chdir(ROOT)
    exec(code, {"__name__": "example"})


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name: str) -> None:
    assert f"`{name}`" in README or f"`{name} " in README


def test_every_dependency_is_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    listed = [*project["dependencies"], *(name for names in optional.values() for name in names)]
    for requirement in listed:
        name = re.split(r"[<>=\[;]", requirement)[0].strip()
        assert name.startswith(("types-", "hepatica")) or f"`{name}`" in README, f"say in the README what {name} is for"
    for extra in optional:
        assert f"`{extra}`" in README, f"name the extra {extra} in the README"
