"""The main journeys in a real browser, with and without JavaScript, by keyboard, narrow, and on paper."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hepatica.web.pages import pages
from tests.web.serving import Server

Open = Callable[..., Any]
PATIENT = "after-sorafenib-met-high"


@pytest.fixture
def visit(browser: Any, server: Server) -> Iterator[Open]:
    """Opens a page in a context of its own and checks afterwards that nothing went wrong or elsewhere."""
    contexts: list[Any] = []
    troubles: list[str] = []

    def opened(path: str, *, script: bool = True, width: int = 1280, **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: troubles.append(f"error: {error}"))
        page.on(
            "console",
            lambda said: troubles.append(said.text) if said.type == "error" and not re.search("422|503", said.text) else None,
        )
        page.on("request", lambda asked: troubles.append(asked.url) if not asked.url.startswith(server.address) else None)
        page.goto(server.address + path)
        return page

    yield opened
    cookies = [cookie for context in contexts for cookie in context.cookies()]
    for context in contexts:
        context.close()
    assert not troubles
    assert not cookies


def query(server: Server, name: str = PATIENT) -> str:
    return server.library.starters[name].query


def choose(page: Any, group: str, choice: str) -> None:
    page.get_by_role("group", name=group, exact=True).get_by_label(choice, exact=True).click()


def waited_for(page: Any, text: str) -> None:
    page.locator("#answer", has_text=text).wait_for()


def test_a_visitor_starts_from_a_patient_and_changes_a_fact(visit: Open, server: Server) -> None:
    page = visit("/")
    page.get_by_role("link", name="After sorafenib, MET-high").click()
    assert page.get_by_role("heading", level=1).inner_text() == "After sorafenib, MET-high"
    assert page.locator("section[aria-labelledby=h-options] #t-tivantinib").count() == 1
    page.get_by_label("Intensity").select_option("1")
    page.locator("section[aria-labelledby=h-options] #t-tivantinib").wait_for(state="detached")
    assert "cmet.intensity=1" in page.url
    assert "Tumour c-MET low" in page.locator(".facts").inner_text()
    assert "options" in page.locator("#status").inner_text()


def test_the_live_answer_is_the_one_the_address_gives(visit: Open, server: Server) -> None:
    page = visit("/answer")
    for group, choice in (("BCLC stage", "C"), ("Child-Pugh class", "A"), ("Prior sorafenib", "None"), ("Etiology", "HCV")):
        choose(page, group, choice)
    page.get_by_label("AFP").fill("500 ng/mL")
    page.wait_for_url("**afp=500**")
    waited_for(page, "500 ng/mL")
    live = page.locator("#answer").inner_text()
    page.reload()
    assert page.locator("#answer").inner_text() == live
    assert "unknown" not in page.url
    assert page.get_by_role("checkbox", name="HCV").is_checked()


def test_without_script_the_form_gives_the_same_answer(visit: Open, server: Server) -> None:
    page = visit("/answer", script=False)
    choose(page, "BCLC stage", "C")
    choose(page, "Etiology", "HCV")
    page.get_by_label("AFP").fill("500")
    page.get_by_role("button", name="Show the answer").click()
    facts = page.locator(".facts").inner_text()
    assert re.search(r"BCLC stage C\b.*AFP 500 ng/mL.*Etiology HCV", facts)
    twin = server.get("/answer.json?bclc_stage=C&etiology=hcv&afp=500").json
    named = page.locator("#answer summary .name").all_inner_texts()
    assert set(named) == {e["name"] for key in ("options", "possible", "not_supported") for e in twin[key]}


def test_an_error_stands_at_its_field_and_leaves_when_mended(visit: Open) -> None:
    page = visit("/answer?bclc_stage=C")
    field = page.get_by_label("AFP")
    field.fill("3 IU/mL")
    page.wait_for_selector("#f-afp-errors p")
    assert field.get_attribute("aria-invalid") == "true"
    assert "disagree" in page.locator("#f-afp-errors").inner_text()
    assert page.locator("#answer h1").inner_text() == "No answer yet"
    field.fill("3 ug/L")
    page.wait_for_selector("#f-afp-errors p", state="detached")
    assert field.get_attribute("aria-invalid") is None
    waited_for(page, "3 ng/mL")


def test_what_is_changed_before_the_script_has_come_counts(visit: Open) -> None:
    page = visit("/answer")
    held: list[Any] = []
    page.route("**/static/hepatica.js", lambda route: held.append(route))  # noqa: PLW0108 (Playwright marks the handler)
    page.goto(page.url + "?bclc_stage=C", wait_until="commit")
    choose(page, "BCLC stage", "D")
    assert page.url.endswith("bclc_stage=C")
    held[0].continue_()
    page.wait_for_url("**bclc_stage=D")


def test_an_answer_that_could_not_be_fetched_says_so_until_it_is(visit: Open) -> None:
    page = visit("/answer?bclc_stage=C")
    page.route("**/answer?*", lambda route: route.fulfill(status=503, body="busy"))
    choose(page, "BCLC stage", "D")
    waited_for(page, "This answer is of an earlier case")
    assert page.url.endswith("bclc_stage=C")
    page.unroute("**/answer?*")
    page.get_by_role("button", name="Show the answer").click()
    page.wait_for_url("**bclc_stage=D")
    assert page.locator("#outdated").count() == 0


def test_unknown_and_none_stand_alone(visit: Open) -> None:
    page = visit("/answer?etiology=hbv&etiology=hcv")
    group = page.get_by_role("group", name="Etiology")
    choose(page, "Etiology", "None of these")
    page.wait_for_url("**etiology=none")
    choose(page, "Etiology", "Alcohol")
    page.wait_for_url("**etiology=alcohol")
    choose(page, "Etiology", "Alcohol")
    page.wait_for_url("**/answer")
    assert group.get_by_role("checkbox", name="Unknown").is_checked()


def test_an_option_opens_to_figures_population_and_discrepancies(visit: Open, server: Server) -> None:
    page = visit(f"/answer?{query(server)}")
    entry = page.locator("#t-tivantinib")
    entry.locator("summary").click()
    text = entry.inner_text()
    assert "7.2 mo" in text
    assert "0.38 (95% CI 0.18-0.81)" in text
    assert "inside the population" in text
    page.get_by_label("AFP").fill("30")
    page.wait_for_url("**afp=30**")
    waited_for(page, "30 ng/mL")
    assert page.locator("#t-tivantinib").get_attribute("open") is not None


def test_the_whole_page_works_by_keyboard(visit: Open) -> None:
    page = visit("/answer?bclc_stage=C")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.name || document.activeElement.tagName"))
    assert {"bclc_stage", "child_pugh_class", "child_pugh_score", "ecog", "prior_sorafenib", "etiology"} <= seen
    page.locator("input[name=bclc_stage][value=C]").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**bclc_stage=D")
    outline = page.evaluate("getComputedStyle(document.activeElement.nextElementSibling).outlineStyle")
    assert outline == "solid"


def test_no_view_scrolls_sideways_at_360_pixels(visit: Open, server: Server) -> None:
    page = visit("/answer", width=360)
    book = server.library.books["hcc-2016"].ruleset
    for known in pages(server.library):
        path = known.path.format(study="reach", therapy=next(iter(book.therapies)))
        for case in ("", query(server)):
            page.goto(f"{server.address}{path}?{case}")
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_on_a_phone_the_answer_comes_first_once_there_is_a_case(visit: Open, server: Server) -> None:
    page = visit(f"/answer?{query(server)}", width=375)
    assert page.locator("#case").get_attribute("open") is None
    assert page.locator("#answer").bounding_box()["y"] < 500
    assert visit("/answer", width=375).locator("#case").get_attribute("open") is not None


def test_every_shipped_patients_answer_prints_on_one_page_with_the_notice(visit: Open, server: Server) -> None:
    page = visit("/answer")
    page.emulate_media(media="print")
    for name in server.library.starters:
        page.goto(f"{server.address}/answer?{query(server, name)}")
        assert page.locator(".notice").is_visible()
        assert not page.locator("#form").is_visible()
        data = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", data)) == 1, name


def test_a_link_reproduces_a_case_in_another_browser(visit: Open, server: Server) -> None:
    first = visit("/answer?bclc_stage=C&region=japan")
    choose(first, "Tumour RAS", "Mutant")
    first.wait_for_url("**ras=mutant**")
    waited_for(first, "mutant")
    link = first.get_by_role("link", name="Link to this case").get_attribute("href")
    second = visit(link)
    assert second.locator("#answer").inner_text() == first.locator("#answer").inner_text()


def test_from_answer_to_why_to_the_study_and_back(visit: Open, server: Server) -> None:
    page = visit(f"/answer?{query(server)}", script=False)
    page.get_by_role("link", name="Why not", exact=True).click()
    page.get_by_role("link", name="Sunitinib").first.click()
    assert "Prior sorafenib is progressed, needs" in page.locator("main").inner_text()
    page.locator("article.study h3 a").first.click()
    assert page.get_by_role("heading", name="Rules that cite it").is_visible()
    page.get_by_role("link", name="Edit the case").click()
    assert page.get_by_role("heading", level=1).inner_text() == "After sorafenib, MET-high"


def test_a_quiz_is_taken_from_beginning_to_summary(visit: Open) -> None:
    page = visit("/quiz", script=False, width=375)
    page.get_by_label("Cases").select_option("3")
    page.get_by_role("button", name="Begin").click()
    for number in (1, 2, 3):
        assert f"case {number} of 3" in page.locator(".crumb").inner_text()
        assert page.locator(".verdict").count() == 0
        page.get_by_role("checkbox").first.check()
        page.get_by_role("radio").first.check()
        page.get_by_role("button", name="Commit").click()
        assert page.locator(".verdict").count() == 7
        page.get_by_label("No, they would stay").check()
        page.get_by_role("button", name="Commit").click()
        assert "points for this case" in page.locator("main").inner_text()
        page.get_by_role("link", name="See the summary" if number == 3 else "Next case").click()
    assert re.fullmatch(r"\d+ of 24 points", page.get_by_role("heading", level=1).inner_text())
    page.get_by_role("link", name="Another quiz").click()
    assert "Quiz 2" in page.locator(".crumb").inner_text()


def test_the_pictures_are_shown_and_reach_nothing_else(visit: Open, server: Server) -> None:
    for path in ("/pathway", "/forest"):
        page = visit(f"{path}?{query(server)}")
        picture = page.locator(".picture img")
        if path == "/forest" and not picture.count():
            pytest.skip("the forest plot needs the extra 'plots'")
        picture.scroll_into_view_if_needed()
        assert page.evaluate("document.querySelector('.picture img').decode().then(() => true)")
        assert picture.evaluate("one => one.naturalWidth") > 500


def test_a_suggested_change_is_tried_and_compared(visit: Open, server: Server) -> None:
    page = visit(f"/whatif?{query(server)}", script=False)
    page.get_by_role("link", name="Try it: Tumour RAS mutant").first.click()
    assert page.locator("section[aria-labelledby=h-options] #t-refametinib").count() == 1
    page.get_by_role("link", name="Compare", exact=True).click()
    page.get_by_label("Beside", exact=True).select_option("after-sorafenib-met-low")
    page.get_by_role("button", name="Compare").click()
    facts = page.get_by_role("group", name="Facts that differ").inner_text()
    assert "Tumour c-MET" in facts
    assert "mutant" in facts
