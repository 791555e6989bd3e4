"""A cohort under one ruleset, or under two: answers as tables, everything that is refused, and a summary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from hepatica.cohort.coding import Coder
from hepatica.cohort.kernel import Kernel
from hepatica.cohort.mapping import TableMapping
from hepatica.cohort.rejects import Reject
from hepatica.cohort.run import KeptColumns, ReadBatch, bound_to, in_order, located, read_batches, read_columns, reject_table
from hepatica.cohort.sources import TableSource
from hepatica.cohort.summary import CohortSummary, MappingIdentity, ReadColumns, RowCounts, suppressed
from hepatica.cohort.tally import Tally, counted_warnings, scope_reasons
from hepatica.evaluation import identity
from hepatica.knowledge import Ruleset
from hepatica.notice import notice
