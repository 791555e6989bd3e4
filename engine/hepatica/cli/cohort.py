"""`hepatica cohort`: many patients from tables, to tables or to a summary."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hepatica.cli import common, writing
from hepatica.evaluation import RulesetResult, headed
from hepatica.problems import InvalidInput, Problem, not_installed
from hepatica.records import record

if TYPE_CHECKING:
    from hepatica.cohort import Cohort, TableMapping
    from hepatica.knowledge import Ruleset
    from hepatica.report import Blocks

KINDS = ("csv", "tsv", "ndjson", "parquet", "arrow", "xlsx")
_EVERY, _CLEAR = 0.5, "\x1b[K"
_MOST_COUNTED, PIECE = 1 << 30, 1 << 16


@click.command("cohort")
@click.argument("tables", nargs=-1, required=True, metavar="TABLE...")
@click.option("--mapping", "-m", metavar="FILE|NAME", help="What the columns mean; without it, columns are read by their names.")
@common.ruleset_option
@click.option(
    "--shape",
    type=click.Choice(("wide", "long", "codes")),
    default="wide",
    help="A row to a patient, to a patient and therapy, or a column to each therapy.",
)
@click.option("--rejects", type=Path, metavar="FILE", help="Where what was refused goes.  [beside --output: NAME.rejects.csv]")
@click.option("--report", "report_", type=Path, metavar="FILE", help="The summary, too (.html, .md, .txt, .json).")
@click.option("--strict", is_flag=True, help="Write nothing where any row is refused.")
@click.option("--verify", is_flag=True, help="Have the rule engine evaluate every row again, not only a sample.")
@click.option(
    "--suppress-below", type=click.IntRange(0), default=0, metavar="N", help="Hide numbers of patients below N in the summary."
)
@click.option("--draft-mapping", is_flag=True, help="Propose a mapping for the table, and say what is unsure.")
@click.option("--diff", nargs=2, metavar="OLD NEW", help="Which rows two rulesets answer differently, and how.")
@click.option(
    "--on", "master", metavar="MASTER", help="Answer Parquet files on Spark (local[*], spark://...) into the folder --into."
)
@click.option("--into", type=Path, metavar="FOLDER", help="With --on: a new folder that all workers see.")
@click.option("--encoding", default="", help="The encoding of a text table that is not UTF-8.")
@click.option(
    "--delimiter",
    type=click.Choice((",", ";", "|", "tab")),
    metavar="MARK",
    help="What stands between the cells of a text table: , ; | or tab.",
)
@click.option("--decimal", type=click.Choice((".", ",")), default=None, help="The mark before decimals in a text table.")
@common.printed(*KINDS, "yaml", packed=True)
def cohort(
    *,
    tables: tuple[str, ...],
    mapping: str | None,
    ruleset: str,
    draft_mapping: bool,
    diff: tuple[str, str] | None,
    master: str | None,
    **chosen: Any,
) -> common.Output:
    """Many patients: who would be offered what, where the rules cannot tell, and what would settle it.

    TABLE is CSV, TSV, Excel, Parquet, NDJSON or Arrow, packed by gzip or zstd or not, a pattern, or - for standard input. A
    mapping file says what columns and codes mean; `uci-hcc-survival`, `eucanimage` and `redcap` are shipped. --output takes a
    table (.csv, .parquet ...) or a report (.html, .md ...). Every row is answered, or stands in the rejects with the reason.

    \b
    Examples:
      hepatica cohort registry.csv --draft-mapping --output mapping.yaml
      hepatica cohort registry.csv --mapping mapping.yaml --output summary.html --suppress-below 5
      hepatica cohort 'year-*.parquet' --mapping mapping.yaml --output answers.parquet --report summary.html
      hepatica cohort patients/mappings/redcap.csv --mapping redcap --diff hcc-2016 hcc-2026
      hepatica cohort year-*.parquet --shape codes --on local[*] --into answers
    """
    common.need_tables()
    if chosen["report_"]:
        common.format_of(chosen["report_"], common.FORMATS, "--report")  # refused before anything is written
    rules = [common.ruleset(name) for name in (diff or (ruleset,))]
    how = _mapping(mapping, rules, chosen)
    given = click.get_current_context().params
    chosen |= {name: given.get(name) for name in ("output", "format_", "force")}
    if draft_mapping:
        from hepatica.cohort import draft_mapping as drafted
        from hepatica.cohort import opened
        from hepatica.report.cohort import draft_view

        found = drafted(opened(tables, how.table)[0], rules[0].fields, how.table)
        return common.Output(found, draft_view, formats=dict.fromkeys(("text", "yaml"), lambda draft: draft.yaml))
    if chosen["format_"] == "yaml" or (chosen["output"] and chosen["output"].suffix == ".yaml"):
        raise click.UsageError("YAML is for --draft-mapping")
    if master:
        return _on_spark(tables, how, rules[0], master, chosen)
    return _run(tables, how, rules, chosen)


def _mapping(name: str | None, rules: list[Ruleset], chosen: dict[str, Any]) -> TableMapping:
    """The mapping, with what options say of the tables laid over it."""
    from hepatica.cohort import TableMapping, read_mapping

    found = read_mapping(name, rules[0].fields.beside(*(other.fields for other in rules[1:]))) if name else TableMapping()
    said = {key: chosen[key] for key in ("encoding", "delimiter", "decimal") if chosen[key]}
    if chosen["delimiter"] == "tab":
        said["delimiter"] = "\t"
    return replace(found, table=replace(found.table, **said)) if said else found


@record(kw_only=True)
class SparkRun(RulesetResult):
    """What was answered on Spark: the folder, and how many rows there were, were answered, and were rejected."""

    folder: str
    rows: int
    answered: int
    rejected: int


def _on_spark(tables: tuple[str, ...], how: TableMapping, rules: Ruleset, master: str, chosen: dict[str, Any]) -> common.Output:
    from hepatica.cohort import answer_files_on_spark, session
    from hepatica.report import Facts, Notice, Title

    into = chosen["into"]
    if into is None or into.exists():
        raise click.UsageError("--on needs --into with a folder that does not exist yet")
    try:
        spark = session(master)
    except ImportError:
        raise not_installed("Spark", "spark") from None
    try:
        done = answer_files_on_spark(spark, [Path(name) for name in tables], into, rules, chosen["shape"], how)
    finally:
        spark.stop()
    done["rejected"] = done["rows"] - done["answered"]
    run = SparkRun(**headed(rules) | done, folder=str(into))
    pairs = tuple((name.capitalize(), f"{number:,}") for name, number in done.items())
    return common.Output(run, lambda _: (Title("A cohort on Spark", f"in {into}"), Facts(pairs), Notice(run.notice)))


def _run(tables: tuple[str, ...], how: TableMapping, rules: list[Ruleset], chosen: dict[str, Any]) -> common.Output:
    """A run under one ruleset or two. A table is written while the answers are made; a report when all of them are."""
    from hepatica.cohort import Cohort, opened, table_bytes
    from hepatica.report.cohort import cohort_diff_view, cohort_view

    progress = _Progress(tables) if sys.stderr is not None and sys.stderr.isatty() else None
    sources, output = opened(tables, how.table), chosen["output"]
    run = Cohort(sources, how, *rules, verify_all=chosen["verify"], progress=progress)
    view: Callable[[Any], Blocks] = cohort_diff_view if len(rules) > 1 else cohort_view

    def table(_: Any) -> Iterator[bytes]:
        # Whatever goes beside the table comes before its last piece, so that all is written or nothing.
        yield from table_bytes(run.tables(chosen["shape"]), kind, run.stamp, _packing(output) if output else "")
        _finish(run, view, chosen)

    kind = chosen["format_"] or (_kind_of(output) if output else "text")
    if kind in KINDS:
        return common.Output(run, view, lambda: run.changed, {kind: table})
    for _ in run.tables(None):
        pass  # without a shape rows are only counted, and no table comes
    return common.Output(_finish(run, view, chosen), view, run.changed)


def _kind_of(output: Path) -> str:
    return next((kind for kind in KINDS if output.name.lower().endswith(common.ends_of(kind, packed=True))), "")


def _packing(path: Path) -> str:
    return path.suffix[1:] if path.suffix in (".gz", ".zst") else ""


def _finish(run: Cohort, view: Callable[[Any], Blocks], chosen: dict[str, Any]) -> Any:
    """The summary. Refuses a strict run that has rejects; else writes the rejects and the report where they were asked for."""
    from hepatica.cohort import reject_table, table_bytes

    found, output, rejects, report = run.summary(chosen["suppress_below"]), chosen["output"], chosen["rejects"], chosen["report_"]
    if sys.stderr is not None and sys.stderr.isatty():
        sys.stderr.write(f"\r{_CLEAR}")
    if chosen["strict"] and run.rejects:
        raise InvalidInput(
            Problem(each.file, each.row, 1, each.code, ": ".join(filter(None, (each.column, each.reason))))
            for each in run.rejects
        )
    if output and not rejects and _kind_of(output):
        # `answers.csv.gz` has its rejects in `answers.rejects.csv`.
        rejects = output.with_name(f"{Path(output.stem if _packing(output) else output.name).stem}.rejects.csv")
    if rejects:
        # Piece by piece: a mapping that was forgotten rejects every row.
        pieces = (reject_table(run.rejects[at : at + PIECE]) for at in range(0, len(run.rejects) or 1, PIECE))
        data = table_bytes(pieces, _kind_of(rejects) or "csv", run.stamp, _packing(rejects))
        writing.write(data, rejects, force=chosen["force"])
    if report:
        kind = common.format_of(report, common.FORMATS, "--report")
        written = common.written(common.Output(found, view), kind, report, details=False)
        writing.write(written, report, force=chosen["force"])
    if rejects or report or chosen["format_"] in KINDS:
        click.echo(f"{run.said}{f'; the rejected are in {rejects}' if rejects and run.rejects else ''}", err=True)
    return found


class _Progress:
    """Rows, rate and time left on a terminal, twice a second."""

    def __init__(self, tables: tuple[str, ...]) -> None:
        self._began = self._shown = time.monotonic()
        self._paths = [Path(name) for name in tables]

    def __call__(self, done: int, total: int | None) -> None:
        now = time.monotonic()
        if now - self._shown < _EVERY:
            return
        self._shown, total, rate = now, total or self._lines, done / (now - self._began)
        left = f", {timedelta(seconds=round(max(total - done, 0) / rate))} left" if total and rate else ""
        of = f" of {total:,}" if total else ""
        sys.stderr.write(f"\r{done:,}{of} rows, {rate:,.0f} a second{left}{_CLEAR}")
        sys.stderr.flush()

    @cached_property
    def _lines(self) -> int:
        """About how many rows text tables have; none where that is not seen from their lines."""
        if not all(path.is_file() and path.suffix in (".csv", ".tsv", ".txt", ".ndjson", ".jsonl") for path in self._paths):
            return 0
        return sum(path.read_bytes().count(b"\n") for path in self._paths if path.stat().st_size < _MOST_COUNTED)
