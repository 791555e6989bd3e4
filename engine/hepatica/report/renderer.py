"""What the three renderers share: the walk over blocks, one method to each kind of block, and the parts every medium needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar

from hepatica.report import blocks as b

P = TypeVar("P")


class BlockRenderer(Generic[P]):
    """One page. A method named as a block (`table` for `Table`) yields its pieces; `place` is where it stands in the medium."""

    def __init__(self, details: bool = True) -> None:
        self.details = details

    def blocks(self, blocks: Iterable[b.Block], place: P) -> Iterator[str]:
        """The pieces of some blocks."""
        for block in blocks:
            write: Any = getattr(self, type(block).__name__.lower())
            yield from write(block, place)

    def section(self, block: b.Section, place: P) -> Iterator[str]:
        """A section's heading and what stands below it."""
        raise NotImplementedError

    def more(self, block: b.More, place: P) -> Iterator[str]:
        """What those read who ask for it: a section, where details are written."""
        if self.details:
            yield from self.section(b.Section(block.summary, block.blocks), place)


def run_in(lead: str) -> str:
    """A run-in heading with its colon, unless it ends a sentence."""
    return f"{lead}{'' if not lead or lead[-1] in ':.?!' else ':'}"


def whole(cell: str | b.Cell) -> b.Cell:
    """A cell of a table in full."""
    return b.Cell(cell) if isinstance(cell, str) else cell


def only_names(block: b.Items) -> bool:
    """Whether there is nothing but names, which run on in one line."""
    return not block.means and not any(item.text or item.badge or item.details for item in block.items)
