"""From a page's view to HTML: the layout, the form and the links are the page's, the words are the report's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from hepatica.notice import notice
from hepatica.report import Blocks, Facts, Notice, Ref, Title, html
from hepatica.web import form
from hepatica.web.form import Control
from hepatica.web.request import RULESET, Page, PageView, Request

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Renderer:
    """Writes the pages of one site."""

    pages: tuple[Page, ...]

    @cached_property
    def environment(self) -> Environment:
        return Environment()


def _environment() -> Environment:
    """The templates: everything is escaped, and a name that is missing is an error."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
