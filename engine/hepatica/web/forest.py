"""The randomised trials' hazard ratios: a picture where matplotlib is installed, and always the numbers."""

from __future__ import annotations

from importlib.util import find_spec
from itertools import groupby

from hepatica.knowledge import Endpoint
from hepatica.report.teaching.forest_document import document
from hepatica.report.teaching.forest_text import (
    ENDPOINT_TITLES,
    SETTING_TITLES,
    comparison,
    correction_text,
    estimate_text,
    row_name,
)
from hepatica.teaching.forest import ENDPOINTS, Forest, forest
from hepatica.web.view import Asked, NotFound, Parameter, View

ENDPOINT, LINE = "endpoint", "line"
LINES = ("first", "second")
PARAMETERS = (
    Parameter(name=ENDPOINT, says="Only this endpoint.", schema={"type": "string", "enum": ["", *ENDPOINTS]}),
    Parameter(name=LINE, says="Only this line of treatment.", schema={"type": "string", "enum": ["", *LINES]}),
)


def view(asked: Asked) -> View:
    """The chosen comparisons with their numbers."""
    found = _chosen(asked)
    titles = {name: ENDPOINT_TITLES[name].capitalize() for name in ENDPOINTS}
    plots = [(titles[name], list(rows)) for name, rows in groupby(found.rows, key=lambda row: row.result.endpoint)]
    context = {
        "found": found,
        "plots": plots,
        "endpoint": asked.one(ENDPOINT),
        "line_chosen": asked.one(LINE),
        "endpoints": titles,
        "lines": {name: SETTING_TITLES[name].capitalize() for name in LINES},
        "drawable": bool(found.rows) and find_spec("matplotlib") is not None,
        "comparison": comparison,
        "correction_text": correction_text,
        "estimate_text": estimate_text,
        "row_name": row_name,
    }
    return View("forest.html", document(found), context)


def picture(asked: Asked) -> bytes:
    """The plot as SVG. One is drawn at a time (the plotting library's settings are global), and each choice only once."""
    if find_spec("matplotlib") is None:
        raise NotFound("The picture needs the extra 'plots' (matplotlib).")
    from hepatica.report.teaching.forest_plot import plot

    found = _chosen(asked)
    key = (asked.book.ruleset.digest, asked.one(ENDPOINT), asked.one(LINE))
    return asked.library.pictures.get(key, lambda: plot(found, "svg"))


def _chosen(asked: Asked) -> Forest:
    wanted = asked.choice(ENDPOINT, ENDPOINTS)
    endpoints: tuple[Endpoint, ...] = tuple(name for name in ENDPOINTS if not wanted or name == wanted)
    line = asked.choice(LINE, LINES)
    return forest(asked.book.ruleset, endpoints, (line,)) if line else forest(asked.book.ruleset, endpoints)
