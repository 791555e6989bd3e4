"""What in a first line leads to its record: the study's name, or where and when a licence was given; nothing of a statement."""

from __future__ import annotations

import pytest

import hepatica
from hepatica.report import Item, Items, Section, answer
from hepatica.report.blocks import Block


def _items(blocks: tuple[Block, ...]) -> list[Item]:
    found: list[Item] = []
    for block in blocks:
        if isinstance(block, Section):
            found += _items(block.blocks)
        elif isinstance(block, Items):
            found += block.items
    return found


@pytest.mark.parametrize(
    ("patient", "therapy", "named"),
    [
        ("first-line-europe", "Sorafenib", "SHARP"),
        ("sorafenib-refused", "Sorafenib", "SHARP"),  # after "Declined by the patient; "
        ("after-immunotherapy", "Sorafenib", "Approved in more than 180 countries and regions"),
        ("bclc-d", "Best supportive care", ""),
    ],
)
def test_a_first_line_links_the_words_that_name_its_record(patient: str, therapy: str, named: str) -> None:
    found = hepatica.evaluate(hepatica.load("hcc-2016"), f"patients/{patient}.yaml")
    item = next(item for item in _items(answer(found)) if item.name == therapy)
    assert item.named == named
    assert item.named in item.text
    assert (item.cite is None) is (named == "")  # or the page would have a link without words
