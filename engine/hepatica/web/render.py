"""From a page's view to HTML: the layout, the form and the links are the page's, the words are the report's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from hepatica.notice import notice
from hepatica.printable import printable
from hepatica.report import Block, Blocks, Facts, Notice, Ref, Title, html, known_facts, reference_link, web_address
from hepatica.web.form import Control, filters, groups
from hepatica.web.request import RULESET, Parameter, Request

TEMPLATES = Path(__file__).parent / "templates"
# A page has some fifty links, each with the case in its address. They are written with a mark in its place, and the case is put
# in at the end: so what is not about the case is written once for everybody. No text can hold a mark, since none holds NUL.
WITH_QUERY, AND_QUERY, THIS_QUERY, CARRIED = map(Markup, ("\0with\0", "\0and\0", "\0this\0", "\0carried\0"))
T = TypeVar("T")
_MARK = re.compile("\0[^\0]+\0")
MOST_CONTROLS = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """What a page shows: the typed result, its blocks, the choices above them, and what only a template of its own needs.

    `blocks` may be a generator, since JSON never asks for them. `case` are blocks about the patient that a narrow screen folds
    away; `says` is the view in one sentence, for those who hear it; `pictures` are queries of the page's own picture, each with
    what it shows in words. `choose`: nothing is shown before a choice is made, so that the choices stand open on a narrow
    screen, too.
    """

    result: Any
    blocks: Iterable[Block]
    case: Blocks = ()
    says: str = ""
    pictures: tuple[tuple[str, str], ...] = ()
    pictures_last: bool = False
    filters: tuple[Control, ...] = ()
    choose: bool = False
    template: str = "page.html"
    extra: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200

    @classmethod
    def of(cls, result: T, view: Callable[[T], Blocks]) -> PageView:
        """A result as the report shows it."""
        return cls(result=result, blocks=view(result))


@dataclass(frozen=True, slots=True)
class Page:
    """One address. `tab` is its name in the navigation, or (`foot`) at the foot of every page; `result` is the type of its
    JSON, and `picture` is shown at path.svg.

    `slow` says of a request that it takes so long that no other should wait for it: such wait for one another. `of_case`: the
    page is about the case, and says which.
    """

    path: str
    tab: str
    view: Callable[[Request], PageView]
    result: Any
    own: tuple[Parameter, ...] = ()
    picture: Callable[[Request], str] | None = None
    button: str = "Show"
    slow: Callable[[Request], bool] | None = None
    of_case: bool = False
    foot: bool = False

    @property
    def name(self) -> str:
        """One word for it: the last part of its path."""
        return self.path.rpartition("/")[2].strip("{}")

    @property
    def says(self) -> str:
        """What it shows, in a sentence."""
        return (self.view.__doc__ or "").partition("\n")[0]

    @property
    def form(self) -> bool:
        """It shows the patient's form."""
        return self.path == "/answer"


