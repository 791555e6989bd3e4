"""A pathway as an indented outline, and as JSON-ready values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hepatica.evaluation import Reason
from hepatica.notice import notice
from hepatica.report.old_document import identity
from hepatica.report.sentences import facts_line
from hepatica.report.style import Style
from hepatica.report.teaching.pathway_words import LEGEND, MARKS, SPOKEN, behind, leaf_mark, standing, title, trials, why
from hepatica.report.wrapping import hanging, wrapped
from hepatica.teaching.pathway import Branch, Door, Leaf, Pathway, Status

Document = dict[str, Any]
Item = tuple[str, str, int]  # what stands before the words, the words, and how far their further lines are indented


def text(path: Pathway, style: Style) -> str:
    """The outline; what lies behind a closed door is only named."""
    return "\n".join(_page(path, style)) + "\n"


def outline(path: Pathway) -> str:
    """The outline in sentences with words for the marks, for a reader who cannot see the picture."""
    return " ".join(f"{SPOKEN[lead.strip(' -')]}{words}." for lead, words, _ in _tree(path, Style()))


def _page(path: Pathway, style: Style) -> Iterator[str]:
    yield from hanging("", title(path), 2)
    if path.profile is not None:
        yield from hanging("", facts_line(path.profile), 2)
        yield from hanging("", LEGEND, 2)
    yield ""
    for lead, words, indent in _tree(path, style):
        yield from hanging(lead, words, indent)
    yield ""
    yield from wrapped(notice(path.ruleset.card.as_of))


def _tree(path: Pathway, style: Style) -> Iterator[Item]:
    yield _node("", path.scope_title, path.scope)
    for line in path.lines:
        yield _node(" ", style.bold(line.title), line.status)
        for door in line.doors:
            yield _node("   ", door.title, door.status)
            yield from _behind(door)


def _node(indent: str, words: str, status: Status) -> Item:
    mark = f"{MARKS[status.state]} " if status.state else ""
    reason = f" ({why(status)})" if why(status) else ""
    return f"{indent}{mark}", f"{words}{reason}", len(indent) + 4


def _behind(door: Door) -> Iterator[Item]:
    if door.status.state == "closed":
        yield "       ", behind(door), 9
        return
    for branch in door.branches:
        yield _node("     ", branch.title, branch.status)
        for leaf in branch.leaves:
            yield f"       {leaf_mark(leaf) or '-'} ", f"{leaf.therapy.name}: {standing(leaf)} ({trials(leaf)})", 11


def document(path: Pathway) -> Document:
    """The tree as JSON-ready values; `state` is empty where no profile is given."""
    return {
        "notice": notice(path.ruleset.card.as_of),
        "ruleset": identity(path.ruleset),
        "profile": path.profile.as_document() if path.profile else None,
        "scope": {"title": path.scope_title, "says": path.scope_says, **_status(path.scope)},
        "lines": [
            {
                "line": line.line,
                "title": line.title,
                **_status(line.status),
                "doors": [
                    {
                        "title": door.title,
                        "says": door.says,
                        **_status(door.status),
                        "branches": [_branch(b) for b in door.branches],
                    }
                    for door in line.doors
                ],
            }
            for line in path.lines
        ],
    }


def _status(status: Status) -> Document:
    return {"state": status.state, "why": [_reason(r) for r in status.why], "needs": list(status.needs)}


def _reason(reason: Reason) -> Document:
    return {"field": reason.field, "value": reason.value, "requires": reason.requires}


def _branch(branch: Branch) -> Document:
    return {
        "title": branch.title,
        "says": branch.says,
        **_status(branch.status),
        "therapies": [_leaf(leaf) for leaf in branch.leaves],
    }


def _leaf(leaf: Leaf) -> Document:
    return {
        "therapy": leaf.therapy.id,
        "name": leaf.therapy.name,
        "rule": leaf.rule.id,
        "standing": leaf.rule.standing,
        "says": leaf.rule.says,
        "state": leaf.status.state,
        "studies": [{"study": study.id, "name": study.name} for study in leaf.studies],
    }
