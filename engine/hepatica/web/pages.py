"""Every page of the site, in the order of its navigation."""

from __future__ import annotations

from hepatica.web import answer, changes, compare, evidence, forest, pathway, quiz, rules, schemas, whatif, why
from hepatica.web.library import Book, Library
from hepatica.web.view import Page


def pages(library: Library) -> tuple[Page, ...]:
    """The pages that a library can show: changes only where there are rulesets to compare."""
    first = library.books[library.default]
    several = (_changes(library),) if len(library.books) > 1 else ()
    return (*_of_the_case(library, first), *_of_the_evidence(first), _QUIZ, *several, _ABOUT)


def _of_the_case(library: Library, first: Book) -> tuple[Page, ...]:
    """What is said of the patient entered."""
    return (
        Page(
            path="/answer",
            name="answer",
            tab="Answer",
            says="The options that published evidence backs for a hypothetical patient.",
            view=answer.view,
            answer=schemas.ANSWER,
            needs_case=True,
        ),
        Page(
            path="/why",
            name="why",
            tab="Why not",
            says="Why a therapy is or is not an option, rule by rule; without a therapy, where each one stands.",
            view=why.view,
            answer=schemas.STANDS,
            own=why.parameters(first.ruleset.therapies),
        ),
        Page(
            path="/whatif",
            name="whatif",
            tab="What if",
            says="The smallest changes of facts that add or remove each option, and the facts that would settle most.",
            view=whatif.view,
            answer=schemas.WHAT_IF,
            own=whatif.parameters(first.ruleset.therapies),
        ),
        Page(
            path="/compare",
            name="compare",
            tab="Compare",
            says="Cases side by side: what differs, then what is shared.",
            view=compare.view,
            answer=schemas.COMPARISON,
            own=compare.parameters(library.starters, library.books),
        ),
        Page(
            path="/pathway",
            name="pathway",
            tab="Pathway",
            says="The lines of treatment as a tree made from the rules, with the case's way through it.",
            view=pathway.view,
            answer=schemas.PATHWAY,
            own=pathway.PARAMETERS,
            picture=pathway.picture,
        ),
    )


def _of_the_evidence(first: Book) -> tuple[Page, ...]:
    """What is known whoever the patient is."""
    return (
        Page(
            path="/forest",
            name="forest",
            tab="Forest plot",
            says="The randomised trials' hazard ratios, printed and corrected.",
            view=forest.view,
            answer=schemas.FOREST,
            own=forest.PARAMETERS,
            picture=forest.picture,
        ),
        Page(
            path="/evidence",
            name="evidence",
            tab="Evidence",
            says="The studies, filtered and searched.",
            view=evidence.listing,
            answer=schemas.STUDIES,
            own=evidence.parameters(first),
        ),
        Page(
            path="/evidence/{study}",
            name="study",
            tab="",
            says="One study in full.",
            view=evidence.study,
            answer=schemas.STUDY,
        ),
        Page(
            path="/rules",
            name="rules",
            tab="Rules",
            says="Every therapy with its rules.",
            view=rules.listing,
            answer=schemas.RULES,
        ),
        Page(
            path="/rules/{therapy}",
            name="therapy",
            tab="",
            says="One therapy: what it is, its rules and its studies.",
            view=rules.therapy,
            answer=schemas.THERAPY,
        ),
    )


def _changes(library: Library) -> Page:
    return Page(
        path="/changes",
        name="changes",
        tab="Changes",
        says="What one served ruleset answers differently from another, for every profile.",
        view=changes.view,
        answer=schemas.CHANGES,
        own=changes.parameters(library.books),
    )


_QUIZ = Page(
    path="/quiz",
    name="quiz",
    tab="Quiz",
    says="Cases to commit to before the answer is shown, and what was missed by topic.",
    view=quiz.view,
    answer=schemas.QUIZ,
    own=quiz.PARAMETERS,
)
_ABOUT = Page(
    path="/about",
    name="about",
    tab="About",
    says="What the ruleset covers, leaves out, and must not be used for.",
    view=rules.about,
    answer=schemas.ABOUT,
)
