"""Two rulesets served side by side: what changes between them, with a patient who sees it."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Iterator

import pytest

from hepatica import load
from hepatica.paths import DEFAULT_RULESET, shipped
from tests.web.serving import Server, lists_of, serving

pytestmark = pytest.mark.slow
CASE = "bclc_stage=C&child_pugh_class=A&prior_sorafenib=progressed&other_prior_systemic=none"


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The shipped rules beside a copy in which regorafenib needs BCLC D, which none of its trials enrolled."""
    pytest.importorskip("starlette", reason="the page needs the extra 'web'")
    from hepatica.web import RulesetLibrary

    folder = tmp_path_factory.mktemp("rules") / "edited"
    shutil.copytree(shipped("rulesets") / DEFAULT_RULESET, folder)
    file = folder / "therapies" / "regorafenib.yaml"
    text = file.read_text(encoding="utf-8")
    before, rules = text.split("\nrules:", 1)
    changed = f"{before}\nrules:{re.sub(r'when: {', 'when: {bclc_stage: D, ', rules)}"
    assert changed != text
    file.write_text(changed, encoding="utf-8")
    yield from serving(RulesetLibrary({"shipped": load(DEFAULT_RULESET), "edited": load(folder)}, shipped("patients")))


def test_the_change_is_found_with_a_patient_who_sees_it(edited: Server) -> None:
    first = edited.get("/changes")
    # Answered at once, with a page that asks again by itself, and made once for all who ask meanwhile.
    assert first.status == 503
    assert "being worked out" in first.text
    assert first.headers["refresh"] == first.headers["retry-after"]
    found = edited.made("/changes.json").json
    assert found["changed"]
    assert {change["id"] for change in found["changes"] if change["kind"] == "list"} == {"regorafenib"}
    page = edited.get("/changes").text
    witnesses = page[page.index("A patient who sees each change") :]
    before, after = re.findall(r'href="(/answer\?ruleset=[^"]+)"', witnesses)[:2]
    places = [
        lists_of(edited.get(html.unescape(link).replace("/answer", "/answer.json")).json)["regorafenib"]
        for link in (before, after)
    ]
    assert places[0] != places[1]


def test_a_ruleset_compared_with_itself_is_proved_the_same(edited: Server) -> None:
    assert not edited.made("/changes.json?old=edited&new=edited").json["changed"]


def test_the_chosen_ruleset_answers_and_is_carried_along(edited: Server) -> None:
    shown = {name: edited.get(f"/answer.json?ruleset={name}&{CASE}").json for name in ("shipped", "edited")}
    assert shown["shipped"]["ruleset"]["digest"] != shown["edited"]["ruleset"]["digest"]
    page = edited.get(f"/answer?ruleset=edited&{CASE}").text
    assert "/whatif?ruleset=edited&amp;bclc_stage=C" in page
    assert '<option value="edited" selected>' in page
    assert 'name="ruleset" value="edited"' in edited.get(f"/whatif?ruleset=edited&{CASE}").text
    assert edited.get("/answer.json?ruleset=nothing").status == 422


def test_every_page_offers_the_other_ruleset_for_the_same_case(edited: Server) -> None:
    for path in (path for path in edited.paths() if path != "/changes"):
        page = html.unescape(edited.get(f"{path}?{CASE}").text)
        assert "ruleset=edited" in page or '<option value="edited"' in page, path


def test_rules_that_were_read_from_a_folder_say_so(edited: Server) -> None:
    heads = [edited.get(f"/answer?ruleset={name}").text.partition("</header>")[0] for name in ("edited", "shipped")]
    assert "read from " in heads[0]
    assert "read from " not in heads[1]


def test_one_case_under_two_rulesets_stands_side_by_side(edited: Server) -> None:
    found = edited.get(f"/compare.json?against=edited&{CASE}").json
    assert [row["therapy"] for row in found["therapies"]] == ["regorafenib"]
