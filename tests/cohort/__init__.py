from importlib.util import find_spec

import pytest

for library in ("numpy", "pyarrow", "openpyxl", "duckdb", "pandas", "polars"):
    if find_spec(library) is None:
        pytest.skip(f"cohorts are tested with the extras 'tables' and 'test': no {library} here", allow_module_level=True)
