"""What became of the therapies of a ruleset: every one of them, with its source, in every format."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner

from hepatica.cli.main import cli
from hepatica.knowledge import FATES, RANK, Ruleset
from hepatica.report.teaching import fate_listing


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["fate", *arguments], catch_exceptions=False, standalone_mode=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_every_therapy_with_its_strongest_standing(ruleset: Ruleset) -> None:
    rows = {row.therapy: row for row in fate_listing(ruleset).therapies}
    assert set(rows) == set(ruleset.therapies)
    for name, therapy in ruleset.therapies.items():
        assert RANK[rows[name].standing] == min(RANK[rule.standing] for rule in therapy.rules)
        assert rows[name].fate is therapy.fate
        reference = rows[name].reference
        assert reference is not None and reference.citation
    assert rows["sorafenib"].fate.status == "overtaken" and rows["regorafenib"].fate.status == "confirmed"


def test_filters_and_formats_agree(ruleset: Ruleset) -> None:
    whole = json.loads(run("--format", "json"))
    for status in FATES:
        found = json.loads(run("--status", status, "--format", "json"))["therapies"]
        assert found == [row for row in whole["therapies"] if row["fate"]["status"] == status]
        shown = " ".join(run("--status", status).split())
        assert all(row["name"] in shown and row["fate"]["says"] in shown for row in found)
    assert "Tivantinib" in run("--format", "markdown")


def test_a_ruleset_without_fates_says_so() -> None:
    assert "No therapy with such a fate is recorded." in run("-r", "hcc-2026")


def test_the_picture(tmp_path: Path) -> None:
    file = tmp_path / "fate.svg"
    run("--output", str(file))
    drawn = file.read_text(encoding="utf-8")
    run("--output", str(file), "--force")
    assert drawn == file.read_text(encoding="utf-8")
    root = ET.fromstring(drawn)
    assert sum(1 for element in root.iter() if element.tag.endswith("}line")) == 37
    texts = [element.text for element in root.iter() if element.tag.endswith("}text")]
    assert texts.count("Tivantinib") == 2 and any("For education." in (text or "") for text in texts)
    assert "early signal, then failed: 4" in drawn


@pytest.mark.slow
def test_the_picture_on_paper(tmp_path: Path) -> None:
    pytest.importorskip("pypdfium2", reason="pictures on paper need the extra 'plots'")
    run("--output", str(tmp_path / "fate.png"))
    assert (tmp_path / "fate.png").read_bytes().startswith(b"\x89PNG")
