"""What can be proved wrong with one ruleset."""

from __future__ import annotations

from hepatica.assurance.check.check import check, findings
from hepatica.assurance.check.findings import KINDS, CheckFinding, CheckResult, FindingKind
