"""Many patients: tables of any size, coded, answered, and given back as tables. Needs the extra `tables` (pyarrow)."""

from __future__ import annotations

from hepatica.cohort.coding import REJECTS, Coded, Coder
from hepatica.cohort.frames import TableAnswers, evaluate_table
from hepatica.cohort.kernel import Answers, Kernel, joined

__all__ = ["REJECTS", "Answers", "Coded", "Coder", "Kernel", "TableAnswers", "evaluate_table", "joined"]
