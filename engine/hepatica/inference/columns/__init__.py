"""Many profiles at once: the bit tables as NumPy arrays, and the sweep over every combination of codes."""

from __future__ import annotations

from hepatica.inference.columns.columns import BLOCK, WORD, Codes, Columns, ColumnTable, Weighted, outer

__all__ = ["BLOCK", "WORD", "Codes", "ColumnTable", "Columns", "Weighted", "outer"]
