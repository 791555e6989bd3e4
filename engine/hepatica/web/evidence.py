"""The evidence browser: every study, filtered and searched; one study in full, beside the case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from hepatica.explain.why import why
from hepatica.knowledge import Filters, Found, search, select
from hepatica.problems import InvalidInput, Problem
from hepatica.report.knowledge.evidence_document import listing as listing_document
from hepatica.report.knowledge.evidence_document import whole
from hepatica.web.cases import FILE
from hepatica.web.library import Book
from hepatica.web.view import Asked, NotFound, Parameter, View
from hepatica.web.why import FITS


class _Filter(NamedTuple):
    """A choice above the list: its title, the values of a study, and its name in `Filters`."""

    title: str
    values: Callable[[Found], Iterable[str]]
    narrows: str


_FILTERS: Mapping[str, _Filter] = {
    "therapy": _Filter("Therapy", lambda found: (found.therapy.id,), "therapy"),
    "line": _Filter("Line", lambda found: (found.study.setting,), "line"),
    "phase": _Filter("Phase", lambda found: (found.study.phase,) if found.study.phase else (), "phase"),
    "status": _Filter("Status", lambda found: (found.study.status,), "status"),
    "outcome": _Filter("Primary endpoint", lambda found: (found.outcome,), "outcome"),
    "biomarker": _Filter("Biomarker", lambda found: found.study.biomarkers, "biomarker"),
    "place": _Filter("Region", lambda found: found.study.regions, "region"),
    "tumour": _Filter("Tumour", lambda found: (found.study.tumour,), "tumour"),
}
LONGEST_SEARCH = 100
SEARCH = Parameter(
    name="q",
    says="Words that must all occur: names, registry numbers, drugs, synonyms, classes, targets, biomarkers, regions, subgroups.",
    schema={"type": "string", "maxLength": LONGEST_SEARCH},
)


def filters(book: Book) -> dict[str, tuple[str, ...]]:
    """Every filter with the values that occur, in order of first use."""
    return {
        name: tuple(dict.fromkeys(value for found in book.studies.values() for value in known.values(found)))
        for name, known in _FILTERS.items()
    }


def parameters(book: Book) -> tuple[Parameter, ...]:
    """The view's own parameters, with the values that occur in a ruleset."""
    chosen = (
        Parameter(name=name, says=f"{_FILTERS[name].title} of the study.", schema={"type": "string", "enum": ["", *values]})
        for name, values in filters(book).items()
    )
    return (SEARCH, *chosen)


def listing(asked: Asked) -> View:
    """The studies that pass every filter and hold every word searched for."""
    book = asked.book
    offered = filters(book)
    chosen = {name: asked.choice(name, values) for name, values in offered.items()}
    narrowed = Filters(**{_FILTERS[name].narrows: value for name, value in chosen.items()})
    found = _holding(asked, select(book.ruleset, narrowed))
    context = {
        "found": found,
        "filters": [(name, _FILTERS[name].title, values, chosen[name]) for name, values in offered.items()],
        "search": asked.one(SEARCH.name),
        "total": len(book.studies),
    }
    return View("evidence.html", listing_document(book.ruleset, found), context)


def _holding(asked: Asked, passing: tuple[Found, ...]) -> tuple[Found, ...]:
    """Those of the studies in which the words searched for occur."""
    text = asked.one(SEARCH.name)
    if len(text) > LONGEST_SEARCH:
        message = f"{SEARCH.name} has {len(text)} characters; at most {LONGEST_SEARCH}"
        raise InvalidInput([Problem(FILE, 0, 1, "too-long", message)])
    if not text:
        return passing
    ids = {found.study.id for found in passing}
    return tuple(found for found in search(asked.book.ruleset, tuple(text.split())) if found.study.id in ids)


def study(asked: Asked) -> View:
    """One study in full; with a case, whether it enrolled such a patient."""
    book = asked.book
    found = book.studies.get(asked.path["study"])
    if found is None:
        raise NotFound("No study of that name in this ruleset.")
    status = _status(asked, found)
    document = {**whole(book.ruleset, found), "applicability": status or None}
    return View("study.html", document, {"found": found, "fit": status, "fit_words": FITS})


def _status(asked: Asked, found: Found) -> str:
    """Whether the study enrolled such a patient; empty while nothing is known, or where no rule cites it."""
    if asked.case.profile is None or asked.case.empty or not found.cited_by:
        return ""
    explained = why(asked.book.evaluator.evaluate(asked.case.profile), found.cited_by[0][0].id)
    return next(one.status for one in explained.studies if one.study is found.study)
