"""A study's table shows every figure it has, printed and corrected in their own rows."""

from __future__ import annotations

from hepatica.knowledge import Ruleset, Study
from hepatica.report.figures import ratio, shown
from hepatica.web.tables import MOST_ARM_COLUMNS, figures


def studies(ruleset: Ruleset) -> list[Study]:
    found = [study for study in ruleset.studies.values() if study.results]
    assert found
    return found


def test_every_printed_result_and_every_correction_has_a_row(ruleset: Ruleset) -> None:
    for study in studies(ruleset):
        rows = figures(study).rows
        assert sum(not row.correction for row in rows) == sum(bool(result.lines) for result in study.results)
        assert sum(bool(row.correction) for row in rows) == sum(result.corrected is not None for result in study.results)


def test_every_arm_has_a_column_and_every_figure_a_cell(ruleset: Ruleset) -> None:
    for study in studies(ruleset):
        table = figures(study)
        assert len(table.arms) <= MOST_ARM_COLUMNS
        cells = [cell for row in table.rows for cell in row.arms]
        for result in study.results:
            for figure in (result.arms or {}).values() if result.lines else ():
                assert any(cell.startswith(shown(figure)) for cell in cells), (study.id, result.id, figure)


def test_hazard_ratios_carry_their_interval_and_its_level(ruleset: Ruleset) -> None:
    for study in studies(ruleset):
        ratios = [row.ratio for row in figures(study).rows]
        for result in study.results:
            if result.hr is not None and result.lines and result.ci is not None:
                low, high = result.ci
                assert f"{ratio(result.hr)} (95% CI {low:g}-{high:g})" in ratios


def test_a_correction_stands_directly_below_what_it_corrects(ruleset: Ruleset) -> None:
    rows = figures(ruleset.studies["reach"]).rows
    place = next(index for index, row in enumerate(rows) if row.outcome == "TTP")
    assert rows[place].p == "0.0001"
    assert (rows[place + 1].outcome, rows[place + 1].p) == ("should read", "< 0.0001")


def test_no_row_is_without_a_name(ruleset: Ruleset) -> None:
    assert all(row.outcome for study in studies(ruleset) for row in figures(study).rows)
