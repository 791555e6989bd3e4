"""Every page of the site, in the order of its navigation: each computes one typed result and shows its blocks."""

from __future__ import annotations

from hepatica.notice import notice
from hepatica.problems import InvalidInput
from hepatica.report import Bullets, Paragraph, Title
from hepatica.report.about import About, about, about_view
from hepatica.web.library import RulesetLibrary
from hepatica.web.render import Page, PageView
from hepatica.web.request import FieldProblem, RefusedRequest, Request


def pages(library: RulesetLibrary) -> tuple[Page, ...]:
    """The pages that a library can show: changes only where there are rulesets to compare."""
    return (
        Page(path="/about", name="about", tab="About", says="What the ruleset covers.", view=about_page, result=About),
    )


def about_page(request: Request) -> PageView:
    """The ruleset's card."""
    found = about(request.ruleset)
    return PageView(result=found, blocks=about_view(found))


def refused_view(page: Page, request: Request, error: InvalidInput) -> PageView:
    """What is wrong with a request, in the form's place for an answer where the page has the form."""
    problems = tuple(
        FieldProblem(field=request.reader.control_of(found), code=found.code, message=found.message) for found in error.problems
    )
    result = RefusedRequest(notice=notice(request.ruleset.card.as_of), problems=problems)
    if page.form:
        blocks = (
            Title("No answer yet"),
            Paragraph("Some of what was entered cannot be used. Each problem is also shown at its field."),
        )
        return PageView(result=result, blocks=blocks, template="answer.html", status=422)
    texts = tuple(found.message for found in problems)
    return PageView(result=result, blocks=(Title("This address cannot be read"), Bullets(texts)), status=422)
