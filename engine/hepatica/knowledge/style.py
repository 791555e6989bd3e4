"""One order of keys and one style for the YAML of a ruleset: what `hepatica fmt` makes of a file. Comments and quotes stay.

Indentation and line width are left to a round-trip library, ruamel.yaml. Keys then stand in the order of the records that they
are read into. They are moved as lines of text, each with the comments above it: the library ties a comment to the key before it,
and would move it away from what it speaks of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from io import StringIO
from operator import itemgetter
from types import UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from hepatica.documents import decoded, read_yaml
from hepatica.knowledge.draft import FILE_KINDS, WRITTEN, kind_of
from hepatica.knowledge.evidence import Discrepancy, OtherFigure, Place, PrimaryEndpoint, Reference, Result, Study, Toxicity
from hepatica.knowledge.ruleset import Card, Concept, Note, Rule, SourceText, Therapy, Waiver
from hepatica.patient import Field
from hepatica.problems import InternalError

WIDTH = 126
LONGEST_WORDS = 40
# Where a record's attributes do not stand in the order in which people write them. What is not named follows.
_ORDER: Mapping[type, str] = {
    Card: "ruleset version extends drop title tumour as_of released source source_word companion companion_says developer funding"
    " intended_use intended_users cautioned_against covers leaves_out known_limits update_process source_attributes"
    " common_fields fields sources scope out_of_scope therapies waivers",
    Concept: "id says lines source basis when",
    Discrepancy: "id kind nature severity lines prints correction use confidence basis source basis_note affects",
    Field: "name title kind nature values value_titles unit units low high help aliases synonyms implied",
    Note: "id topic says when source",
    OtherFigure: "what value unit lines source",
    Place: "ref section lines refs place",
    PrimaryEndpoint: "name met source lines says alpha margin secondary",
    Reference: "id citation year kind doi pmid nct url read known",
    Result: "id endpoint subgroup label at unit n arms arm_ci hr ci ci_level p lines says source margin subgroup_when alpha",
    Rule: "id says line standing verdict when cites figure source extrapolates caveats",
    SourceText: "citation doi basis text sections",
    Study: "id name kind phase status design tumour summary setting n n_planned n_says nct countries drugs biomarkers regions"
    " source reference primary_endpoints approval population criteria arms results toxicity figures discrepancies later",
    Therapy: "therapy name synonyms class targets about source fate regimens studies rules",
    Toxicity: "event count percent grade corrected_grade corrected_percent discrepancy arm lines",
    Waiver: "code about why",
}


def file_kind(name: str) -> type | None:
    """What a ruleset's file of that relative name holds; None for one that is no part of the rules."""
    return FILE_KINDS.get({"therapies": "therapy"}.get(kind_of(name), kind_of(name)))


def styled(data: bytes, file: str, kind: Any) -> str:
    """A file in the one order and style; `kind` is the record that it is read into. Raises `InvalidInput` for no YAML. What it
    says is the same, value by value: that is checked, and an `InternalError` where it is not so."""
    before = read_yaml(data, file)
    lines = _round_trip("".join(f"{line.rstrip()}\n" for line in decoded(data, file).splitlines()))
    made = "".join(f"{_broken(line)}\n" for line in _arranged(lines, kind))
    kept = _comments(made) == _comments(decoded(data, file))
    # Mappings of Python are equal in any order of their keys.
    said, says = (tree.data(lambda one: (type(one.value), one.raw)) for tree in (before, read_yaml(made.encode(), file)))
    if not kept or said != says:
        raise InternalError(f"{file}: the styled file would not say the same; it is left as it is")
    return made


def _round_trip(text: str) -> list[str]:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1 << 16  # what does not fit is opened here: the library would break lines after they are full
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    tree = yaml.load(text)
    _fit(tree, 0)
    written = StringIO()
    yaml.dump(tree, written)
    return [line.rstrip() for line in written.getvalue().splitlines()]


def _broken(line: str) -> str:
    """Words in brackets too many for a line, broken after commas: inside brackets, and quotes too, that says the same."""
    from textwrap import wrap

    if len(line) <= WIDTH or not line.endswith(("]", "}")):
        return line
    lead = " " * _indent(line)
    words = line.strip().replace(" ", "\0").replace(",\0", ", ")
    found = wrap(words, WIDTH, initial_indent=lead, subsequent_indent=f"{lead}  ", break_long_words=False, break_on_hyphens=False)
    return "\n".join(found).replace("\0", " ")


