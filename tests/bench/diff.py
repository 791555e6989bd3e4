"""`hepatica diff` of one edit of hcc-2016 from cold, as a whole process, against another installed `hepatica`.

    python -m tests.bench.diff --against COMMAND --other-rules FOLDER [--runs 11]

COMMAND is the other one's script, FOLDER the hcc-2016 that it reads: the same edit is made in both. The commands run in turn,
every run with nothing kept from an earlier one; the ratios of processor time are the median over pairs, and least over least.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import tempfile
from pathlib import Path

from tests.bench.processes import command_of, cost
from tests.conftest import ROOT

HCC = ROOT / "rulesets" / "hcc-2016"
EDITS = {
    "threshold": ("ramucirumab", r'afp: "(>=?) 400"', r'afp: "\1 500"'),
    "condition": ("tivantinib", r"child_pugh_class: A, cmet: high", 'cmet: high, afp: "> 200"'),
    "figure": ("tivantinib", r"tivantinib: 7\.2, placebo: 3\.8", "tivantinib: 17.2, placebo: 3.8"),
    "sentence": ("regorafenib", r"(?s)(\nrules:.*?says: >-\n +)", r"\1Reworded: "),
    "region": ("folfox4", r"\[taiwan, south_korea, thailand\]", "[taiwan, south_korea, thailand, singapore]"),
    "order": ("folfox4", r"\[taiwan, south_korea, thailand\]", "[thailand, taiwan, south_korea]"),
    "id": ("regorafenib", r"id: regorafenib-second-line", "id: regorafenib-after-sorafenib"),
    "deletion": ("ramucirumab", r"\n+  - id: (?:(?!\n  - id: )[\s\S])*\Z", "\n"),
}
"""Kind of edit: the therapy whose file is edited, what stands there, and what will."""


def an_edited_copy(source: Path, folder: Path, kind: str) -> Path:
    """The ruleset in `source` with one edit, in a new folder."""
    therapy, before, after = EDITS[kind]
    shutil.copytree(source, folder)
    file = folder / "therapies" / f"{therapy}.yaml"
    text, found = re.subn(before, after, file.read_text(encoding="utf-8"), count=1)
    if not found:
        raise SystemExit(f"{file} has nothing to edit for {kind!r}; choose another edit")
    file.write_text(text, encoding="utf-8")
    return folder


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--against", metavar="COMMAND", required=True)
    parser.add_argument("--other-rules", type=Path, metavar="FOLDER", required=True)
    chosen = parser.parse_args()
    sides = {True: (command_of(), HCC), False: (command_of(chosen.against), chosen.other_rules)}
    for kind in EDITS:
        with tempfile.TemporaryDirectory() as folder:
            commands = {
                own: [*command, "diff", str(rules), str(an_edited_copy(rules, Path(folder) / str(own), kind))]
                for own, (command, rules) in sides.items()
            }
            pairs = [(cost(commands[True]).seconds, cost(commands[False], own=False).seconds) for _ in range(chosen.runs)]
        least = [min(side) for side in zip(*pairs, strict=True)]
        median = statistics.median(this / other for this, other in pairs)
        print(f"{kind:10} {least[0]:.3f} s against {least[1]:.3f} s; ratio {least[0] / least[1]:.2f}, median {median:.2f}")


if __name__ == "__main__":
    main()
