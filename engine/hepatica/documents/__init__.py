"""Text from outside, read within bounds into a tree that knows its places."""

from __future__ import annotations

from hepatica.documents.reader import (
    DIALECT,
    MAX_BYTES,
    MAX_DEPTH,
    MAX_NODES,
    MOST_PROBLEMS,
    STDIN,
    Flow,
    Node,
    Path,
    adapter,
    decode,
    decoded,
    read_bytes,
    read_document,
    read_input,
    read_json,
    read_yaml,
    yaml_text,
)
