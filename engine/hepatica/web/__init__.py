"""The page in the browser: one address, one case, one view; every page is JSON at the same address, too. Nothing is stored."""

from __future__ import annotations

from hepatica.web.app import application
from hepatica.web.library import RulesetLibrary
from hepatica.web.server import listeners, make_server, serve