def _fit(tree: Any, column: int) -> None:
    """Opens what would not fit into its line: a text is folded, and braces that hold texts are written one entry to a line.
    `column` is where the keys of a mapping, or what the dashes of a list stand before, begin."""
    listed = isinstance(tree, list)
    for key, child in list(enumerate(tree) if listed else tree.items()):
        at = column if listed else column + len(f"{key}: ")
        # At a blank at an end, or a run of them, no text may be broken: one would be lost, or gained.
        foldable = isinstance(child, str) and " " in child and " ".join(child.split()) == child
        if hasattr(child, "fold_pos") or (foldable and at + len(child) > WIDTH):
            tree[key] = _folded(child, column if listed else column + 2)
        elif isinstance(child, (dict, list)):
            style: Any = child.fa  # type: ignore[union-attr]
            if at + len(_flow(child)) > WIDTH and _holds_texts(child):
                style.set_block_style()
            if not style.flow_style():
                _fit(child, column + 2 * (not listed) + 2 * isinstance(child, list))


def _folded(text: str, column: int) -> str:
    from textwrap import wrap

    from ruamel.yaml.scalarstring import FoldedScalarString

    ends: list[int] = []
    begins = 0
    for paragraph in text.split("\n"):
        end = begins - 1
        for line in wrap(paragraph, WIDTH - column, break_long_words=False, break_on_hyphens=False)[:-1]:
            end += len(line) + 1
            ends.append(end)
        begins += len(paragraph) + 1
    found: Any = FoldedScalarString(text)
    found.fold_pos = ends
    return cast("str", found)


def _holds_texts(value: Any) -> bool:
    if isinstance(value, (dict, list)):
        return any(map(_holds_texts, value.values() if isinstance(value, dict) else value))
    return len(str(value)) > LONGEST_WORDS


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(child)}" for key, child in value.items()) + "}"
    return f"[{', '.join(map(_flow, value))}]" if isinstance(value, list) else str(value)


def _comments(text: str) -> list[str]:
    return sorted(line.strip() for line in text.splitlines() if line.lstrip().startswith("#"))


# -- order, in lines that are already in the one style ------------------------------------------------------------------


def _arranged(lines: Sequence[str], kind: Any) -> list[str]:
    """The lines of a mapping or list written as a block, with its keys and those below in order."""
    known, column = _keys(kind), next((_indent(line) for line in lines if _tells(line)), 0)
    element = next(iter(get_args(kind)), None) if get_origin(kind) in (tuple, list) else None
    if element is not None:
        return [line for above, entry in _chunks(lines, column) for line in (*above, *_entry(entry, column + 2, element))]
    order = {key: rank for rank, key in enumerate(known)}
    found: list[tuple[int, list[str]]] = []
    for above, (head, *below) in _chunks(lines, column) if known else ():
        key = head.partition(":")[0].strip(" \"'")
        block = head.partition(" #")[0].rstrip().endswith(":")  # else a scalar, or a collection in brackets
        found.append((order.get(key, len(order)), [*above, head, *(_arranged(below, known.get(key)) if block else below)]))
    return [line for _, chunk in sorted(found, key=itemgetter(0)) for line in chunk] if known else list(lines)


def _entry(lines: Sequence[str], column: int, kind: Any) -> list[str]:
    # The dash, which stands before an entry's first key, goes to the new first key.
    found = _arranged([" " * column + lines[0][column:], *lines[1:]], kind)
    at = next(n for n, line in enumerate(found) if _tells(line))
    found[at] = lines[0][:column] + found[at][column:]
    return found


def _chunks(lines: Sequence[str], column: int) -> list[tuple[list[str], list[str]]]:
    found: list[tuple[list[str], list[str]]] = []
    waiting: list[str] = []
    for line in lines:
        # Whose a comment is shows with the next line that tells something.
        waiting.append(line)
        if _tells(line):
            if _indent(line) == column:
                found.append((waiting[:-1], waiting[-1:]))
            else:
                found[-1][1].extend(waiting)
            waiting = []
    if found:
        found[-1][1].extend(waiting)
    return found


def _tells(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _keys(kind: Any) -> Mapping[str, Any]:
    if not is_dataclass(kind) or not isinstance(kind, type):
        return {}
    written = {attribute: key for key, attribute in WRITTEN.get(kind, {}).items()}
    hints = get_type_hints(kind)
    known = {written.get(each.name, each.name): _bare(hints[each.name]) for each in fields(kind)}
    return {key: known[key] for key in (*_ORDER.get(kind, "").split(), *known)}


def _bare(hint: Any) -> Any:
    """A type without None: what is written where anything is."""
    several = get_origin(hint) in (Union, UnionType)
    return next((one for one in get_args(hint) if one is not type(None)), None) if several else hint


def changed_lines(before: str, after: str, file: str) -> str:
    """The unified diff of two texts of a file."""
    from difflib import unified_diff

    return "\n".join(unified_diff(before.splitlines(), after.splitlines(), file, file, lineterm=""))
