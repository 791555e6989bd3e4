"""Requests to the page, spoken to its application in this process: odd paths, queries, headers, methods."""

from __future__ import annotations

import atexit
import json
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote_plus

import anyio
import jsonschema_rs
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import strategies as st

import hepatica
from hepatica.paths import shipped
from hepatica.patient import COMMON_FIELDS
from tests.fuzz.edits import BYTES, HOSTILE
from tests.fuzz.oracles import Finding, bounded, fits, inert, unclean

ALLOWED = {200, 304, 307, 400, 404, 405, 413, 414, 422}
ODD_PATHS = (
    "/",
    "//",
    "/static/",
    "/static/../app.py",
    "/static/%2e%2e/app.py",
    "/evidence/",
    "/rules/x%00y",
    "/evidence/%ff",
    "/a" * 300,
)
HEADERS = (
    (b"host", b"evil.example"), (b"host", b""), (b"content-length", b"99999999999999"), (b"content-length", b"-1"),
    (b"content-length", b"\xb2"), (b"transfer-encoding", b"chunked"), (b"if-none-match", b'"x"'), (b"range", b"bytes=0-1,5-"),
    (b"accept", b"\xff"), (b"x" * 500, b"y" * 500), (b"if-modified-since", b"yesterday"),
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A request as the server would pass it on: the path decoded, the query as bytes."""

    path: str
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    method: str = "GET"


@dataclass
class Answered:
    """What came back."""

    status: int = 0
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""

    @property
    def kind(self) -> str:
        """The type of the content, without its parameters."""
        return dict(self.headers).get(b"content-type", b"").decode().partition(";")[0]


@cache
def _site() -> tuple[Any, BlockingPortal, Any]:
    """The application over both shipped rulesets, a way into an event loop that stays, and the description of the pages."""
    from hepatica.web import RulesetLibrary, application

    library = RulesetLibrary({name: hepatica.load(name) for name in ("hcc-2016", "hcc-2026")}, shipped("patients"))
    # In a thread of its own: in this one a browser test may keep a loop running.
    stack = ExitStack()
    atexit.register(stack.close)
    portal = stack.enter_context(start_blocking_portal())
    site = application(library, ("localhost",))
    described = json.loads(portal.call(_answer, site, Asked("/openapi.json")).body)
    return site, portal, described


async def _answer(site: Any, asked: Asked) -> Answered:
    found = Answered()
    headers = asked.headers if any(name == b"host" for name, _ in asked.headers) else ((b"host", b"localhost"), *asked.headers)
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "root_path": "",
        "method": asked.method, "path": asked.path, "raw_path": asked.path.encode(), "query_string": asked.query,
        "headers": list(headers), "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        await anyio.sleep_forever()
        return {}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            found.status, found.headers = message["status"], tuple(message["headers"])
        else:
            found.body += message.get("body", b"")

    await site(scope, receive, send)
    return found


def requests() -> st.SearchStrategy[Asked]:
    """Pages of the site with parameters good and bad, and addresses that are none."""
    described = _site()[2]
    pages = [path.format(study="reach", therapy="tivantinib") for path in described["paths"]]
    paths = st.sampled_from([*(page.removesuffix(".json") for page in pages), *pages, "/pathway.svg", "/forest.svg", "/fate.svg"])
    strange = st.sampled_from(ODD_PATHS) | st.text(max_size=20).map(lambda text: f"/{text}") | paths.map(lambda path: f"{path}/")
    query = st.lists(_pairs(described), max_size=6).map(lambda pairs: "&".join(pairs).encode())
    raw = st.tuples(query, st.integers(0, 200), st.sampled_from(BYTES) | st.binary(max_size=5)).map(_spliced)
    return st.builds(
        Asked,
        path=st.one_of(paths, paths, paths, paths, strange),
        query=st.one_of(query, query, query, raw),
        headers=st.lists(st.sampled_from(HEADERS), max_size=1).map(tuple) | st.just(()),
        method=st.sampled_from(("GET", "GET", "GET", "GET", "HEAD", "POST", "OPTIONS", "get")),
    )


def _spliced(parts: tuple[bytes, int, bytes]) -> bytes:
    query, at, put = parts
    return query[: at % (len(query) + 1)] + put + query[at % (len(query) + 1) :]


def _pairs(described: Any) -> st.SearchStrategy[str]:
    """One parameter: of the description with a value of its own or any other, or of no page."""
    shared = list(described["components"]["parameters"].values())
    own = [one for page in described["paths"].values() for one in page["get"]["parameters"] if one.get("in") == "query"]
    values: dict[str, list[str]] = {}
    for parameter in (*shared, *own):
        schema = parameter["schema"].get("items", parameter["schema"])
        values.setdefault(parameter["name"], []).extend(schema.get("enum", ["400", "cmet=low", "1"]))
    known = st.sampled_from(sorted(values)).flatmap(lambda name: st.tuples(st.just(name), st.sampled_from(values[name])))
    names = st.sampled_from([*values, *COMMON_FIELDS]) | st.text(max_size=8)
    strange = st.tuples(names, st.sampled_from(HOSTILE).map(str) | st.text(max_size=15))
    return st.one_of(known, known, strange).map(_encoded)


def _encoded(pair: tuple[str, str]) -> str:
    return "=".join(quote_plus(text, errors="replace") for text in pair)


def check_request(asked: Asked) -> None:
    """A request gets one of the stated answers, whole, with the headers, as described, inert, and the same again."""
    site, portal, described = _site()
    with bounded():
        found = portal.call(_answer, site, asked)
    # The slow pages have a deadline of the clock, which a busy machine may reach.
    if found.status not in ALLOWED and not (found.status == 503 and asked.path.startswith(("/changes", "/quiz"))):
        raise Finding(f"status {found.status}: {found.body[:200]!r}")
    headers = dict(found.headers)
    for name in (b"content-security-policy", b"x-content-type-options", b"cache-control"):
        if name not in headers:
            raise Finding(f"a response without {name.decode()}")
    if asked.method != "HEAD" and not asked.path.startswith("/static"):
        _body(asked, found, described)
    with bounded():
        again = portal.call(_answer, site, asked)
    if 503 not in (again.status, found.status) and (again.status, again.body) != (found.status, found.body):
        raise Finding("another answer the second time")


def _body(asked: Asked, found: Answered, described: Any) -> None:
    text = found.body.decode()
    if found.kind == "application/json":
        _json(asked, found, described)
        return
    unclean(text, "the page")
    if found.kind in ("text/html", "image/svg+xml"):
        inert(text)
    if found.kind == "text/html" and "not a medical device" not in text:
        raise Finding("a page without the notice")


def _json(asked: Asked, found: Answered, described: Any) -> None:
    result = json.loads(found.body)
    templates = {path.format(study="reach", therapy="tivantinib"): path for path in described["paths"]}
    if found.status == 200 and asked.path in templates:
        responses = described["paths"][templates[asked.path]]["get"]["responses"]
        fits(result, _validator(json.dumps(responses["200"]["content"]["application/json"]["schema"])))
    elif found.status in (404, 422):
        name = "Missing" if found.status == 404 else "Problems"
        schema = described["components"]["responses"][name]["content"]["application/json"]["schema"]
        fits(result, _validator(json.dumps(schema)))


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    """A validator of a schema that refers to the description's components."""
    return jsonschema_rs.Draft202012Validator({**json.loads(schema), "components": _site()[2]["components"]})


def shown_request(asked: Asked) -> str:
    """A request in printable words."""
    return f"{asked.method} {asked.path!a} query {asked.query!r} headers {asked.headers!r}"
