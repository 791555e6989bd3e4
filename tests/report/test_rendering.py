"""The three renderers: the same words in each medium, nothing lost, nothing that could steer a terminal or a page."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica import report
from hepatica.report import (
    Blocks,
    Bullets,
    Cell,
    Code,
    Facts,
    Item,
    Items,
    More,
    Notice,
    Paragraph,
    Picture,
    Ref,
    Section,
    Table,
    Title,
    Tree,
    TreeNode,
)

TREE = Tree(
    (TreeNode("all of", "no", (TreeNode("BCLC stage is C", "yes"), TreeNode("AFP is not known", "unknown"))),), "Criteria"
)
PAGE: Blocks = (
    Title("Alpha against beta", "ruleset one"),
    Facts((("BCLC stage", "C"), ("AFP", "35 ng/mL")), inline=True),
    Paragraph("BCLC counts this as stage D.", lead="Warning", tone="warning"),
    Section(
        "What the evidence backs",
        (
            Items(
                (
                    Item("Alphamab", "TRIAL: alphamab 7.2 v placebo 3.8 months", "standard", ref=Ref("therapy", "alphamab")),
                    Item(
                        "Betamab with a name beyond its column",
                        "nothing else",
                        details=(Paragraph("only for those who ask"), TREE),
                    ),
                ),
                group="Standard of care",
                means="a phase III trial met its endpoint",
            ),
        ),
        count=2,
        id="options",
        says="Strongest first.",
    ),
    Section(
        "Figures",
        (Table(("study", "n"), (("ONE", "37"), (Cell("TWO", Ref("url", "https://doi.org/10.1/x")), "4"))),),
        folded=True,
    ),
    Bullets(("first remark", "second remark")),
    More("Further advice", (Paragraph("kept for those who ask, too"),)),
    Code("hepatica about", "shell"),
    Picture("a picture of two lines", svg="<svg></svg>"),
    Notice("For education."),
)
WORDS = (
    "Alpha against beta",
    "ruleset one",
    "BCLC stage",
    "35 ng/mL",
    "Warning",
    "BCLC counts this as stage D.",
    "What the evidence backs",
    "Alphamab",
    "TRIAL: alphamab 7.2 v placebo 3.8 months",
    "Betamab with a name beyond its column",
    "nothing else",
    "a phase III trial met its endpoint",
    "Strongest first.",
    "Figures",
    "ONE",
    "37",
    "TWO",
    "https://doi.org/10.1/x",
    "first remark",
    "second remark",
    "hepatica about",
    "For education.",
)
DETAILS = ("only for those who ask", "BCLC stage is C", "AFP is not known", "Further advice", "kept for those who ask, too")


def flat(text: str) -> str:
    return " ".join(re.sub(r"\\(.)", r"\1", text).split()).lower()


@pytest.mark.parametrize("render", [report.text, report.markdown])
def test_what_is_open_stands_in_every_medium_and_details_where_they_are_asked_for(render: object) -> None:
    assert callable(render)
    shown, full = flat(render(PAGE)), flat(render(PAGE, details=True))
    for words in WORDS:
        assert words.lower() in shown
    for words in DETAILS:
        assert words.lower() not in shown
        assert words.lower() in full


class Reader(HTMLParser):
    """Reads markup as a strict reader would: every tag closed in turn."""

    EMPTY = ("meta", "img", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def read(markup: str) -> Reader:
    reader = Reader()
    reader.feed(markup)
    assert not reader.open
    return reader


def test_html_is_well_formed_linked_and_complete() -> None:
    reader = read(report.html(PAGE, lambda ref: f"/{ref.kind}/{ref.id}"))
    shown = flat(reader.words)
    assert all(words.lower() in shown for words in (*WORDS, *DETAILS) if not words.startswith("https"))
    links = [attrs["href"] for tag, attrs in reader.tags if tag == "a"]
    assert links == ["/therapy/alphamab", "https://doi.org/10.1/x"]
    assert ("h1", {}) in reader.tags
    assert {attrs.get("data-label") for tag, attrs in reader.tags if tag == "td"} == {"study", "n"}
    ids = [attrs["id"] for _, attrs in reader.tags if "id" in attrs]
    assert len(set(ids)) == len(ids)
    assert "options" in ids


def test_no_address_but_of_the_web_is_linked() -> None:
    page: Blocks = (Items((Item("x", ref=Ref("url", "javascript:alert(1)")),)),)
    assert "href" not in report.html(page)


@pytest.mark.parametrize("width", [40, 80, 100])
def test_text_keeps_its_width(width: int) -> None:
    wide = Table(("therapy", "says"), (("alphamab", "word " * 60), ("b" * 30, "c")))
    deep = Section("Outer " * 20, (Section("Inner " * 20, (wide, TREE, Items((Item("n" * 30, "t " * 90),)))),))
    lines = report.text((*PAGE, deep), width=width, details=True).splitlines()
    assert max(map(len, lines)) <= width


def test_a_table_too_wide_for_its_medium_becomes_lists_of_its_cells() -> None:
    table = Table(tuple(f"column{n}" for n in range(9)), (tuple(f"value-{n}-of-nine" for n in range(9)),))
    shown = report.text((table,))
    assert all(f"column{n}: value-{n}-of-nine" in shown for n in range(1, 9))


def test_emphasis_changes_no_word() -> None:
    marked = report.text(PAGE, emphasis=True)
    assert "\x1b[1m" in marked
    assert re.sub("\x1b\\[[0-9]+m", "", marked) == report.text(PAGE)


NASTY = st.text(alphabet=st.sampled_from("ab |\\`*_<>&\"'#[]()\x1b\x07\x9b\u202e\u2066\ufeff\n\t-1.~"), max_size=30)


@given(one=NASTY, two=NASTY, three=NASTY)
def test_no_text_steers_a_terminal_or_leaves_its_element(one: str, two: str, three: str) -> None:
    page: Blocks = (
        Title(one, two),
        Paragraph(two, lead=three),
        Section(three, (Items((Item(one, two, three, details=(TREE,)),), one, two), Table((one, two), ((three, one),), three))),
        Facts(((one, two),)),
        Code(three),
        Notice(one),
    )
    for shown in (
        report.text(page, details=True),
        report.markdown(page, details=True),
        report.html(page),
        report.json_text([one]),
    ):
        assert not set(shown) & set("\x1b\x07\x9b\u202e\u2066\ufeff")
    read(report.html(page))
    assert len(re.findall(r"<(?:script|b)\b", report.html(page))) == 0


def test_json_says_what_it_was_given() -> None:
    import json

    value = {"name": "a\u202eb\x7f", "n": [1, 2.5, None, True]}
    assert json.loads(report.json_text(value)) == value
    with pytest.raises(ValueError, match="JSON"):
        report.json_text([float("nan")])
