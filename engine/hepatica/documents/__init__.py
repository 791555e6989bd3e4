"""Text from outside, read within bounds into a tree that knows its places."""
