"""What the project rests on: every distribution it needs, with its licence against a list, and known vulnerabilities.

    python -m tests.audit [--offline]

Needed is what pyproject.toml names, extras included, and whatever that needs in turn. Vulnerabilities are asked for with
`pip-audit` where it is installed and reaches its service; where not, it says that they are unknown, which is not "none".
Exit code 1 where a licence is not on the list or a vulnerability is known.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

# Permissive, as SPDX or the classifiers of the package index call them.
PERMISSIVE = frozenset(
    [
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "MIT License",
        "BSD",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "BSD License",
        "0BSD",
        "ISC",
        "Zlib",
        "CC0-1.0",
        "Apache-2.0",
        "Apache 2.0",
        "Apache Software License",
        "PSF-2.0",
        "Python Software Foundation License",
        "HPND",
    ]
)
# Copyleft that ends at the file or the library: used as it is, by an extra or by tests, never changed or copied into the project.
AT_ARMS_LENGTH = frozenset(
    ("MPL-2.0", "Mozilla Public License 2.0 (MPL 2.0)", "Mozilla Public License 1.1 (MPL 1.1)", "LGPL-3.0-only")
)
# Where a distribution does not say it in its metadata: what its repository says.
SAID_ELSEWHERE: Mapping[str, str] = {"pypdfium2": "BSD-3-Clause OR Apache-2.0", "zen-engine": "MIT"}
CORE = "core"


@dataclass(frozen=True)
class Needed:
    """A distribution that is needed, by the core or by extras alone; no version where it is not installed."""

    name: str
    version: str
    licence: str
    needed_by: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        """Whether its licence is on the list; of alternatives (OR) one is enough."""
        known = set(map(_bare, PERMISSIVE if CORE in self.needed_by else PERMISSIVE | AT_ARMS_LENGTH))
        return all(not known.isdisjoint(part.split(" OR ")) for part in _bare(self.licence).split(" AND "))

    def __str__(self) -> str:
        who = ", ".join(self.needed_by)
        return f"{'ok     ' if self.allowed else 'REFUSED'} {self.name} {self.version}: {self.licence or 'no licence stated'} ({who})"


def _bare(licence: str) -> str:
    return re.sub(r"[()]", "", licence)


def licence_of(found: metadata.Distribution) -> str:
    """As SPDX where the metadata has it, else its classifiers, else the first words of its own text."""
    said: Any = found.metadata
    classifiers = [one.rpartition(" :: ")[2] for one in said.get_all("Classifier") or () if one.startswith("License ::")]
    expression, text = said.get("License-Expression"), (said.get("License") or "").strip()
    known = expression or " OR ".join(one for one in classifiers if one != "OSI Approved")
    return known or SAID_ELSEWHERE.get(found.name) or text.partition("\n")[0][:60]


def needs(requirements: Iterable[str], extras: Iterable[str] = ()) -> Iterator[Requirement]:
    """The requirements that hold here, under some extras."""
    for text in requirements:
        found = Requirement(text)
        if found.marker is None or any(found.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield found


def closure(requirements: Iterable[str]) -> dict[str, metadata.Distribution | None]:
    """Every distribution that some requirements lead to, by name; None for one that is not installed."""
    found: dict[str, metadata.Distribution | None] = {}
    waiting = [*needs(requirements)]
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if name in found or name == "hepatica":
            continue
        found[name] = None
        with suppress(metadata.PackageNotFoundError):
            found[name] = here = metadata.distribution(wanted.name)
            waiting += needs(here.requires or (), wanted.extras)
    return found


def needed() -> list[Needed]:
    """Everything that the project needs, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    by: dict[str, list[str]] = {}
    known: dict[str, metadata.Distribution | None] = {}
    for group, requirements in {CORE: project["dependencies"], **project["optional-dependencies"]}.items():
        for name, found in closure(requirements).items():
            known[name] = found
            by.setdefault(name, []).append(group)
    return [
        Needed(name, found.version, licence_of(found), tuple(by[name]))
        if (found := known[name])
        else Needed(name, "(not installed)", "", tuple(by[name]))
        for name in sorted(known)
    ]


def vulnerabilities(names: Iterable[str]) -> tuple[list[str], str]:
    """The known vulnerabilities of installed distributions, and why they are not wholly known (empty where they are)."""
    command = [sys.executable, "-m", "pip_audit", "--progress-spinner", "off", "--format", "json", "--skip-editable"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        report = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return [], "pip-audit's service did not answer"
    except (ValueError, KeyError):
        lines = done.stderr.strip().splitlines() or ["pip-audit said nothing"]
        return [], f"pip-audit could not run: {lines[-1][:200]}"
    wanted = set(names)
    ours = [one for one in report if canonicalize_name(one["name"]) in wanted]
    found = [f"{one['name']} {one['version']}: {each['id']}" for one in ours for each in one.get("vulns", ())]
    skipped = [one["name"] for one in ours if "skip_reason" in one]
    return found, f"{len(skipped)} of {len(ours)} are not known to pip-audit's service from here" if skipped else ""


def main(arguments: list[str] | None = None) -> int:
    """Print the list, then what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--offline", action="store_true", help="Licences only.")
    chosen = parser.parse_args(arguments)
    found = needed()
    installed = [one for one in found if not one.version.startswith("(")]
    print(*installed, sep="\n")
    refused = [one.name for one in installed if not one.allowed]
    print(f"licences: {len(installed)} distributions, {len(refused)} refused{': ' if refused else ''}{', '.join(refused)}")
    if absent := [one.name for one in found if one not in installed]:
        print(f"not installed, so not looked at: {', '.join(absent)}")
    known, unknown = ([], "not asked for") if chosen.offline else vulnerabilities(one.name for one in installed)
    print(*known, sep="\n", end="\n" if known else "")
    print(f"vulnerabilities: {len(known)} known" if known or not unknown else f"vulnerabilities: UNKNOWN, not none: {unknown}")
    return 1 if refused or known else 0


if __name__ == "__main__":
    sys.exit(main())
