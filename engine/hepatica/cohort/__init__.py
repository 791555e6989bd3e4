"""Many patients: tables of any size, coded, answered, and given back as tables. Needs the extra `tables` (pyarrow)."""

from __future__ import annotations

from hepatica.cohort.coding import REJECTS, Coded, Coder
from hepatica.cohort.frames import TableAnswers, evaluate_table
from hepatica.cohort.kernel import Answers, Kernel, joined
from hepatica.cohort.streaming import Answered, Shape, parquet_writer, stream

__all__ = [
    "REJECTS", "Answered", "Answers", "Coded", "Coder", "Kernel", "Shape", "TableAnswers", "evaluate_table", "joined",
    "parquet_writer", "stream",
]  # fmt: skip
