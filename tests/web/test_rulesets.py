"""Two rulesets served side by side: what changes between them, with a patient who sees it."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Iterator

import pytest

from hepatica.evaluation import Evaluator
from hepatica.knowledge import load_ruleset
from hepatica.paths import DEFAULT_RULESET, shipped
from hepatica.web.library import Library
from tests.web.conftest import serving
from tests.web.serving import Server


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory, evaluator: Evaluator) -> Iterator[Server]:
    """The shipped rules beside a copy in which regorafenib needs BCLC D, which none of its trials enrolled."""
    folder = tmp_path_factory.mktemp("rules") / "edited"
    shutil.copytree(shipped("rulesets") / DEFAULT_RULESET, folder)
    file = folder / "therapies" / "regorafenib.yaml"
    text = file.read_text(encoding="utf-8")
    changed = re.sub(r"when: {", "when: {bclc_stage: D, ", text)
    assert changed != text
    file.write_text(changed, encoding="utf-8")
    library = Library({"shipped": evaluator, "edited": Evaluator(load_ruleset(folder))}, shipped("patients"))
    yield from serving(library)


def test_the_change_is_found_with_a_patient_who_sees_it(edited: Server) -> None:
    twin = edited.get("/changes.json").json
    assert twin["changed"]
    assert {change["id"] for change in twin["changes"] if change["kind"] == "therapy"} == {"regorafenib"}
    page = edited.get("/changes").text
    before, after = re.findall(r'href="(/answer\?ruleset=[^"]+)"', page)[:2]

    def stands(link: str) -> str:
        document = edited.get(html.unescape(link).replace("/answer", "/answer.json")).json
        lists = ("options", "possible", "not_supported", "ruled_out")
        return next(name for name in lists for entry in document[name] if entry["therapy"] == "regorafenib")

    assert stands(before) != stands(after)


def test_a_ruleset_compared_with_itself_is_proved_the_same(edited: Server) -> None:
    assert not edited.get("/changes.json?old=edited&new=edited").json["changed"]


def test_the_chosen_ruleset_answers_and_is_carried_along(edited: Server) -> None:
    case = "bclc_stage=C&child_pugh_class=A&prior_sorafenib=progressed"
    shown = {name: edited.get(f"/answer.json?ruleset={name}&{case}").json for name in ("shipped", "edited")}
    assert shown["shipped"]["ruleset"]["digest"] != shown["edited"]["ruleset"]["digest"]
    page = edited.get(f"/answer?ruleset=edited&{case}").text
    assert "/whatif?ruleset=edited&amp;bclc_stage=C" in page
    assert '<option value="edited" selected>' in page
    assert 'name="ruleset" value="edited"' in edited.get(f"/whatif?ruleset=edited&{case}").text
    assert edited.get("/answer.json?ruleset=nothing").status == 422


def test_one_case_under_two_rulesets_stands_side_by_side(edited: Server) -> None:
    case = "bclc_stage=C&child_pugh_class=A&prior_sorafenib=progressed"
    twin = edited.get(f"/compare.json?against=edited&{case}").json
    assert [row["therapy"] for row in twin["differs"]["therapies"]] == ["regorafenib"]
