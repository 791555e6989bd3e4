"""The `why` of a case: the rule, its evidence, and the fields that decide."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from hepatica.assurance.cases.case import Also, Why
from hepatica.assurance.cases.names import Names
from hepatica.documents import Node
from hepatica.evaluation import LISTS
from hepatica.knowledge import DEMANDS, Ruleset, Standing
from hepatica.patient import FIELD_BY_NAME

WHY_KEYS = ("rule", "standing", "cites", "needs", "blocked_by", "also")
ALSO_KEYS = ("list", "standing", "cites")


class WhyReader:
    """Reads why a therapy is in its list."""

    def __init__(self, names: Names, ruleset: Ruleset) -> None:
        self.names = names
        self.ruleset = ruleset

    def read(self, therapy: str, node: Node) -> Why:
        """A mapping of `WHY_KEYS`, or the rule's id alone."""
        rules = [rule.id for rule in self.ruleset.therapies[therapy].rules]
        if not isinstance(node.value, dict):
            return Why(rule=self.names.word(node, rules, "rule"))
        entries = self.names.keys(node, WHY_KEYS)
        standing, cites = self._evidence(entries)
        return Why(
            rule=self.names.word(entries.get("rule"), rules, "rule"),
            standing=standing,
            cites=cites,
            needs=self._fields(entries.get("needs")),
            blocked_by=self._fields(entries.get("blocked_by")),
            also=self._also(entries.get("also"), rules),
        )

    def _evidence(self, entries: dict[str, Node]) -> tuple[Standing | None, tuple[str, ...] | None]:
        standing: Any = self.names.word(entries.get("standing"), DEMANDS, "standing") or None
        cites = entries.get("cites")
        return standing, None if cites is None else tuple(n for n, _ in self.names.named(cites, self.ruleset.studies, "study"))

    def _also(self, node: Node | None, rules: Collection[str]) -> dict[str, Also]:
        entries = self.names.keys(node, rules) if node is not None else {}
        read = {rule: self._other(child) for rule, child in entries.items() if rule in rules}
        return {rule: also for rule, also in read.items() if also is not None}

    def _other(self, node: Node) -> Also | None:
        entries = self.names.keys(node, ALSO_KEYS) if isinstance(node.value, dict) else {"list": node}
        reaches: Any = self.names.word(entries.get("list", node), LISTS, "list") or None
        standing, cites = self._evidence(entries)
        return Also(reaches=reaches, standing=standing, cites=cites) if reaches else None

    def _fields(self, node: Node | None) -> frozenset[str] | None:
        return None if node is None else frozenset(name for name, _ in self.names.named(node, FIELD_BY_NAME, "field"))
