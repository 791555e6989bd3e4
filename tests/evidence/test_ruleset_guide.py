"""rulesets/README.md: its generated part is current, and what it shows as examples loads and verifies."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hepatica.knowledge import STANDINGS, load_ruleset
from hepatica.patient import FIELDS
from hepatica.report.knowledge.reference import PARTS, refreshed
from tests.conftest import ROOT

GUIDE = ROOT / "rulesets" / "README.md"


def _page() -> str:
    return GUIDE.read_text(encoding="utf-8")


def test_the_reference_is_what_the_code_says_now() -> None:
    assert refreshed(_page()) == _page(), "run: python -m hepatica.report.knowledge.reference rulesets/README.md"


def test_a_stale_reference_would_be_noticed() -> None:
    assert refreshed(_page().replace("`bclc_stage`", "`stage`")) == refreshed(_page()) == _page()
    with pytest.raises(KeyError):
        refreshed("<!-- generated: nonsense -->\n<!-- end -->")


def test_every_part_field_and_standing_is_in_the_guide() -> None:
    page = _page()
    assert re.findall(r"<!-- generated: (\w+) -->", page) == list(PARTS)
    for name in (*(field.name for field in FIELDS), *STANDINGS):
        assert f"| `{name}` |" in page


def test_the_examples_of_the_guide_make_a_ruleset_that_loads(tmp_path: Path) -> None:
    head, study, rule = (block for block in re.findall(r"```yaml\n(.*?)```", _page(), re.DOTALL))
    (tmp_path / "therapies").mkdir()
    therapy = head.replace("studies: [...]\nrules: [...]\n", "") + study + rule
    (tmp_path / "therapies" / "everolimus.yaml").write_text(therapy, encoding="utf-8")
    shipped = ROOT / "rulesets" / "hcc-2016"
    for name in ("concepts.yaml", "references.yaml"):
        (tmp_path / name).write_bytes((shipped / name).read_bytes())
    card = (shipped / "ruleset.yaml").read_text(encoding="utf-8")
    card = re.sub(r"\ntherapies:\n(?:  - .*\n)+", "\ntherapies: [everolimus]\n", card)
    (tmp_path / "ruleset.yaml").write_text(card, encoding="utf-8")
    assert list(load_ruleset(tmp_path).rules) == ["everolimus-second-line"]
