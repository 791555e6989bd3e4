"""Emphasis for terminals. Colour and weight only ever repeat what the words say."""

from __future__ import annotations

from typing import NamedTuple


class Style(NamedTuple):
    """Escape sequences where `enabled`, nothing otherwise."""

    enabled: bool = False

    def bold(self, text: str) -> str:
        """A heading."""
        return self._wrapped("1", text)

    def dim(self, text: str) -> str:
        """Something of lesser weight."""
        return self._wrapped("2", text)

    def underline(self, text: str) -> str:
        """A group's name."""
        return self._wrapped("4", text)

    def _wrapped(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.enabled and text else text
