"""The treatment lines as a picture made from the rules, as an outline in words, and as Mermaid for documents."""

from __future__ import annotations

from hepatica.knowledge import Line
from hepatica.patient import Profile
from hepatica.report.teaching.pathway_mermaid import mermaid
from hepatica.report.teaching.pathway_svg import svg
from hepatica.report.teaching.pathway_text import document
from hepatica.report.teaching.pathway_words import LEGEND, behind, leaf_mark, standing, why
from hepatica.teaching.pathway import LINES, Pathway, pathway
from hepatica.web.view import Asked, Parameter, View

LINE = "line"
STATES = {"": "", "lit": "open to the patient", "open": "not settled", "closed": "closed"}
PARAMETERS = (Parameter(name=LINE, says="Only this line of treatment.", schema={"type": "string", "enum": ["", *LINES]}),)


def view(asked: Asked) -> View:
    """The tree, with the case's way through it where there is a case."""
    path = _path(asked)
    context = {
        "path": path,
        "lines": LINES,
        "line_chosen": asked.one(LINE),
        "mermaid": mermaid(path),
        "legend": LEGEND,
        "behind": behind,
        "leaf_mark": leaf_mark,
        "leaf_standing": standing,
        "why_not": why,
        "states": STATES,
    }
    return View("pathway.html", document(path), context)


def picture(asked: Asked) -> bytes:
    """The picture as SVG."""
    return svg(_path(asked)).encode()


def _path(asked: Asked) -> Pathway:
    chosen = asked.choice(LINE, tuple(LINES))
    lines: tuple[Line, ...] = tuple(line for line in LINES if not chosen or line == chosen)
    profile: Profile | None = None if asked.case.empty else asked.case.profile
    return pathway(asked.book.ruleset, profile, lines)
