"""What stands on the pages of a PDF that Chromium wrote, as far as a count tells."""

from __future__ import annotations

import re
import zlib


def words_on_pages(data: bytes) -> list[int]:
    """For each page how many pieces of text and pictures are painted on it."""
    objects = {int(found[1]): found[2] for found in re.finditer(rb"(\d+) 0 obj\n(.*?)\nendobj", data, re.S)}
    counts = []
    for body in objects.values():
        if re.search(rb"/Type\s*/Page\b", body):
            reference = re.search(rb"/Contents (\d+) 0 R", body)
            assert reference, "a page without content"
            stream = objects[int(reference[1])]
            text = zlib.decompress(stream[stream.index(b"stream\n") + 7 : stream.rindex(b"\nendstream")])
            counts.append(len(re.findall(rb"\b(?:TJ|Tj|Do)\b", text)))
    return counts
