"""How much the algebra may do for one command.

How finely some rules cut the space is not seen from their number: three thousand may be done in seconds, six hundred never. So
the work itself is counted, in steps of about a microsecond, and never timed: the same rules are refused on every machine. Of a
ruleset of a size that people write, 5,000 alternatives in all, one edit may need 6 million steps; of larger ones, which only a
program writes, few are worth more than some seconds.
"""

from __future__ import annotations

from math import inf

USUAL_SIZE = 5_000
MOST_WORK, MOST_BEYOND = 20_000_000, 5_000_000
RENEWALS = 1


class TooMuchWork(Exception):
    """What a command may do is spent; it gives no answer, or says for what it has none."""


class WorkLimit:
    """The steps that are left."""

    def __init__(self, most: float = inf) -> None:
        self._most = self.left = most
        self._spare = RENEWALS * most

    def renew(self) -> None:
        """Let another of many questions use as much as the first might, as long as all of them together stay within bounds."""
        if self._most < inf:
            more = min(self._most - self.left, self._spare)
            self.left, self._spare = self.left + more, self._spare - more

    def spend(self, steps: int) -> None:
        """Count some steps about to be done. Raises `TooMuchWork`."""
        self.left -= steps
        if self.left < 0:
            raise TooMuchWork
