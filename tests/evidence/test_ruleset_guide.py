"""rulesets/README.md: its generated part is current, and what it shows as examples loads and verifies."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hepatica.knowledge import STANDINGS, figure_findings, load_ruleset
from hepatica.patient import COMMON_FIELDS
from tests.conftest import ROOT
from tests.evidence.guide import PARTS, refreshed

GUIDE = ROOT / "rulesets" / "README.md"


def _page() -> str:
    return GUIDE.read_text(encoding="utf-8")


def test_the_reference_is_what_the_code_says_now() -> None:
    assert refreshed(_page()) == _page(), "run: python -m tests.evidence.guide rulesets/README.md"


def test_a_stale_reference_would_be_noticed() -> None:
    assert refreshed(_page().replace("`bclc_stage`", "`stage`")) == refreshed(_page()) == _page()
    with pytest.raises(KeyError):
        refreshed("<!-- generated: nonsense -->\n<!-- end -->")


def test_every_part_field_and_standing_is_in_the_guide() -> None:
    page = _page()
    assert re.findall(r"<!-- generated: (\w+) -->", page) == list(PARTS)
    for name in (*COMMON_FIELDS, *STANDINGS):
        assert f"| `{name}` |" in page


def test_the_examples_of_the_guide_make_a_ruleset_that_loads(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", _page(), re.DOTALL)
    card, references, fields, concepts, head, study, rule = blocks
    (tmp_path / "therapies").mkdir()
    therapy = head.replace("studies: [...]\nrules: [...]\n", "") + study + rule
    files = {"ruleset": card, "references": references, "fields": fields, "concepts": concepts, "therapies/everolimus": therapy}
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    ruleset = load_ruleset(tmp_path)
    assert list(ruleset.rules) == ["everolimus-second-line"]
    assert figure_findings(ruleset) == ()
    assert "bleeding_risk" in ruleset.fields
