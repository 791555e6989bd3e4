"""Many patients: tables of any size, mapped, coded, answered, and given back as tables. Needs the extra `tables` (pyarrow).

The names are loaded when they are first used: a mapping is read, and its schema made, without any library of tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hepatica.faces import lazy

if TYPE_CHECKING:
    from hepatica.cohort.cells import reject_table
    from hepatica.cohort.coding import Coded
    from hepatica.cohort.cohort import Cohort
    from hepatica.cohort.draft import MappingDraft, draft_mapping
    from hepatica.cohort.kernel import Answers, Kernel
    from hepatica.cohort.mapping import TableMapping, mapping_schema, read_mapping, shipped_mappings
    from hepatica.cohort.run import Shape, TableAnswers, evaluate_table, parquet_writer
    from hepatica.cohort.sources import opened, unpacked
    from hepatica.cohort.spark import answer_files_on_spark, session
    from hepatica.cohort.summary import CohortCount, CohortDiff, CohortSummary, CohortTurn, StandingCount
    from hepatica.cohort.tables_out import table_bytes

__getattr__ = lazy(__name__)
