"""c-MET status from immunohistochemistry (review lines 410-412): high is at least 2+ in at least 50 % of tumour cells."""

from __future__ import annotations

HIGH_INTENSITY = 2
HIGH_PERCENT = 50
INTENSITY_RANGE = (0, 3)
PERCENT_RANGE = (0, 100)


def status(intensity: int | None, percent: float | None) -> str | None:
    """'high', 'low', or None while the part that is missing could still decide."""
    below = (intensity is not None and intensity < HIGH_INTENSITY) or (percent is not None and percent < HIGH_PERCENT)
    if below:
        return "low"
    return None if intensity is None or percent is None else "high"
