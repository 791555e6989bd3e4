"""pytest collects case tables: each case of a ruleset's `cases/` is one test. Other YAML files are left alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hepatica.assurance.cases import CaseOutcome, PatientCase
    from hepatica.evaluation import Evaluator

EVALUATORS: pytest.StashKey[dict[str, Any]] = pytest.StashKey()
ENDINGS = (".yaml", ".yml")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A case table becomes a collector of its cases."""
    if file_path.suffix not in ENDINGS:
        return None
    # Imported late, here and below: pytest loads every plugin everywhere, and a repository without cases pays nothing.
    from hepatica.assurance.cases import is_case_file

    if not is_case_file(file_path):
        return None
    collector: pytest.Collector = CaseTable.from_parent(parent, path=file_path)
    return collector


class UnmetError(AssertionError):
    """A case whose answer is not the expected one."""

    def __init__(self, outcome: CaseOutcome) -> None:
        super().__init__(outcome.case)
        self.outcome = outcome


class CaseTable(pytest.File):
    """One YAML file of cases."""

    def collect(self) -> Iterator[pytest.Item]:
        """Each case by its sentence; a file that cannot be read is a collection error with every problem."""
        from hepatica.assurance.cases import cases_in, ruleset_around
        from hepatica.documents import read_bytes
        from hepatica.evaluation import evaluator_of
        from hepatica.knowledge import load
        from hepatica.problems import InvalidInput

        root, folder = self.config.rootpath, str(ruleset_around(self.path))
        shown = self.path.relative_to(root).as_posix() if self.path.is_relative_to(root) else str(self.path)
        known = self.config.stash.setdefault(EVALUATORS, {})
        try:
            # One evaluator to a ruleset, shared by the files of a run.
            evaluator = known[folder] = known.get(folder) or evaluator_of(load(folder))
            cases = cases_in(read_bytes(self.path, shown), shown, evaluator.ruleset)
        except InvalidInput as error:
            raise self.CollectError(str(error)) from None
        for case in cases:
            yield CaseItem.from_parent(self, name=case.sentence, case=case, evaluator=evaluator)


class CaseItem(pytest.Item):
    """One case."""

    def __init__(self, *, case: PatientCase, evaluator: Evaluator, **rest: Any) -> None:
        super().__init__(**rest)
        self.case = case
        self.evaluator = evaluator

    def runtest(self) -> None:
        """Evaluate the patient and hold the answer against the expectations."""
        from hepatica.assurance.cases import outcome

        found = outcome(self.case, self.evaluator)
        if not found.passed:
            raise UnmetError(found)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What was expected, what came and what decided; no traceback for a case that fails."""
        if isinstance(excinfo.value, UnmetError):
            from hepatica.report.assurance import failure_lines

            return "\n  ".join(failure_lines(excinfo.value.outcome))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the case is written."""
        return self.path, self.case.line - 1, self.case.sentence
