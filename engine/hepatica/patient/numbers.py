"""Numbers known only within bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """A number known only within bounds: `> 1210`. An open end is infinite. Never empty, never a single point."""

    low: float = -math.inf
    high: float = math.inf
    low_included: bool = False
    high_included: bool = False

    def holds(self, operator: str, bound: float) -> bool | None:
        """Whether every value satisfies the comparison (True), none does (False), or it is open (None)."""
        if operator in ("<", "<=", "!="):
            opposite = self.holds({"<": ">=", "<=": ">", "!=": "="}[operator], bound)
            return None if opposite is None else not opposite
        if operator == "=":
            return None if self.contains(bound) else False
        above = self.low > bound or (self.low == bound and (operator == ">=" or not self.low_included))
        below = self.high < bound or (self.high == bound and (operator == ">" or not self.high_included))
        return True if above else False if below else None

    def contains(self, value: float) -> bool:
        """True for a value that the number may have."""
        inside_low = value > self.low or (self.low_included and value == self.low)
        return inside_low and (value < self.high or (self.high_included and value == self.high))

    def __str__(self) -> str:
        low = f"{'>=' if self.low_included else '>'} {str(self.low)}"
        high = f"{'<=' if self.high_included else '<'} {str(self.high)}"
        if self.low == -math.inf or self.high == math.inf:
            return high if self.low == -math.inf else low
        both = self.low_included and self.high_included
        return f"{str(self.low)}-{str(self.high)}" if both else f"{low} and {high}"
