"""Text from outside, read within bounds into a tree that knows its places."""

from __future__ import annotations

from hepatica.documents.decode import DIALECT, MOST_PROBLEMS, adapter, decode
from hepatica.documents.reader import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_NODES,
    STDIN,
    Flow,
    Node,
    Path,
    decoded,
    read_bytes,
    read_document,
    read_input,
    read_json,
    read_yaml,
    yaml_text,
)
