"""`hepatica fmt`: a ruleset's YAML in one order and style."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hepatica.cli import common, writing
from hepatica.notice import NOTICE
from hepatica.problems import InvalidInput, gathered, not_installed
from hepatica.records import record

if TYPE_CHECKING:
    from hepatica.report import Blocks


@record(kw_only=True)
class StyledFile:
    """A file that is not in the one style, and what that changes, as a unified diff."""

    file: str
    changes: str


@record(kw_only=True)
class StyleReport:
    """What was looked at: how many files, and those that were written, or would be (`written` is false)."""

    notice: str
    files: int
    written: bool
    styled: tuple[StyledFile, ...]


@click.command("fmt")
@click.argument("places", nargs=-1, metavar="[RULESET|FOLDER|FILE]...")
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 where a file is not in the one style.")
@click.option("--diff", "shows", is_flag=True, help="Write nothing; show what would change.")
@common.printed(formats=("text", "markdown", "json"))
def fmt(places: tuple[str, ...], check: bool, shows: bool) -> common.Output:
    """Write the YAML of rulesets and their cases in one order and style; comments and quotes stay.

    Keys stand in one order, texts are folded to one width, what does not fit into a line is opened. Nothing that a file
    says changes: that is checked, value by value, before it is written. Case files that the program wrote itself are left
    alone. Files are written all or none. Without a name the rulesets of ./rulesets are meant.

    \b
    Examples:
      hepatica fmt rulesets
      hepatica fmt my-rules/ --check
      hepatica fmt my-rules/therapies/sorafenib.yaml --diff
    """
    if not places and not Path("rulesets").is_dir():
        raise click.UsageError("name a ruleset, a folder or a file; there is no ./rulesets here")
    files = gathered(places or ("rulesets",), _files)
    # All files are read and restyled before the first is written: one that cannot be read leaves the others as they are.
    found = gathered(dict.fromkeys(files), _styled)
    if not (check or shows):
        writing.write_files({path: [text] for path, text, _ in found}, force=True)
    told = tuple(StyledFile(file=str(path), changes=changes if shows else "") for path, _, changes in found)
    result = StyleReport(notice=NOTICE, files=len(files), written=not (check or shows), styled=told)
    return common.Output(result, _view, int(bool(told) and (check or shows)))


def _files(name: str) -> list[Path]:
    """The YAML files that a name stands for: one, those of a ruleset, or those of the rulesets below a folder."""
    from hepatica.knowledge import CARD, find_ruleset

    path = Path(name)
    if path.is_file():
        return [path]
    cards = [path / CARD] if (path / CARD).is_file() else sorted(path.rglob(CARD)) if path.is_dir() else []
    folders = [card.parent for card in cards] or [find_ruleset(name)]
    return sorted(one for folder in folders for one in folder.rglob("*.y*ml") if _kind(one) is not None)


def _kind(path: Path) -> Any:
    """What a file of a ruleset is read into; None for one that belongs to none."""
    from hepatica.assurance.cases import CaseFile
    from hepatica.knowledge import CARD, CASES, file_kind

    for folder in path.absolute().parents:
        if (folder / CARD).is_file():
            name = path.absolute().relative_to(folder).as_posix()
            return CaseFile if name.startswith(f"{CASES}/") else file_kind(name)
    return None


def _styled(path: Path) -> list[tuple[Path, str, str]]:
    """The file with its text in the one style and the difference; nothing where it has it already."""
    from hepatica.assurance.cases import untouched
    from hepatica.documents import read_bytes
    from hepatica.knowledge import changed_lines, styled

    kind = _kind(path)
    if kind is None:
        raise InvalidInput.at(str(path), "no-ruleset", "is no file of a ruleset or of its cases/")
    data = read_bytes(path, str(path))
    before = data.decode("utf-8", "replace").replace("\r\n", "\n")
    if untouched(before):
        return []
    try:
        after = styled(data, str(path), kind)
    except ImportError:
        raise not_installed("styling YAML", "fmt") from None
    return [(path, after, changed_lines(before, after, str(path)))] if after != before else []


def _view(result: StyleReport) -> Blocks:
    from hepatica.report import Bullets, Code, Notice, Paragraph
    from hepatica.wording import counted

    verb = "written" if result.written else "not in the one style"
    said = f"{len(result.styled)} of {counted(result.files, 'file')} {verb}." if result.styled else (
        f"{counted(result.files, 'file')} in the one style."
    )  # fmt: skip
    shown = [Code(one.changes, "diff") for one in result.styled if one.changes]
    listed = [Bullets(tuple(one.file for one in result.styled))] if result.styled and not shown else []
    return (Paragraph(said), *listed, *shown, Notice(result.notice))
