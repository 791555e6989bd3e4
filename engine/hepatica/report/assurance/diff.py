"""A comparison of two rulesets: first who sees what otherwise, then the edits beside their effects, then the rest folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import shorten
from typing import TYPE_CHECKING

from hepatica.assurance.diff import AnswerChange, RulesetDiff, RulesetEdit
from hepatica.assurance.space import Limits
from hepatica.assurance.version import Placement
from hepatica.evaluation import RulesetIdentity
from hepatica.knowledge import STANDINGS
from hepatica.report.assurance.words import command, identity_words, place_words
from hepatica.report.blocks import Block, Blocks, Bullets, Code, Item, Items, More, Notice, Paragraph, Section, Table, Title
from hepatica.report.render_markdown import markdown
from hepatica.wording import counted

if TYPE_CHECKING:
    from hepatica.assurance.check import CheckFinding

MOST_CHARACTERS = 60_000
MOST_REGIONS = 3
MOST_AT_ONCE, LONGEST_BRIEF = 12, 110
_BUDGETS = (100_000, 200, 60, 20, 6)
_MOVES = ("list", "standing", "verdict")
_TITLES = {
    "other rules": "Other rules that speak",
    "reasons": "Reasons given",
    "applicability": "Whom a cited study enrolled",
    "scope": "Scope",
    "concept": "Concepts derived",
    "note": "Notes shown",
}


def diff_view(result: RulesetDiff, most: int = _BUDGETS[1]) -> Blocks:
    """The comparison; of each list at most `most` rows are named, the cut said."""
    return tuple(_blocks(result, most))


def edit_view(findings: Sequence[CheckFinding], as_before: int, changes: RulesetDiff) -> Blocks:
    """One look at a ruleset that is being edited: what is newly wrong with it, then what the edits change."""
    before = f"{counted(as_before, 'finding')} as before the edit" if as_before else ""
    if not findings:
        wrong: list[Block] = [Paragraph(f"Nothing new is wrong{f' ({before})' if before else ''}.", tone="good")]
    else:
        items = tuple(Item(f"{one.place} {one.code}".strip(), f"{one.says} Remedy: {one.remedy}") for one in findings)
        wrong = [Section("Newly wrong", (Items(items),), len(items), says=before)]
    # Every save is told so: what a profile is, and the notice that the cases end with, need not be told again.
    left_out = (Notice(changes.notice), Paragraph(changes.space.counted, tone="quiet"))
    return (*wrong, *(block for block in diff_view(changes, MOST_AT_ONCE) if block not in left_out))


def pull_request(result: RulesetDiff) -> str:
    """The comparison as Markdown that a comment on a pull request can hold, with what is secondary folded."""
    text = ""
    for most in _BUDGETS:
        parts = []
        for block in diff_view(result, most):
            if isinstance(block, More):
                inner = markdown(block.blocks, details=True, level=2)
                parts.append(f"<details><summary>{block.summary}</summary>\n\n{inner}\n</details>\n")
            else:
                parts.append(markdown((block,), details=True))
        text = "\n".join(parts)
        if len(text) < MOST_CHARACTERS:
            break
    return text


def _blocks(result: RulesetDiff, most: int) -> Iterator[Block]:
    sides = [identity_words(side) if side is not None else "nothing" for side in (result.old, result.new)]
    yield Title(
        " → ".join(f"{s.id} {s.version}" if s is not None else "nothing" for s in (result.old, result.new)), " → ".join(sides)
    )
    yield Paragraph(result.headline, tone="strong")
    yield from _verdict(result, most)
    if result.old is None or result.new is None:
        whole = [Item(edit.what, edit.before or edit.after, badge=edit.action) for edit in result.edits]
        yield from _section("Therapies", whole, most)
    else:
        yield from _changes(result, most)
    yield Paragraph(result.space.counted, tone="quiet")
    yield Notice(result.notice)


def _changes(result: RulesetDiff, most: int) -> Iterator[Block]:
    moved = [change for change in result.changes if change.kind in _MOVES and change.subject == "therapy"]
    known = [change for change in moved if change.known]
    wide = len(known) > MOST_AT_ONCE
    if wide:
        yield from _overview(known)
    elif known:
        yield _table(known, most)
    # What many rules rest on moves many therapies: its edit is told once, not beside each of them.
    areas = ("concept", "rule", "study") if wide else ("concept",)
    general = [edit for edit in result.edits if not edit.profiles and (edit.area in areas or edit.part == "scope")]
    yield from _section("Edited", [_edit(edit) for edit in general if result.changes], most)
    by_therapy = _by_therapy(result, known, most)
    if wide:
        yield More("Who is answered otherwise, in full", (_table(known, most), *by_therapy))
    else:
        yield from by_therapy
    shown = [edit for edit in result.edits if edit.profiles]
    texts = [_text_edit(edit) for edit in shown if edit.area != "fields"]
    yield from _section("Texts and figures that answers show", texts, most)
    read = [_text_edit(edit) for edit in shown if edit.area == "fields"]
    yield from _section("Fields: what is typed may be read otherwise", read, most)
    for kind, title in _TITLES.items():
        yield from _section(title, [_item(one, result.new) for one in result.changes if one.kind == kind and one.known], most)
    missing = [_item(change, result.new) for change in result.changes if not change.known]
    if missing:
        yield More(f"Where facts are missing: {len(missing)} further changes", _some(missing, most))
    if result.edits:
        yield More(f"Every edit ({len(result.edits)})", _some([_edit(edit) for edit in result.edits], most))


def _verdict(result: RulesetDiff, most: int) -> Iterator[Block]:
    if result.version_kept and result.new is not None:
        said = f"answers change, and the version is still {result.new.version}; raise it in ruleset.yaml."
        yield Paragraph(said, lead="Version not raised", tone="warning")
    if result.lost_cases:
        lost = (Item(f"{one.place}{' (declared)' if one.declared else ''}", one.case) for one in result.lost_cases)
        yield Section("Cases that are gone", _some(list(lost), most), len(result.lost_cases))
    if not result.gated:
        return
    texts = [edit for edit in result.edits if edit.profiles and not edit.declared]
    if result.changed and not result.undeclared and not texts:
        yield Paragraph("Every change was declared.", tone="good")
    undeclared = [(result.changes[one.change], one.profiles) for one in result.undeclared]
    lines = [f"{_name(change)}: {_turn(change)} ({left:,} profiles)" for change, left in undeclared]
    lines += [f"{edit.what} {edit.part}: {_seen(edit)}" for edit in texts]
    if lines:
        yield Section("Not declared", (Bullets(tuple(lines)),), count=len(lines))
    if result.declared_but_not_met:
        unmet = tuple(f"{one.place} {one.kind} {one.id}" for one in result.declared_but_not_met)
        yield Section("Declared and not met", (Bullets(unmet),), count=len(unmet))


def _overview(changes: Sequence[AnswerChange]) -> Blocks:
    """What everyone concerned has in common, and one short row to a therapy: of its changes that with the strongest standing."""
    groups = [limits for change in changes for limits in change.who]
    common = {name: said for name, said in groups[0].items() if all(limits.get(name) == said for limits in groups)}
    shared = (Paragraph(limits_words(common, changes[0].titles), lead="Everyone below"),) if common else ()
    order = [*STANDINGS, ""]
    first: dict[str, AnswerChange] = {}
    for change in sorted(changes, key=lambda one: min(order.index(one.before.standing), order.index(one.after.standing))):
        first.setdefault(change.id, change)
    rows = []
    for one in first.values():
        own = {name: said for name, said in one.who[0].items() if name not in common}
        briefly = shorten(limits_words(own, one.titles), LONGEST_BRIEF, placeholder=" ...")
        rows.append((_name(one), _words(one.before), _words(one.after), briefly))
    return *shared, Table(("Therapy", "From", "To", "For example, with all facts known"), _grouped(rows), "In short")


def _grouped(rows: Iterable[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Rows that differ in their first cell only as one row."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, *rest in rows:
        groups.setdefault(tuple(rest), []).append(name)
    return tuple((", ".join(names), *rest) for rest, names in groups.items())


def _table(changes: Sequence[AnswerChange], most: int) -> Table:
    rows = _grouped((_name(c), _words(c.before), _words(c.after), _who(c), f"{c.known:,}") for c in changes[:most])
    cut = f" (the first {most} of {len(changes)})" if len(changes) > most else ""
    return Table(
        ("Therapy", "From", "To", "Who, with all facts known", "Profiles"), rows, f"Who is answered otherwise{cut}", (4,)
    )


def _by_therapy(result: RulesetDiff, changes: Sequence[AnswerChange], most: int) -> Iterator[Block]:
    """For each therapy of the table the edits of the rules that move it, and a patient to try."""
    for name in list(dict.fromkeys(change.id for change in changes))[:most]:
        own = [change for change in changes if change.id == name]
        rules = set().union(*(change.rules for change in own))
        because = [_edit(edit) for edit in result.edits if edit.what in rules]
        rules_named = f"Rules: {', '.join(sorted(rules))}." if rules and not because else ""
        blocks: list[Block] = [Paragraph(rules_named)] if rules_named else []
        blocks += [Items(tuple(because), "Edited")] if because else []
        yield Section(_name(own[0]), (*blocks, Code(command(own[0].witness, result.new), "sh")))


def _text_edit(edit: RulesetEdit) -> Item:
    lines = [f"in the headline: {before} → {after}" for before, after in edit.headlines[:2]]
    change = _from_to(edit) if edit.part else edit.action
    declared = " (declared)" if edit.declared else ""
    text = "; ".join([f"{_seen(edit)}{declared}: {change}", *lines])
    return Item(f"{edit.what} {edit.part}".strip(), text, badge=edit.area)


def _seen(edit: RulesetEdit) -> str:
    return "may be read otherwise" if edit.area == "fields" else f"shown to {edit.profiles:,} profiles"


def _edit(edit: RulesetEdit) -> Item:
    text = _from_to(edit) if edit.action != "added" or edit.part else edit.after
    return Item(
        f"{edit.what} {edit.part}".strip(), text, badge=f"{edit.action} {edit.area}" if edit.action != "changed" else edit.area
    )


def _from_to(edit: RulesetEdit) -> str:
    return f"{edit.before or '(nothing)'} → {edit.after or '(nothing)'}"


def _item(change: AnswerChange, ruleset: RulesetIdentity | None) -> Item:
    declared = " (declared)" if change.declared else ""
    text = f"{_turn(change)}{declared}, {change.known or change.profiles:,} profiles: {_who(change)}"
    details = (Code(command(change.witness, ruleset), "sh"),)
    return Item(_name(change), text, badge=", ".join(change.rules), details=details)


def _turn(change: AnswerChange) -> str:
    if change.kind == "reasons":
        return "other reasons than before"
    return f"{_words(change.before)} → {_words(change.after)}"


def _words(placement: Placement) -> str:
    return place_words(placement.place, placement.standing, placement.verdict)


def _name(change: AnswerChange) -> str:
    return "Scope" if change.subject == "scope" else change.name


def _who(change: AnswerChange) -> str:
    """A region as alternatives: "(BCLC stage C; AFP > 400) or (BCLC stage D)"."""
    told = [limits_words(one, change.titles) for one in change.who]
    if change.in_part:
        return f"for example {' or '.join(f'({one})' for one in told)}; there are thousands of such groups"
    if len(told) < 2:
        return told[0] if told else "everyone"
    # In brackets, since fields are parted by semicolons and values by commas: who belongs to which group has one reading.
    groups = [f"({one})" for one in told[: MOST_REGIONS if len(told) > MOST_REGIONS + 1 else None]]
    further = [f"{len(told) - len(groups)} further groups (all are in the JSON)"] if len(told) > len(groups) else []
    return " or ".join([*groups, *further])


def limits_words(limits: Limits, titles: Mapping[str, str]) -> str:
    """What a group has in common: "BCLC stage C; Child-Pugh class any of A, B"."""
    told = (values if name == "scope" else f"{titles[name]} {values}" for name, values in limits.items())
    return "; ".join(told) or "everyone"


def _section(title: str, items: list[Item], most: int) -> Iterator[Block]:
    """The first items; the others, of many, for those who ask for all."""
    shown, rest = items[:MOST_AT_ONCE], items[MOST_AT_ONCE:]
    if shown:
        says = f"Here the first {MOST_AT_ONCE}; --verbose and the JSON format have all." if rest else ""
        yield Section(title, (Items(tuple(shown)),), len(items), says=says)
    if rest:
        yield More(f"{title}: {len(rest)} more", _some(rest, most))


def _some(items: list[Item], most: int) -> Blocks:
    """The first items; says where the list was cut."""
    shown = Items(tuple(items[:most]))
    left = f"{len(items) - most} more are left out here; the JSON format has all."
    return (shown, Paragraph(left, lead="Cut")) if len(items) > most else (shown,)
