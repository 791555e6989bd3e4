"""The shipped patients, and what a PDF holds."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import pytest

from hepatica.patient import Profile, read_profile


@pytest.fixture(scope="session")
def patients() -> list[Profile]:
    return [read_profile(path) for path in sorted(Path("patients").glob("*.yaml"))]


@pytest.fixture(scope="session")
def met_high() -> Profile:
    return read_profile("patients/after-sorafenib-met-high.yaml")


def pdf_pages(data: bytes) -> int:
    """How many pages a PDF has; WeasyPrint keeps its objects compressed."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.S)
    plain = b"".join(zlib.decompressobj().decompress(one) for one in streams if one[:1] == b"x")
    return len(re.findall(rb"/Type\s*/Page\b", plain))
