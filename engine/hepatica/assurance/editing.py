"""A ruleset while it is being edited: what is wrong with it now, and what it answers otherwise than before the edit."""

from __future__ import annotations

from collections.abc import Sequence

from hepatica.assurance.check import CheckFinding, findings
from hepatica.assurance.diff import RulesetDiff, diff, new_or_gone
from hepatica.assurance.version import RulesetVersion
from hepatica.evaluation import RulesetIdentity, identity
from hepatica.notice import notice
from hepatica.patient import Facts
from hepatica.records import record


@record(kw_only=True)
class EditReport:
    """What one look at an edited ruleset found: the findings that it did not have before, how many it had, and the comparison."""

    notice: str
    ruleset: RulesetIdentity
    findings: tuple[CheckFinding, ...]
    as_before: int
    diff: RulesetDiff


class EditSession:
    """Looks at one ruleset again and again. `base` is how it stood before the edits; None where it is all new.

    `tried` are the profiles of its cases. What is known of the base is worked out once, so that a look costs what the edit costs.
    """

    def __init__(self, base: RulesetVersion | None, tried: Sequence[Facts] = ()) -> None:
        self.base, self.tried = base, tried
        # What was wrong before the edit is not the writer's question now: it is counted, and told by `check`.
        self._known = {_gist(one) for one in findings(base, tried)} if base is not None else set()

    def look(self, version: RulesetVersion) -> EditReport:
        """What is wrong with the ruleset as it stands, and what its edits change."""
        found = [one for one in findings(version, self.tried) if not one.waived]
        fresh = tuple(one for one in found if _gist(one) not in self._known)
        return EditReport(
            notice=notice(version.ruleset.card.as_of),
            ruleset=identity(version.ruleset),
            findings=fresh,
            as_before=len(found) - len(fresh),
            diff=diff(self.base, version) if self.base is not None else new_or_gone(version),
        )


def _gist(found: CheckFinding) -> tuple[str, frozenset[tuple[str, str]]]:
    """A finding without its place and numbers, which an edit elsewhere moves."""
    return found.code, frozenset(found.names.items())
