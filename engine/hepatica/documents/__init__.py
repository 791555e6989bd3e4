"""Text from outside, read within bounds into a tree that knows its places."""

from __future__ import annotations

from hepatica.documents.decode import DIALECT, MOST_PROBLEMS, adapter, decode
from hepatica.documents.files import STDIN, read_bytes, read_input
from hepatica.documents.reader import Flow, read_document, read_json, read_yaml, yaml_text
from hepatica.documents.tree import MAX_BYTES, MAX_DEPTH, MAX_NODES, Node, Path, decoded
