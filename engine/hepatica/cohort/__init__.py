"""Many patients: tables in, tables out. Nothing of it, and no library of tables, is loaded for one patient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hepatica.cohort.cohort import Cohort
    from hepatica.cohort.comparison import CohortComparison, CohortDiff, CohortTurn
    from hepatica.cohort.draft import MappingDraft, draft_mapping
    from hepatica.cohort.mapping import TableMapping, mapping_schema, read_mapping, shipped_mappings
    from hepatica.cohort.run import reject_table
    from hepatica.cohort.sources import opened, unpacked
    from hepatica.cohort.summary import CohortCount, CohortSummary, StandingCount
    from hepatica.cohort.tables_out import table_bytes

_LAZY = {
    "cohort": "Cohort",
    "comparison": "CohortComparison CohortDiff CohortTurn",
    "draft": "MappingDraft draft_mapping",
    "mapping": "TableMapping mapping_schema read_mapping shipped_mappings",
    "run": "reject_table",
    "sources": "opened unpacked",
    "summary": "CohortCount CohortSummary StandingCount",
    "tables_out": "table_bytes",
}
_HOMES = {name: module for module, names in _LAZY.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
