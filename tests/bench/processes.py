"""A whole process measured: its processor time and its peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tests.conftest import ROOT

# Linux counts the memory of the process that started a command as the command's own, so a small one starts it.
_LAUNCHER = """
import os, sys
_, status, used = os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ), 0)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, os.waitstatus_to_exitcode(status), file=sys.stderr)
"""


class Cost(NamedTuple):
    """Seconds of processor time, the most memory (MB), and the exit code."""

    seconds: float
    memory: float
    code: int


def command_of(other: str | None = None) -> list[str]:
    """The absolute path of another installed `hepatica`, or this one."""
    return [os.path.realpath(other)] if other else [sys.executable, "-m", "hepatica"]


def cost(command: Sequence[str], own: bool = True) -> Cost:
    """Run a command with nothing kept from an earlier run; `own`: it is this repository's `hepatica`."""
    environment: Mapping[str, str] = {
        **os.environ,
        "HEPATICA_CACHE": "off",
        **({"PYTHONPATH": str(ROOT / "engine")} if own else {}),
    }
    launcher = [sys.executable, "-ISc", _LAUNCHER, *command]
    done = subprocess.run(launcher, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    seconds, memory, code = done.stderr.splitlines()[-1].split()
    if int(code) > 1:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    return Cost(float(seconds), float(memory), int(code))
