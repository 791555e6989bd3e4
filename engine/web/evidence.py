"""The evidence browser: every study, filtered and searched; one study in full, beside the case."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.explain.why import why
from engine.knowledge.evidence import Study
from engine.notice import notice
from engine.problems import InvalidInput, Problem
from engine.report.document import Document, identity, study_document
from engine.web.cases import FILE
from engine.web.library import Book
from engine.web.view import Asked, NotFound, Parameter, View
from engine.web.why import FITS

_FILTERS: Mapping[str, tuple[str, Callable[[Study, Book], tuple[str, ...]]]] = {
    "therapy": ("Therapy", lambda study, book: (book.owner[study.id].id,)),
    "setting": ("Line", lambda study, _: (study.setting,)),
    "phase": ("Phase", lambda study, _: (study.phase or "none",)),
    "status": ("Status", lambda study, _: (study.status,)),
    "met": ("Primary endpoint met", lambda study, _: (study.primary_endpoint.met if study.primary_endpoint else "not_stated",)),
    "outcome": ("Outcome", lambda study, _: tuple(result.endpoint for result in study.results)),
    "biomarker": ("Biomarker", lambda study, _: study.biomarkers),
    "place": ("Region", lambda study, _: study.regions),
}
LONGEST_SEARCH = 100
SEARCH = Parameter(
    name="q",
    says="Words that must all occur in a study's name, drugs, design, summary, number or therapy.",
    schema={"type": "string", "maxLength": LONGEST_SEARCH},
)


def filters(book: Book) -> dict[str, tuple[str, ...]]:
    """Every filter with the values that occur, in order of first use."""
    studies = book.ruleset.studies.values()
    return {
        name: tuple(dict.fromkeys(value for study in studies for value in values(study, book)))
        for name, (_, values) in _FILTERS.items()
    }


def parameters(book: Book) -> tuple[Parameter, ...]:
    """The view's own parameters, with the values that occur in a ruleset."""
    return (
        SEARCH,
        *(
            Parameter(name=name, says=f"{_FILTERS[name][0]} of the study.", schema={"type": "string", "enum": ["", *values]})
            for name, values in filters(book).items()
        ),
    )


def listing(asked: Asked) -> View:
    """The studies that pass every filter and hold every word searched for."""
    book = asked.book
    offered = filters(book)
    chosen = {name: asked.choice(name, values) for name, values in offered.items()}
    wanted = _search(asked).lower().split()
    found = [study for study in book.ruleset.studies.values() if _passes(study, book, chosen) and _holds(study, book, wanted)]
    document: Document = {
        "notice": notice(book.ruleset.card.as_of),
        "ruleset": identity(book.ruleset),
        "studies": [{"therapy": book.owner[study.id].id, **study_document(study)} for study in found],
    }
    context = {
        "found": found,
        "filters": [(name, _FILTERS[name][0], values, chosen[name]) for name, values in offered.items()],
        "search": asked.one(SEARCH.name),
        "total": len(book.ruleset.studies),
    }
    return View("evidence.html", document, context)


def _search(asked: Asked) -> str:
    text = asked.one(SEARCH.name)
    if len(text) > LONGEST_SEARCH:
        message = f"{SEARCH.name} has {len(text)} characters; at most {LONGEST_SEARCH}"
        raise InvalidInput([Problem(FILE, 0, 1, "too-long", message)])
    return text


def study(asked: Asked) -> View:
    """One study in full; with a case, whether it enrolled such a patient."""
    book = asked.book
    found = book.ruleset.studies.get(asked.path["study"])
    if found is None:
        raise NotFound("No study of that name in this ruleset.")
    owner = book.owner[found.id]
    status = _status(asked, owner.id, found.id)
    document = {
        "notice": notice(book.ruleset.card.as_of),
        "ruleset": identity(book.ruleset),
        "therapy": owner.id,
        **study_document(found),
        "applicability": status or None,
    }
    backs = [(therapy, rule) for therapy, rule in book.ruleset.rules_with_therapy() if found.id in rule.cites]
    context = {"study": found, "therapy": owner, "backs": backs, "fit": status, "fit_words": FITS}
    return View("study.html", document, context)


def _status(asked: Asked, therapy: str, study_id: str) -> str:
    """Whether the study enrolled such a patient; empty while nothing is known, or where no rule of its therapy cites it."""
    if asked.case.profile is None or asked.case.empty:
        return ""
    explained = why(asked.book.evaluator.evaluate(asked.case.profile), therapy)
    return next((one.status for one in explained.studies if one.study.id == study_id), "")


def _passes(study: Study, book: Book, chosen: Mapping[str, str]) -> bool:
    return all(not value or value in _FILTERS[name][1](study, book) for name, value in chosen.items())


def _holds(study: Study, book: Book, wanted: list[str]) -> bool:
    therapy = book.owner[study.id]
    texts = (study.id, study.name, study.nct, study.design, study.summary, *study.drugs, therapy.name, *therapy.synonyms)
    text = " ".join(texts).lower()
    return all(word in text for word in wanted)
