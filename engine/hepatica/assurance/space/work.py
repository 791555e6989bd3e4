"""How much the algebra may do for one command.

How finely some rules cut the space is not seen from their number: three thousand may be done in seconds, six hundred never. So
the work itself is counted, in steps of about a microsecond, and never timed: the same rules are refused on every machine.
"""

from __future__ import annotations

from math import inf

MOST_WORK = 3_000_000


class TooMuchWork(Exception):
    """What a command may do is spent; it gives no answer, or says for what it has none."""


class WorkLimit:
    """The steps that are left."""

    def __init__(self, most: float = inf) -> None:
        self.left = most

    def spend(self, steps: int) -> None:
        """Count some steps about to be done. Raises `TooMuchWork`."""
        self.left -= steps
        if self.left < 0:
            raise TooMuchWork
