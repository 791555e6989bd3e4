"""What one served ruleset answers differently from another: shown where at least two are served."""

from __future__ import annotations

from collections.abc import Iterable

from hepatica.assurance.answers.version import Version
from hepatica.assurance.diff.compare import Comparison, compare, touched
from hepatica.patient import Profile
from hepatica.report.assurance.comparison_words import COUNTED, edit_line, headline, region, share, subject_name, turn
from hepatica.report.assurance.diff_document import document
from hepatica.web.cases import query_of
from hepatica.web.library import Book, Library
from hepatica.web.view import Asked, Parameter, View

OLD, NEW = "old", "new"
MOST_EDITS, MOST_BOXES = 60, 8


def parameters(rulesets: Iterable[str]) -> tuple[Parameter, ...]:
    """The view's own parameters."""
    schema = {"type": "string", "enum": ["", *rulesets]}
    return (
        Parameter(name=OLD, says="The ruleset to compare from; the first one served without it.", schema=schema),
        Parameter(name=NEW, says="The ruleset to compare to; the second one served without it.", schema=schema),
    )


def view(asked: Asked) -> View:
    """What was edited, then what it does to the answers, for every profile."""
    names = tuple(asked.library.books)
    old = asked.choice(OLD, names) or names[0]
    new = asked.choice(NEW, names) or names[-1]
    found = _found(asked.library, old, new)
    context = {
        "found": found,
        "old": old,
        "new": new,
        "names": names,
        "headline": headline(found),
        "groups_of_changes": [(subject_name(found, subject), changes) for subject, changes in touched(found).items()],
        "counted": COUNTED,
        "edit_line": edit_line,
        "region": region,
        "share": share,
        "turn": turn,
        "witness": lambda change: query_of(Profile(change.witness)),
        "most_edits": MOST_EDITS,
        "most_boxes": MOST_BOXES,
    }
    return View("changes.html", document(found, None), context)


def _found(library: Library, old: str, new: str) -> Comparison:
    """The comparison, made once for each pair."""
    first, second = library.books[old], library.books[new]
    key = (first.ruleset.digest, second.ruleset.digest)
    return library.comparisons.get(key, lambda: compare(_version(first), _version(second)))


def _version(book: Book) -> Version:
    return Version(book.ruleset, book.evaluator.program)
