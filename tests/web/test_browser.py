"""The main journeys in a real browser, with and without JavaScript, by keyboard, narrow, and on paper."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import PATIENTS, UNLIKE
from tests.web.printed import words_on_pages
from tests.web.serving import LISTS, PATIENCE, Server

pytestmark = pytest.mark.slow

Open = Callable[..., Any]
PATIENT = "after-sorafenib-met-high"
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def visit(browser: Any, server: Server, both: Server) -> Iterator[Open]:
    """Opens a page in a context of its own and checks afterwards that nothing went wrong or elsewhere, or was stored."""
    contexts: list[Any] = []
    troubles: list[str] = []

    def opened(
        path: str, *, at: Server = server, script: bool = True, width: int = 1280, height: int = 900, **options: Any
    ) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, java_script_enabled=script, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        page.on("pageerror", lambda error: troubles.append(f"error: {error}"))
        page.on(
            "console",
            lambda said: troubles.append(said.text) if said.type == "error" and not re.search("422|503", said.text) else None,
        )
        page.on("request", lambda asked: troubles.append(asked.url) if not asked.url.startswith(at.address) else None)
        page.goto(at.address + path)
        return page

    yield opened
    states = [context.storage_state() for context in contexts]
    for context in contexts:
        context.close()
    assert not troubles
    assert not any(state["cookies"] or state["origins"] for state in states)


def choose(page: Any, group: str, choice: str) -> None:
    page.get_by_role("group", name=re.compile(f"^{group}")).get_by_label(choice, exact=True).click()


def waited_for(page: Any, text: str) -> None:
    page.locator("#answer", has_text=text).wait_for()


def shown(page: Any, therapy: str) -> Any:
    """The entry of a therapy in the answer."""
    return page.locator("#answer .item", has=page.get_by_role("link", name=therapy, exact=True))


def test_a_visitor_starts_from_an_example_and_changes_a_fact(visit: Open) -> None:
    page = visit("/")
    page.locator(".example-list").get_by_role("link", name="After sorafenib, MET-high").click()
    assert page.get_by_role("heading", level=1).inner_text() == "After sorafenib, MET-high"
    page.locator("#early-signal > summary").click()
    assert shown(page, "Tivantinib").is_visible()
    page.get_by_label("Intensity").select_option("1")
    page.wait_for_url("**cmet.intensity=1**")
    waited_for(page, "Tested here")
    assert page.locator("#not-supported .item", has_text="Tivantinib").count() == 1
    assert "low" in page.locator(".facts").inner_text()
    assert "Options, by strength of evidence" in page.locator("#status").inner_text()


def test_the_live_answer_is_the_one_the_address_gives(visit: Open) -> None:
    page = visit("/answer")
    for group, choice in (("BCLC stage", "C"), ("Child-Pugh class", "A"), ("Prior sorafenib", "None"), ("Aetiology", "HCV")):
        choose(page, group, choice)
    page.get_by_label("AFP").fill("> 500 ng/mL")
    page.wait_for_url("**afp=%3E+500**")
    waited_for(page, "> 500 ng/mL")
    live = page.locator("#answer").inner_text()
    page.reload()
    assert page.locator("#answer").inner_text() == live
    assert "unknown" not in page.url
    assert page.get_by_role("checkbox", name="HCV").is_checked()


def test_without_script_the_form_gives_the_same_answer(visit: Open, server: Server) -> None:
    page = visit("/answer", script=False)
    choose(page, "BCLC stage", "C")
    choose(page, "Aetiology", "HCV")
    page.get_by_label("AFP").fill("500")
    page.get_by_role("button", name="Show the answer").click()
    assert re.search(r"BCLC stage C.*AFP 500 ng/mL.*Aetiology HCV", page.locator(".facts").inner_text(), re.S)
    answer = server.get("/answer.json?bclc_stage=C&etiology=hcv&afp=500").json
    named = page.locator("#answer .item .name").all_text_contents()
    assert {entry["name"] for name in LISTS for entry in answer[name]} == set(named)


def test_an_error_stands_at_its_field_while_the_last_answer_stays_greyed(visit: Open) -> None:
    page = visit("/answer?bclc_stage=C&child_pugh_class=A&prior_sorafenib=progressed")
    first = page.locator("#answer .report").inner_text()
    field = page.get_by_label("AFP")
    field.fill("1.200")
    page.wait_for_selector("#f-afp-errors p")
    assert field.get_attribute("aria-invalid") == "true"
    assert "two ways" in page.locator("#f-afp-errors").inner_text()
    assert "stale" in page.locator("#answer").get_attribute("class")
    assert "two ways" in page.locator("#outdated").inner_text()
    assert page.locator("#answer .report").inner_text() == first
    assert "afp" not in page.url
    field.fill("3 ug/L")
    page.wait_for_selector("#f-afp-errors p", state="detached")
    assert field.get_attribute("aria-invalid") is None
    waited_for(page, "3 ng/mL")
    assert page.locator("#outdated").count() == 0
    assert "Read as 3" in page.locator("[data-echo-for=afp]").inner_text()


def test_what_is_computed_shows_at_once_as_chosen(visit: Open) -> None:
    page = visit("/answer?bclc_stage=C")
    page.get_by_label("Child-Pugh score").select_option("8")
    page.wait_for_selector(".choice-computed")
    assert page.locator(".choice-computed").inner_text().startswith("B")
    assert "child_pugh_class" not in page.url


def test_what_is_changed_before_the_script_has_come_counts(visit: Open) -> None:
    page = visit("/answer")
    held: list[Any] = []
    page.route("**/static/hepatica.js", lambda route: held.append(route))  # noqa: PLW0108 (Playwright marks the handler)
    page.goto(page.url + "?bclc_stage=C", wait_until="commit")
    choose(page, "BCLC stage", "D")
    assert page.url.endswith("bclc_stage=C")
    while not held:  # the script is asked for soon after the page has come
        page.wait_for_timeout(20)
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
    choose(page, "Aetiology", "None of these")
    page.wait_for_url("**etiology=none")
    choose(page, "Aetiology", "Alcohol")
    page.wait_for_url("**etiology=alcohol")
    choose(page, "Aetiology", "Alcohol")
    page.wait_for_url("**/answer")
    assert page.get_by_role("group", name="Aetiology").get_by_role("checkbox", name="Unknown").is_checked()


def test_what_was_opened_stays_open_when_another_fact_changes(visit: Open, server: Server) -> None:
    page = visit(f"/answer?{server.query(PATIENT)}")
    page.locator("#early-signal > summary").click()
    shown(page, "Tivantinib").locator("summary").click()
    assert "METIV-HCC" in shown(page, "Tivantinib").inner_text()
    page.get_by_label("AFP").fill("30")
    page.wait_for_url("**afp=30**")
    waited_for(page, "30 ng/mL")
    assert shown(page, "Tivantinib").locator("details").get_attribute("open") is not None


def test_the_first_field_is_fewer_than_twelve_tabs_away_and_the_answer_one(visit: Open, both: Server) -> None:
    page = visit("/answer?bclc_stage=C", at=both)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the answer"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "answer"
    page = visit("/answer?bclc_stage=C", at=both)
    stops = 0
    while not page.evaluate("Boolean(document.activeElement.closest('#form'))"):
        page.keyboard.press("Tab")
        stops += 1
        assert stops < 12
    assert page.evaluate("document.activeElement.name") == "bclc_stage"
    seen = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.name || document.activeElement.tagName"))
    assert {"child_pugh_class", "child_pugh_score", "ecog", "prior_sorafenib", "afp", "region"} <= seen
    page.locator("input[name=bclc_stage][value=C]").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**bclc_stage=D**")
    outline = page.evaluate("getComputedStyle(document.activeElement.nextElementSibling).outlineStyle")
    assert outline == "solid"


def test_no_page_scrolls_sideways_at_360_pixels_and_each_prints_on_pages_that_hold_something(visit: Open, server: Server) -> None:
    page = visit("/answer", width=360)
    for path in server.paths():
        for case in ("", server.query(PATIENT)):
            page.goto(f"{server.address}{path}?{case}")
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        page.emulate_media(media="print")
        assert page.locator(".notice").is_visible()
        counts = words_on_pages(page.pdf(prefer_css_page_size=True))
        assert all(count > 20 for count in counts), (path, counts)
        page.emulate_media(media="screen")


@pytest.mark.parametrize(
    ("rules", "names"), [("hcc-2016", [path.stem for path in PATIENTS]), ("hcc-2026", [*UNLIKE, "out-of-scope-tace"])]
)
def test_of_an_example_the_first_therapy_is_on_a_phones_first_screen_and_the_answer_on_one_sheet(
    visit: Open, both: Server, rules: str, names: list[str]
) -> None:
    page = visit("/answer", at=both, **PHONE)
    assert page.locator("#case").get_attribute("open") is not None
    for name in names:
        query = f"ruleset={rules}&{both.library.examples[name].query}"
        page.goto(f"{both.address}/answer?{query}")
        assert page.locator("#case").get_attribute("open") is None
        if both.get(f"/answer.json?{query}").json["scope"] == "in":
            first = page.locator("#answer .report .item:visible").first.bounding_box()
            assert first["y"] + 60 < PHONE["height"], name
        else:
            assert page.locator("#answer .warning").first.bounding_box()["y"] < 700
        page.emulate_media(media="print")
        assert not page.locator("#form").is_visible()
        # Where next to nothing is known, nearly every therapy is told of; and the newer ruleset has more to tell.
        sheets = 1 if rules == "hcc-2016" and name != "little-known" else 2
        assert len(words_on_pages(page.pdf(prefer_css_page_size=True))) <= sheets, name
        printed = page.locator("#printed").inner_text()
        # The facts of the case are printed; its address, long as they are, stands on the handout.
        assert re.fullmatch(r"Printed \d{4}-\d\d-\d\d from [\d.:]+/answer", printed)
        page.emulate_media(media="screen")
    assert page.locator("#views").bounding_box()["height"] < 60


# What is pressed and seen, and lower than a finger. Links within a sentence are as high as its line.
LOW = """() => [...document.querySelectorAll(
    '#views a, summary, button, select, input[type=text], .choice > span, .report .name a, .tools a, .colophon a'
)].filter(one => one.checkVisibility({visibilityProperty: true}) && !one.closest('.names'))
    .map(one => [one.innerText, one.getBoundingClientRect()])
    .filter(([, box]) => box.width && box.height < 44).map(([text, box]) => [text, box.height])"""


def test_on_a_phone_whatever_is_pressed_is_as_high_as_a_finger(visit: Open, server: Server) -> None:
    page = visit("/answer", **PHONE)
    for path in ("/answer?", "/why?therapy=tivantinib&", "/whatif?", "/compare?", "/evidence?", "/evidence/sharp?"):
        page.goto(f"{server.address}{path}{server.query(PATIENT)}")
        assert page.evaluate(LOW) == [], path


@pytest.mark.parametrize("path", ["/why", "/compare"])
def test_on_a_phone_what_has_to_be_chosen_stands_in_the_open(visit: Open, server: Server, path: str) -> None:
    page = visit(f"{path}?{server.query(PATIENT)}", **PHONE)
    button = page.locator("form.filters button")
    assert button.is_visible() and button.bounding_box()["y"] < PHONE["height"]


def test_on_a_phone_a_table_is_a_list_that_keeps_its_figures(visit: Open) -> None:
    page = visit("/forest", **PHONE)
    row = page.locator("table tr", has_text="REACH").first
    assert re.search(r"0\.866 \(0\.72-1\.05\)\s+0\.14", row.inner_text())
    box = row.bounding_box()
    assert box["x"] + box["width"] <= PHONE["width"]


@pytest.mark.parametrize(("screen", "plot_first"), [(PHONE, False), ({"width": 1280}, True)])
def test_the_plot_stands_before_its_tables_where_it_can_be_read(visit: Open, screen: dict[str, int], plot_first: bool) -> None:
    page = visit("/forest", **screen)
    plot, tables = (page.locator(f"main {one}").first.bounding_box()["y"] for one in (".picture", ".report"))
    assert (plot < tables) == plot_first


@pytest.mark.parametrize(("rules", "name"), [("hcc-2016", "little-known"), ("hcc-2026", "first-line-mainland-china")])
def test_a_handout_is_reached_from_the_answer_and_prints_on_two_pages(visit: Open, both: Server, rules: str, name: str) -> None:
    page = visit(f"/answer?ruleset={rules}&{both.library.examples[name].query}", at=both)
    page.get_by_role("link", name="Handout to print").click()
    page.wait_for_url("**/handout?**")
    page.emulate_media(media="print")
    assert "evidence as of" in page.locator("body").inner_text().lower()
    assert len(words_on_pages(page.pdf(prefer_css_page_size=True))) <= 2


def test_the_pathway_prints_a_landscape_page_for_each_line(visit: Open, server: Server) -> None:
    page = visit(f"/pathway?{server.query(PATIENT)}")
    page.emulate_media(media="print")
    lines = page.locator(".picture").count()
    assert lines > 1
    assert len(words_on_pages(page.pdf(prefer_css_page_size=True))) == lines


def test_without_script_the_handout_holds_the_address(visit: Open) -> None:
    page = visit("/handout?bclc_stage=C", script=False)
    page.emulate_media(media="print")
    assert "/handout?bclc_stage=C" in page.locator("#printed").inner_text()


def test_a_link_reproduces_a_case_in_another_browser(visit: Open) -> None:
    first = visit("/answer?bclc_stage=C&region=japan")
    choose(first, "Tumour RAS", "Mutant")
    first.wait_for_url("**ras=mutant**")
    waited_for(first, "mutant")
    link = first.get_by_role("link", name="Link to this case").get_attribute("href")
    second = visit(link)
    assert second.locator("#answer").inner_text() == first.locator("#answer").inner_text()


def test_from_answer_to_why_to_the_study_and_back(visit: Open, server: Server) -> None:
    page = visit(f"/answer?{server.query(PATIENT)}", script=False)
    page.get_by_role("link", name="Why", exact=True).click()
    page.locator(".report").get_by_role("link", name="Sunitinib").first.click()
    assert page.get_by_role("heading", level=1).inner_text().startswith("Sunitinib")
    assert "after-sorafenib" not in page.locator("main").inner_text()
    page.get_by_role("link", name="Edit the case").click()
    assert page.get_by_role("heading", level=1).inner_text() == "After sorafenib, MET-high"
    page.get_by_role("link", name="Evidence", exact=True).click()
    page.locator(".report .item a").first.click()
    assert page.get_by_role("heading", name="Cited for").count() == 1


@pytest.mark.parametrize("width", [390, 1280])
def test_a_quiz_is_taken_from_beginning_to_summary(visit: Open, width: int) -> None:
    page = visit("/quiz", script=False, width=width)
    page.get_by_label("Cases").select_option("3")
    page.get_by_role("button", name="Begin").click()
    for number in (1, 2, 3):
        assert f"Case {number} of 3" in page.locator(".crumb").inner_text()
        assert page.locator(".badge").count() == 0
        page.get_by_role("checkbox").first.check()
        page.get_by_role("radio").first.check()
        page.get_by_role("button", name="Commit").click()
        assert "The lesson" in page.locator("main").inner_text()
        page.get_by_label("No, it would stay").check()
        page.get_by_role("button", name="Commit").click()
        assert re.search(r"\d of \d points", page.locator("main").inner_text())
        # What the second answer is about is in sight, not a screen below the first, once the style sheet has come.
        page.wait_for_load_state()
        assert 0 <= page.locator("#then").bounding_box()["y"] < 600
        page.get_by_role("link", name="See the summary" if number == 3 else "Next case").click()
    assert re.fullmatch(r"Summary: \d+ of \d+ points", page.get_by_role("heading", level=2).first.inner_text())
    page.get_by_role("link", name="Another quiz").click()
    assert "Quiz 2" in page.locator(".crumb").inner_text()


def test_a_quiz_case_is_answered_by_keyboard_alone(visit: Open) -> None:
    page = visit("/quiz?seed=1&count=3")

    def at(wanted: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
                return
        raise AssertionError(wanted)

    for wanted, key in (("[name=pick]", "Space"), ("[name=fact]", "Space"), ("[name=commit]", "Enter")):
        at(wanted)
        page.keyboard.press(key)
    page.wait_for_url("**commit=yes**")
    at("[name=twist]")
    page.keyboard.press("Space")
    at("main button")
    page.keyboard.press("Enter")
    page.wait_for_url("**twist=yes**")
    at("a.button")
    page.keyboard.press("Enter")
    page.wait_for_url("**token=**")
    assert "Case 2 of 3" in page.locator(".crumb").inner_text()


def test_a_quiz_is_gone_on_with_by_its_token(visit: Open) -> None:
    page = visit("/quiz?seed=5&count=3", script=False)
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Commit").click()
    page.get_by_label("No, it would stay").check()
    page.get_by_role("button", name="Commit").click()
    page.get_by_role("link", name="Next case").click()
    token = page.locator("code").inner_text()
    again = visit("/quiz", script=False)
    again.get_by_text("Go on with a quiz").click()
    again.get_by_label("Its token").fill(token)
    again.get_by_role("button", name="Go on").click()
    # What stands there, not how it is laid out: a style sheet may come later than the text.
    assert again.locator("main").text_content() == page.locator("main").text_content()


@pytest.mark.parametrize(("width", "natural"), [(1280, range(900, 2000)), (390, range(300, 400))])
def test_the_pictures_are_shown_at_the_screens_width(visit: Open, server: Server, width: int, natural: range) -> None:
    for path in ("/pathway", "/forest"):
        page = visit(f"{path}?{server.query(PATIENT)}", width=width)
        picture = page.locator(".picture img").first
        picture.scroll_into_view_if_needed()
        assert page.evaluate("document.querySelector('.picture img').decode().then(() => true)")
        assert picture.evaluate("one => one.naturalWidth") in natural


def test_a_suggested_change_is_tried_and_compared(visit: Open, server: Server) -> None:
    page = visit(f"/whatif?{server.query(PATIENT)}", script=False)
    page.get_by_text("What would remove an option").click()
    page.get_by_role("link", name=re.compile("Tumour c-MET low")).first.click()
    assert page.locator("#not-supported .item", has_text="Tivantinib").count() == 1
    page.get_by_role("link", name="Compare", exact=True).click()
    page.get_by_label("With one fact changed").select_option("cmet=high")
    page.get_by_role("button", name="Compare").click()
    facts = page.locator("#facts-that-differ").inner_text()
    assert "Tumour c-MET" in facts
    assert "high" in facts


def test_dark_and_light_differ_and_no_picture_is_a_white_slab(visit: Open) -> None:
    page = visit("/pathway", color_scheme="dark")
    colours = page.evaluate("[document.body, document.querySelector('.picture')].map(e => getComputedStyle(e).backgroundColor)")
    assert colours[0] != "rgb(247, 248, 250)"
    assert colours[1] != "rgb(255, 255, 255)"
