"""Intervals of possible values as rectangles: one mask of the places where they begin, one of those where they end.

Both masks are without gaps and trimmed: each begin has an end that is no lower, each end a begin that is no higher. Two such
rectangles share an interval exactly where they share a begin and an end, and what they share is trimmed again; so boxes are
intersected without knowing which of their masks belong together.
"""

from __future__ import annotations

from collections.abc import Iterator

Rectangle = tuple[int, ...]
"""The masks of begins and of ends."""


def lowest(mask: int) -> int:
    """The position of the lowest bit."""
    return (mask & -mask).bit_length() - 1


def filled(low: int, high: int) -> int:
    """The mask of the positions from one to another."""
    return (1 << high + 1) - (1 << low) if low <= high else 0


def gapless(mask: int) -> Iterator[int]:
    """The runs of neighbouring bits of a mask."""
    while mask:
        # Adding the lowest bit carries through the lowest run: what changed from set to not set is that run.
        run = mask & ~(mask + (mask & -mask))
        yield run
        mask ^= run


def trimmed(begins: int, ends: int) -> Rectangle | None:
    """The rectangle of two masks without gaps; None where no interval begins and ends there."""
    begins &= (1 << ends.bit_length()) - 1
    ends &= -(begins & -begins)
    return (begins, ends) if begins and ends else None


def how_many(rectangle: Rectangle) -> int:
    """How many intervals a rectangle holds."""
    begins, ends = rectangle
    shared = (begins & ends).bit_count()
    # Of a begin and an end that both lie in the shared places, half of the pairs are the wrong way round.
    return begins.bit_count() * ends.bit_count() - shared * (shared - 1) // 2


def within(rectangle: Rectangle, low: int, high: int) -> int:
    """How many of the intervals of a rectangle lie between two places."""
    kept = trimmed(*(mask & filled(low, high) for mask in rectangle))
    return how_many(kept) if kept is not None else 0


def intervals(rectangle: Rectangle) -> Iterator[tuple[int, int]]:
    """Every interval of a rectangle, by its begin and its end."""
    begins, ends = rectangle
    for begin in range(lowest(begins), begins.bit_length()):
        for end in range(max(begin, lowest(ends)), ends.bit_length()):
            yield begin, end
