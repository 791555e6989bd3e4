"""From a page's view to HTML: the layout, the form and the links are the page's, the words are the report's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from hepatica.knowledge import Ruleset
from hepatica.notice import notice
from hepatica.printable import printable
from hepatica.report import Block, Blocks, Facts, Notice, Ref, Title, html, known_facts, reference_link, web_address
from hepatica.web.form import Control, filters, groups
from hepatica.web.request import RULESET, Parameter, Request

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """What a page shows: the typed result, its blocks, the choices above them, and what only a template of its own needs.

    `blocks` may be a generator, since JSON never asks for them; but of a view that is kept they are a tuple. `case` are blocks
    about the patient that a narrow screen folds away; `says` is the view in one sentence, for those who hear it; `pictures` are
    queries of the page's own picture, each with what it shows in words. `choose`: nothing is shown before a choice is made, so
    that the choices stand open on a narrow screen, too.
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


@dataclass(frozen=True, slots=True)
class Page:
    """One address. `tab` is its name in the navigation, or (`foot`) at the foot of every page; `result` is the type of its
    JSON, and `picture` is shown at path.svg.

    A `slow` page may take seconds where it is asked for the first time; slow pages wait for one another, and no other page
    waits for them. `of_case`: it is about the case, and says which.
    """

    path: str
    tab: str
    view: Callable[[Request], PageView]
    result: Any
    own: tuple[Parameter, ...] = ()
    picture: Callable[[Request], bytes] | None = None
    button: str = "Show"
    slow: bool = False
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
        self.tabs = [page for page in pages if page.tab and not page.foot]
        self.foot = [page for page in pages if page.foot]
        # Everything is escaped, and a name that is missing is an error.
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._environment.filters["zip"] = zip

    def page(self, page: Page | None, request: Request, view: PageView) -> str:
        """A page as HTML."""
        # The notice stands in the layout of every page, and the title beside the choices; the rest is the report's.
        blocks = tuple(view.blocks)
        head = tuple(block for block in blocks if isinstance(block, Title))
        body = tuple(block for block in blocks if not isinstance(block, (Title, Notice)))
        facts = known_facts(request.patient.profile) if request.patient.profile else ()
        context = {
            "page": page,
            "request": request,
            "view": view,
            "status": view.status,
            "filters": view.filters or (filters(request, page.own) if page and view.status == 200 else ()),
            "heading": head[0].text if head else "Hepatica",
            "head": _markup(head, request),
            "body": _markup(body, request),
            "case": _markup(view.case, request),
            "facts": facts,
            "facts_shown": (Facts(facts, inline=True),),
            "brief": ", ".join(f"{title} {value}" for title, value in facts[:5]),
            "groups": groups(request.ruleset, request.patient) if page is not None and page.form else (),
            "blocks": lambda shown: _markup(shown, request),
            **self._places(request),
            **view.extra,
        }
        # What was typed stands in the form again, also where it is refused.
        return printable(self._environment.get_template(view.template).render(context))

    def _places(self, request: Request) -> dict[str, Any]:
        """Where one can go from here, and under which rules."""
        query, chosen, card = patient_query(request), ruleset_query(request), request.ruleset.card
        rulesets = request.library.rulesets
        return {
            "tabs": self.tabs,
            "foot": self.foot,
            "ruleset": request.ruleset,
            "sources": card.source.citation if card.source else f"{len(request.ruleset.references)} references",
            "notice": notice(card.as_of),
            "query": query,
            "with_query": f"?{query}" if query else "",
            "ruleset_query": f"{chosen}&" if chosen else "",
            "carried": parse_qsl(query),
            "rulesets": rulesets,
            "ruleset_links": {name: _under(request, name) for name in rulesets},
            "companion": card.companion if card.companion in rulesets else "",
            "examples": list(request.library.examples.values()),
        }


def ruleset_query(request: Request) -> str:
    """The choice of the ruleset as a query; empty where it is the default."""
    return urlencode({RULESET.name: request.ruleset_name}) if request.ruleset_name != request.library.default else ""


def patient_query(request: Request) -> str:
    """The patient's query, with the ruleset where it is not the default."""
    return "&".join(text for text in (ruleset_query(request), request.patient.text) if text)


def _under(request: Request, name: str) -> str:
    """This page under another ruleset."""
    # Named even where it is the default, so that the link says which rules it leads to.
    rest = [(key, value) for key, value in parse_qsl(request.query) if key != RULESET.name]
    return f"{request.address}?{urlencode([(RULESET.name, name), *rest])}"


def _markup(blocks: Blocks, request: Request) -> Markup:
    return Markup(html(blocks, lambda ref: address(ref, request)))


def address(ref: Ref, request: Request) -> str:
    """The address of a thing, with the patient and the ruleset carried along; empty where no page shows it."""
    query, name = patient_query(request), quote(ref.id)
    carried = f"?{query}" if query else ""
    examples = request.library.examples
    if ref.kind == "therapy" and ref.id not in request.ruleset.therapies:
        owner = next((one for one, ruleset in request.library.rulesets.items() if ref.id in ruleset.therapies), "")
        return f"/rules/{name}?{urlencode({RULESET.name: owner})}" if owner else ""
    known = bool(query) and request.patient.profile is not None and not request.patient.empty
    # Each is made only when it is asked for: to change a fact reads the patient again.
    places: dict[str, Callable[[], str]] = {
        "study": lambda: f"/evidence/{name}{carried}",
        "therapy": lambda: f"/why?therapy={name}&{query}" if known else f"/rules/{name}{carried}",
        "why": lambda: f"/why?therapy={name}{'&' if query else ''}{query}",
        "rule": lambda: f"/rules/{_owner(request.ruleset, ref.id)}{carried}#{name}",
        "reference": lambda: _elsewhere(request.ruleset, ref.id),
        "field": lambda: f"/answer{carried}#f-{name}",
        "page": lambda: f"/{name}{carried}",
        "local": lambda: ref.id,
        "patient": lambda: f"/answer?{examples[ref.id].query}" if ref.id in examples else "",
        "change": lambda: f"/answer?{_changed_query(request, ref.id)}",
    }
    return places[ref.kind]() if ref.kind in places else ""


def _elsewhere(ruleset: Ruleset, name: str) -> str:
    """Where a reference stands on the web."""
    link = reference_link(ruleset.references[name]) if name in ruleset.references else None
    return web_address(link.id) if link else ""


def _owner(ruleset: Ruleset, rule: str) -> str:
    return next((therapy.id for therapy, one in ruleset.rules_with_therapy() if one.id == rule), "")


def _changed_query(request: Request, change: str) -> str:
    changed = request.reader.changed(request.patient, parse_qsl(change, keep_blank_values=True))
    return "&".join(text for text in (ruleset_query(request), request.reader.text(changed)) if text)
