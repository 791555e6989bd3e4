"""A ruleset that builds on another: pieces taken over, replaced and dropped, and no provenance that is not its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from hepatica.knowledge import find_ruleset, load_ruleset
from hepatica.problems import InvalidInput
from tests.conftest import ROOT
from tests.knowledge.refusing import swapped
from tests.making import BETA, CARD, write_ruleset

CHILD = """\
ruleset: child
version: 2.0.0
title: A later one
as_of: 2020-01
sources: [paper]
extends: ../base
"""
PAPER = """\
references:
  - {id: paper, citation: A paper., year: 2020, kind: paper, read: abstract, known: made up}
"""


def child(folder: Path, more: str = "", **files: str) -> Path:
    """A ruleset beside `base` that extends it; `files` are texts by name, with __ for a folder."""
    write_ruleset(folder / "base")
    for name, text in {"ruleset": CHILD + more, "references": PAPER, **files}.items():
        path = folder / "child" / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "child"


def test_pieces_are_taken_over_replaced_and_added_one_by_one(tmp_path: Path) -> None:
    own = swapped(BETA, '"> 400"', '">= 400"')
    concepts = "concepts:\n  - {id: untreated, says: Nothing at all., when: {prior_sorafenib: none}}\n"
    ruleset = load_ruleset(child(tmp_path, therapies__other_name=own, concepts=concepts))
    assert list(ruleset.therapies) == ["beta", "alpha"]  # its own come first
    assert "'>='" in repr(ruleset.rules["beta-high-afp"].when)
    assert {name: concept.says for name, concept in ruleset.concepts.items()} == {
        "advanced_hcc": "Advanced.",
        "untreated": "Nothing at all.",
    }
    assert (ruleset.card.out_of_scope, ruleset.card.scope) == (
        load_ruleset(tmp_path / "base").card.out_of_scope,
        ruleset.card.scope,
    )
    assert ruleset.digest != load_ruleset(tmp_path / "base").digest


def test_a_base_therapy_can_be_dropped_and_an_unknown_one_is_told(tmp_path: Path) -> None:
    assert list(load_ruleset(child(tmp_path / "a", "drop: [beta]\n")).therapies) == ["alpha"]
    with pytest.raises(
        InvalidInput, match=r"ruleset.yaml:7:8: unknown-id: the ruleset below has no 'betta'; did you mean 'beta'"
    ):
        load_ruleset(child(tmp_path / "b", "drop: [betta]\n"))


def test_where_knowledge_comes_from_is_never_taken_over(tmp_path: Path) -> None:
    write_ruleset(tmp_path / "base", card=f"{CARD}developer: Somebody\nreleased: 2016-09\nknown_limits: [It is old.]\n")
    folder = child(tmp_path)
    (tmp_path / "base" / "ruleset.yaml").write_text(f"{CARD}developer: Somebody\nreleased: 2016-09\nknown_limits: [It is old.]\n")
    ruleset = load_ruleset(folder)
    card = ruleset.card
    assert (card.source, card.developer, card.released, card.known_limits) == (None, "", "", ())
    assert card.sources == ("paper",)
    alpha = ruleset.studies["alpha-3"].source
    assert (alpha.ref, alpha.lines) == ("tiny", "2-4")
    assert ruleset.references["tiny"].citation == "A text"


@pytest.mark.parametrize("key", ["title: A later one\n", "as_of: 2020-01\n", "sources: [paper]\n"])
def test_a_child_states_its_own_title_date_and_sources(tmp_path: Path, key: str) -> None:
    folder = child(tmp_path)
    (folder / "ruleset.yaml").write_text(swapped(CHILD, key, ""))
    with pytest.raises(InvalidInput, match=r"missing-key|no-source"):
        load_ruleset(folder)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("{advanced_hcc: yes}", "{any: [{bclc_stage: Q}]}", "6:28: unknown-value: bclc_stage cannot be 'Q'"),
        ("out_of_scope: Local", "out_of_scope: [", "8:10: yaml-syntax"),
    ],
)
def test_an_inherited_fault_is_named_where_it_is_written(tmp_path: Path, old: str, new: str, expected: str) -> None:
    folder = child(tmp_path)
    (tmp_path / "base" / "ruleset.yaml").write_text(swapped(CARD, old, new))
    with pytest.raises(InvalidInput) as caught:
        load_ruleset(folder)
    assert str(caught.value).startswith(f"{(tmp_path / 'base' / 'ruleset.yaml').resolve()}:{expected}")
    assert len(caught.value.problems) == 1


def test_a_fault_in_an_inherited_therapy_is_named_where_it_is_written(tmp_path: Path) -> None:
    folder = child(tmp_path)
    (tmp_path / "base" / "therapies" / "beta.yaml").write_text(swapped(BETA, '"> 400"', "much"))
    with pytest.raises(InvalidInput, match=r"base/therapies/beta.yaml:\d+:\d+: condition: afp cannot be 'much'"):
        load_ruleset(folder)


def test_rulesets_build_on_rulesets_that_build_on_rulesets(tmp_path: Path) -> None:
    child(tmp_path)
    top = tmp_path / "top"
    top.mkdir()
    (top / "ruleset.yaml").write_text(CHILD.replace("child", "top").replace("../base", "child"))
    ruleset = load_ruleset(top)
    assert (ruleset.card.id, list(ruleset.therapies), ruleset.studies["alpha-3"].source.ref) == ("top", ["alpha", "beta"], "tiny")


def test_a_ruleset_that_builds_on_itself_is_refused(tmp_path: Path) -> None:
    folder = write_ruleset(tmp_path / "loop", card=f"{CARD}extends: ../loop\n")
    with pytest.raises(InvalidInput, match="extends itself"):
        load_ruleset(folder)


def test_an_unknown_base_is_told_at_the_card(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"ruleset.yaml:6:10: extends: no ruleset 'hcc-216'; did you mean 'hcc-2016'"):
        load_ruleset(child(tmp_path).parent / _renamed(tmp_path, "../base", "hcc-216"))


@pytest.mark.slow
def test_the_shipped_ruleset_is_a_base_by_its_id(tmp_path: Path) -> None:
    folder = child(tmp_path)
    _renamed(tmp_path, "../base", "hcc-2016")
    ruleset = load_ruleset(folder)
    assert len(ruleset.therapies) == 37
    assert ruleset.studies["sharp"].source.ref == "hcc-2016"
    assert ruleset.folder == str(folder)
    assert load_ruleset(ROOT / "rulesets" / "hcc-2016").folder == ""


def test_an_id_means_the_working_folder_first_and_a_path_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_ruleset("hcc-2016") == ROOT / "rulesets" / "hcc-2016"
    write_ruleset(tmp_path / "hcc-2016")
    assert find_ruleset("hcc-2016") == ROOT / "rulesets" / "hcc-2016"  # a folder that merely bears the name is no surprise
    write_ruleset(tmp_path / "rulesets" / "hcc-2016")
    assert find_ruleset("hcc-2016") == Path("rulesets/hcc-2016")
    assert find_ruleset("./hcc-2016") == Path("hcc-2016")


def test_an_installed_package_may_offer_rulesets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_ruleset(tmp_path / "some_rules" / "data" / "tiny")
    (tmp_path / "some_rules" / "__init__.py").write_text("raise RuntimeError('never imported')")
    info = tmp_path / "some_rules-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: some-rules\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[hepatica.rulesets]\ntiny = some_rules.data.tiny\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert load_ruleset(find_ruleset("tiny")).card.id == "tiny"
    with pytest.raises(InvalidInput, match="did you mean 'tiny'"):
        find_ruleset("tinny")


def _renamed(folder: Path, old: str, new: str) -> str:
    card = folder / "child" / "ruleset.yaml"
    card.write_text(swapped(card.read_text(), old, new))
    return "child"
