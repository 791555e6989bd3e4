"""What a PDF holds."""

from __future__ import annotations

import re
import zlib


def pdf_pages(data: bytes) -> int:
    """How many pages a PDF has; WeasyPrint keeps its objects compressed."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.S)
    plain = b"".join(zlib.decompressobj().decompress(one) for one in streams if one[:1] == b"x")
    return len(re.findall(rb"/Type\s*/Page\b", plain))
