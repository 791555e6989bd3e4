"""Read by schemathesis: a request that fits every parameter's schema is refused only for what no schema can say."""

from __future__ import annotations

import json
from typing import Any

import schemathesis

CROSS_FIELD = {"contradiction", "out-of-range", "unit", "unknown-value", "misplaced", "other-case"}


@schemathesis.check  # type: ignore[untyped-decorator,unused-ignore]
def refused_only_across_fields(ctx: Any, response: Any, case: Any) -> None:
    """A schema-valid request that is refused contradicts itself or is implausible in its unit."""
    meta = case.meta
    if response.status_code == 422 and meta is not None and meta.generation.mode.is_positive:
        codes = {problem["code"] for problem in json.loads(response.content)["problems"]}
        assert codes <= CROSS_FIELD, codes
