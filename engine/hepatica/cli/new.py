"""`hepatica new`."""

from __future__ import annotations

import re
from pathlib import Path

import click

from hepatica import report
from hepatica.cli import common, writing
from hepatica.notice import NOTICE
from hepatica.paths import shipped
from hepatica.problems import InvalidInput, quote
from hepatica.records import record

_SKELETON = Path(__file__).parent / "skeleton"


@record(kw_only=True)
class WrittenRuleset:
    """What was written: the folder, and the files in it."""

    notice: str
    id: str
    folder: str
    files: tuple[str, ...]


@click.group("new")
def new() -> None:
    """Write a small valid beginning of something, with comments, to be rewritten.

    \b
    Example:
      hepatica new ruleset my-rules
    """


@new.command("ruleset", short_help="A ruleset of one therapy, one study, one reference, one concept and one case.")
@click.argument("id_", metavar="ID")
@click.argument("folder", required=False, type=Path)
@common.printed(formats=("text", "markdown", "json"))
def ruleset_(*, id_: str, folder: Path | None) -> common.Output:
    """Write a ruleset to start from into FOLDER (rulesets/ID, which commands then find by its id). It passes check and test.

    \b
    Examples:
      hepatica new ruleset my-rules
      hepatica new ruleset my-rules drafts/my-rules
    """
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id_):
        raise click.UsageError(f"an id is lower-case words and digits joined by -, such as my-rules; not {quote(id_)}")
    target = folder or Path("rulesets") / id_
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InvalidInput.at(str(target), "exists", "is there already and not an empty folder; name another")
    files = {path: path.read_text(encoding="utf-8") for path in sorted(_SKELETON.rglob("*.yaml"))}
    texts = {path.relative_to(_SKELETON).as_posix(): text.replace("RULESET_ID", id_) for path, text in files.items()}
    # What the first line of each file names.
    found = sorted((shipped("rulesets") / "schemas").glob("*.json"))
    schemas = {f"schemas/{path.name}": path.read_text(encoding="utf-8") for path in found}
    writing.write_folder(texts | schemas, target)
    return common.Output(WrittenRuleset(notice=NOTICE, id=id_, folder=str(target), files=tuple(texts)), _view)


def _view(written: WrittenRuleset) -> report.Blocks:
    named = written.id if written.folder == str(Path("rulesets") / written.id) else f"{written.folder}/"
    steps = (
        f"hepatica check {named}",
        f"hepatica test {named}",
        f"hepatica evaluate -r {named} -s bclc_stage=C -s child_pugh_class=A",
    )
    return (
        report.Title(f"New ruleset {written.id}", f"in {written.folder}"),
        report.Bullets(written.files),
        report.Paragraph("Everything in it is invented: rewrite it file by file, and try each step with:"),
        report.Code("\n".join(steps), "sh"),
        report.Notice(written.notice),
    )