class Renderer:
    """Writes the pages of one site."""

    def __init__(self, pages: tuple[Page, ...]) -> None:
        # Few enough on top that a form is less than twelve Tab presses away; the others at the foot.
        tabs = [page for page in pages if page.tab and not page.foot]
        foot = [page for page in pages if page.foot]
        # Everything is escaped and made printable (also what was typed and stands in the form again), and a name that is missing
        # is an error.
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            auto_reload=False,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=lambda value: printable(value) if type(value) is str else value,
        )
        self._environment.filters["zip"] = zip
        common = lru_cache(MOST_CONTROLS)(self._written)
        # A quarter of an answer's time was its form. What is empty or chosen among words is written once; what somebody typed
        # is never kept.
        written = lambda control: common(control) if control.common else self._written(control)  # noqa: E731
        marks = {"with_query": WITH_QUERY, "this_query": THIS_QUERY, "carried": CARRIED}
        self._environment.globals.update(written=written, tabs=tabs, foot=foot, **marks)

    def page(self, page: Page | None, request: Request, view: PageView) -> str:
        """A page as HTML, the links without the case: the same for all who see the same; see `filled`."""
        # The notice stands in the layout of every page, and the title beside the choices; the rest is the report's.
        blocks = tuple(view.blocks)
        head = tuple(block for block in blocks if isinstance(block, Title))
        body = tuple(block for block in blocks if not isinstance(block, (Title, Notice)))
        facts = known_facts(request.patient.profile) if request.patient.profile else ()
        chosen, card, rulesets = ruleset_query(request), request.ruleset.card, request.library.rulesets
        context = {
            "page": page,
            "request": request,
            "view": view,
            "status": view.status,
            "filters": view.filters or (tuple(filters(request, page.own)) if page and view.status == 200 else ()),
            "heading": head[0].text if head else "Hepatica",
            "head": _markup(head, request),
            "body": _markup(body, request),
            "case": _markup(view.case, request),
            "facts": facts,
            "facts_shown": (Facts(facts, inline=True),),
            "brief": ", ".join(f"{title} {value}" for title, value in facts[:5]),
            "groups": groups(request.ruleset, request.patient) if page is not None and page.form else (),
            "blocks": lambda shown: _markup(shown, request),
            "ruleset": request.ruleset,
            "sources": card.source.citation if card.source else f"{len(request.ruleset.references)} references",
            "notice": notice(card.as_of),
            "ruleset_query": f"{chosen}&" if chosen else "",
            "rulesets": rulesets,
            "ruleset_links": {name: _under(name) for name in rulesets},
            "companion": card.companion if card.companion in rulesets else "",
            "examples": list(request.library.examples.values()),
            **view.extra,
        }
        return self._environment.get_template(view.template).render(context)

    @staticmethod
    def filled(written: str, request: Request) -> str:
        """A page with the case in its links."""
        query, hidden = patient_query(request), '<input type="hidden" name="{}" value="{}">'
        rest = [pair for pair in parse_qsl(request.query) if pair[0] != RULESET.name]
        carried: dict[str, str] = {
            WITH_QUERY: f"?{query}" if query else "",
            AND_QUERY: f"&{query}" if query else "",
            THIS_QUERY: f"?{request.query}" if request.query else "",
            # The case as a form sends it along.
            CARRIED: Markup("".join(hidden.format(escape(name), escape(printable(text))) for name, text in parse_qsl(query))),
            # This page under another ruleset, named even where it is the default, so that the link says where it leads.
            **{
                _under(name): f"{request.address}?{urlencode([(RULESET.name, name), *rest])}" for name in request.library.rulesets
            },
        }
        return _MARK.sub(lambda mark: escape(carried[mark[0]]), written)

    def _written(self, control: Control) -> Markup:
        module: Any = self._environment.get_template("controls.html").module
        show: Callable[[Control], Markup] = module.show
        return show(control)


def _under(name: str) -> Markup:
    return Markup(f"\0under {name}\0")


def ruleset_query(request: Request) -> str:
    """The choice of the ruleset as a query; empty where it is the default."""
    return urlencode({RULESET.name: request.ruleset_name}) if request.ruleset_name != request.library.default else ""


def patient_query(request: Request) -> str:
    """The patient's query, with the ruleset where it is not the default."""
    return _joined(ruleset_query(request), request.patient.text)


def _joined(*queries: str) -> str:
    return "&".join(filter(None, queries))


def _markup(blocks: Blocks, request: Request) -> Markup:
    return Markup(html(blocks, lambda ref: address(ref, request)))


def address(ref: Ref, request: Request) -> str:
    """The address of a thing, with marks where the case is carried along; empty where no page shows it."""
    place = _PLACES.get(ref.kind)
    return place(ref.id, request) if place else ""


def _therapy(name: str, request: Request) -> str:
    if name not in request.ruleset.therapies:
        owner = next((one for one, ruleset in request.library.rulesets.items() if name in ruleset.therapies), "")
        return f"/rules/{quote(name)}?{urlencode({RULESET.name: owner})}" if owner else ""
    return f"/why?therapy={quote(name)}{AND_QUERY}" if request.patient.known else f"/rules/{quote(name)}{WITH_QUERY}"


def _elsewhere(name: str, request: Request) -> str:
    references = request.ruleset.references
    link = reference_link(references[name]) if name in references else None
    return web_address(link.id) if link else ""


def _rule(name: str, request: Request) -> str:
    owner = request.ruleset.owners.get(name)
    return f"/rules/{owner.id if owner else ''}{WITH_QUERY}#{quote(name)}"


_PLACES: Mapping[str, Callable[[str, Request], str]] = {
    "study": lambda name, _: f"/evidence/{quote(name)}{WITH_QUERY}",
    "therapy": _therapy,
    "why": lambda name, _: f"/why?therapy={quote(name)}{AND_QUERY}",
    "rule": _rule,
    "reference": _elsewhere,
    "field": lambda name, _: f"/answer{WITH_QUERY}#f-{quote(name)}",
    "page": lambda name, _: f"/{quote(name)}{WITH_QUERY}",
    "local": lambda name, _: name,
    "patient": lambda name, request: (
        f"/answer?{request.library.examples[name].query}" if name in request.library.examples else ""
    ),
    "change": lambda facts, request: (
        f"/answer?{_joined(ruleset_query(request), request.reader.changed_text(request.patient, facts))}"
    ),
}
