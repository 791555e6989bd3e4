import pytest

for library in ("numpy", "pyarrow", "openpyxl", "duckdb", "pandas", "polars"):
    pytest.importorskip(library, reason=f"a cohort is tested with the extras 'tables' and 'test': {library} is not installed")
