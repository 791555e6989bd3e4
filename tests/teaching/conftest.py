"""The shipped patients, and what a PDF holds."""

from __future__ import annotations

import re
import zlib

import pytest

from hepatica.patient import Profile, read_profile
from tests.conftest import PATIENTS


@pytest.fixture(scope="session")
def patients() -> list[Profile]:
    return [read_profile(path) for path in PATIENTS]


def pdf_pages(data: bytes) -> int:
    """How many pages a PDF has; WeasyPrint keeps its objects compressed."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.S)
    plain = b"".join(zlib.decompressobj().decompress(one) for one in streams if one[:1] == b"x")
    return len(re.findall(rb"/Type\s*/Page\b", plain))
