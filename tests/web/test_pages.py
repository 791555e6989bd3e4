"""Every page over the wire: its JSON, its notice, its headers, its bounds; and that page and JSON say the same."""

from __future__ import annotations

import contextlib
import html
import json
import logging
import re
import socket
from urllib.parse import quote

import pytest

from hepatica import evaluate
from hepatica.cli.main import run
from hepatica.notice import notice
from tests.conftest import slow
from tests.web.serving import LISTS, PATIENCE, Server, lists_of

CASE = "bclc_stage=C&child_pugh_class=A&prior_sorafenib=progressed&other_prior_systemic=none&cmet=high"
MET_HIGH = "after-sorafenib-met-high"


def section(page: str, name: str) -> str:
    """The part of a page from the element with this id to the next heading of its rank."""
    start = page.index(f'id="{name}"')
    following = re.search(r"<(?:section|details) id=", page[start + 10 :])
    return page[start : start + 10 + following.start()] if following else page[start:]


@pytest.mark.slow
def test_every_page_and_its_json_answer_with_and_without_a_case(server: Server) -> None:
    paths = server.paths()
    assert len(paths) >= 12
    for path in paths:
        for query in ("", CASE):
            page, document = server.get(f"{path}?{query}"), server.get(f"{path}.json?{query}")
            assert (page.status, document.status) == (200, 200), path
            assert page.headers["content-type"].startswith("text/html")
            assert document.headers["content-type"] == "application/json"


@pytest.mark.slow
def test_the_notice_is_on_every_page_document_and_error(server: Server) -> None:
    said = notice("2016-08")
    for path in (*server.paths(), "/nowhere", "/answer?bclc_stage=Q", "/evidence?phase=Q"):
        assert said in html.unescape(server.get(path).text), path
    for path in (*server.paths(), "/evidence/nothing", "/answer"):
        assert server.get(f"{path}.json").json["notice"] == said, path


def test_every_tab_leads_to_a_page_and_carries_the_case(server: Server) -> None:
    page = server.get(f"/about?{CASE}").text
    tabs = re.findall(r'<a href="(/[a-z-]+\?[^"]*)"', page[page.index('id="views"') : page.index("</nav>")])
    assert 7 <= len(tabs) <= 9  # more, and the first field would be twelve Tab presses away
    for tab in tabs:
        target = html.unescape(tab)
        assert "prior_sorafenib=progressed" in target
        assert server.get(target).status == 200


def test_what_has_no_tab_is_linked_at_the_foot_of_every_page(server: Server) -> None:
    for path in ("/answer", "/evidence", "/about"):
        foot = server.get(f"{path}?bclc_stage=C").text.partition('<footer class="colophon">')[2]
        addresses = re.findall(r'href="(/(?:fate|rules|about)(?:\?[^"]*)?)"', foot)
        assert len(addresses) == 3, path
        assert {server.get(html.unescape(address)).status for address in addresses} == {200}


@pytest.mark.slow
def test_the_json_of_the_answer_is_that_of_the_python_interface(server: Server) -> None:
    ruleset = server.library.rulesets["hcc-2016"]
    for name, example in server.library.examples.items():
        expected = json.loads(json.dumps(evaluate(ruleset, example.profile).to_dict()))
        expected["understood"] = []  # a link holds the values as they were read
        assert server.get(f"/answer.json?{server.query(name)}").json == expected


@pytest.mark.parametrize(
    ("path", "command"),
    [
        ("/evidence.json", ["evidence", "list"]),
        (
            "/evidence.json?phase=III&outcome=missed&line=first",
            ["evidence", "list", "--phase", "III", "--outcome", "missed", "--line", "first"],
        ),
        ("/evidence.json?q=met", ["evidence", "search", "met"]),
        ("/evidence/reach.json", ["evidence", "show", "reach"]),
        ("/rules.json", ["rules"]),
        ("/rules/tivantinib.json", ["rules", "tivantinib"]),
        ("/about.json", ["about"]),
        ("/why.json?{case}", ["evaluate", "{patient}"]),
        ("/compare.json?{case}&but=cmet%3Dlow", ["compare", "{patient}", "--but", "cmet=low"]),
        ("/forest.json?endpoint=OS", ["forest", "--endpoint", "OS"]),
        ("/pathway.json", ["pathway"]),
        ("/answer.json?{case}", ["evaluate", "{patient}"]),
        ("/whatif.json?{case}", ["whatif", "{patient}"]),
        ("/pathway.json?{case}", ["pathway", "{patient}"]),
        ("/why.json?therapy=tivantinib&{case}", ["explain", "{patient}", "tivantinib"]),
    ],
)
def test_a_pages_json_is_the_command_lines(
    server: Server, capsys: pytest.CaptureFixture[str], path: str, command: list[str]
) -> None:
    assert run([*(part.format(patient=MET_HIGH) for part in command), "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert server.get(path.format(case=server.query(MET_HIGH))).json == said


@pytest.mark.slow
def test_an_answer_weighs_less_than_150_kilobytes_with_all_that_it_loads(both: Server) -> None:
    loaded = sum(len(both.get(f"/static/hepatica.{ending}").body) for ending in ("css", "js", "svg"))
    for rules in both.library.rulesets:
        for name, example in both.library.examples.items():
            assert len(both.get(f"/answer?ruleset={rules}&{example.query}").body) + loaded < 150_000, (rules, name)


def said(page: str) -> str:
    """The words of a page; a link may stand within a sentence."""
    return html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"</?a\b[^>]*>", "", page)))


@pytest.mark.parametrize("step", [6, slow(1)])
def test_the_page_says_of_every_therapy_what_its_json_says(server: Server, step: int) -> None:
    """Every therapy, headline, warning and sentence on scope of the JSON stands on the page."""
    for name in list(server.library.examples)[::step]:
        document = server.get(f"/answer.json?{server.query(name)}").json
        page = " ".join(said(server.get(f"/answer?{server.query(name)}").text).split())
        assert document["scope"] != "out" or document["scope_says"] in page
        for warning in document["warnings"]:
            assert warning["message"] in page
        if document["scope"] == "in":
            for entry in (entry for one in LISTS for entry in document[one]):
                assert entry["name"] in page
            for entry in (entry for one in ("options", "trials", "not_supported") for entry in document[one]):
                assert " ".join(entry["headline"]["text"].split()) in page, entry["therapy"]


def test_the_strongest_evidence_stands_first_and_alone(server: Server) -> None:
    page = server.get(f"/answer?{CASE}").text
    report = page[page.index('<div class="report">') :]
    assert report.index("Regorafenib") < report.index("Early signal") < report.index("Tested here")
    assert re.search(r'<section id="positive-phase-3"', report)
    assert not re.search(r'<section id="(?:trials|not-supported|possible)"', report)


def test_a_strong_option_that_hangs_on_a_missing_fact_stands_above_weaker_certain_ones(server: Server) -> None:
    page = server.get("/answer?bclc_stage=C&child_pugh_class=A&prior_sorafenib=none").text
    report = page[page.index('<div class="report">') :]
    assert "Sorafenib" in section(report, "strongest-open")
    assert report.index("Sorafenib") < report.index("Early signal")


def test_what_is_entered_is_escaped(server: Server) -> None:
    attack = "%3Cscript%3Ealert(1)%3C/script%3E%22%27"
    for path in (
        f"/answer?label={attack}",
        f"/answer?bclc_stage={attack}",
        f"/evidence?q={attack}",
        f"/why?{attack}=1",
        f"/compare?bclc_stage=C&but={attack}",
        f"/quiz?token={attack}",
        f"/{attack}",
    ):
        body = server.get(path).text
        assert "<script>alert" not in body
        assert "alert(1)" not in body or "&lt;script&gt;alert(1)" in body


@pytest.mark.slow
def test_headers_allow_nothing_from_elsewhere_and_nothing_inline(server: Server) -> None:
    for path in (*server.paths(), "/static/hepatica.css", "/nowhere", "/openapi.json"):
        reply = server.get(path)
        policy = reply.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert "set-cookie" not in reply.headers
        assert "server" not in reply.headers


def test_no_page_holds_inline_script_or_style_or_another_host(server: Server) -> None:
    for path in server.paths():
        body = server.get(f"{path}?{CASE}").text
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", body), path
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", body))
        assert not re.search(r'(?:src|srcset|action)="(?:https?:)?//', body), path
        assert not re.search(r'<link[^>]*href="(?:https?:)?//', body), path


@pytest.mark.slow
def test_an_answer_is_light(server: Server) -> None:
    for name in server.library.examples:
        page = server.get(f"/answer?{server.query(name)}").body
        static = sum(len(server.get(f"/static/hepatica.{kind}").body) for kind in ("css", "js", "svg"))
        assert len(page) + static < 150_000, name


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_only_reading_is_allowed(server: Server, method: str) -> None:
    for path in ("/answer", "/answer.json", "/openapi.json"):
        reply = server.get(path, method)
        assert reply.status == 405
        assert set(reply.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_what_is_too_long_or_too_large_is_refused(server: Server) -> None:
    assert server.get("/answer?label=" + "x" * 9000).status == 414
    assert server.get("/" + "x" * 600).status == 414
    assert server.get("/answer", body=b"x" * 16_385).status == 413
    assert server.get("/answer", "POST", body=b"x" * 16_385).status == 413
    assert server.get("/answer", headers={"Transfer-Encoding": "chunked"}).status in (400, 413)


def test_headers_without_end_are_refused(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(b"GET /answer HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 4_000_000)
        assert connection.recv(12) in (b"HTTP/1.1 400", b"HTTP/1.1 431")


@pytest.mark.parametrize(
    "query",
    ["ruleset=hcc-2016&ruleset=other", "therapy=sorafenib&therapy=brivanib", "bclc_stage=C&bclc_stage=C", "label=%ED%A0%80"],
)
def test_what_could_be_read_in_two_ways_is_refused(server: Server, query: str) -> None:
    for path in ("/why", "/why.json"):
        assert server.get(f"{path}?{query}").status == 422


def test_nothing_of_a_case_is_kept_by_a_browser(server: Server) -> None:
    for path in ("/", "/answer", "/answer.json", "/pathway.svg", "/whatif", "/nowhere"):
        assert server.get(f"{path}?{CASE}").headers["cache-control"] == "no-store", path
    style = server.get("/static/hepatica.css")
    assert style.headers["cache-control"] == "no-cache"
    again = server.get("/static/hepatica.css", headers={"if-none-match": style.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


def test_a_name_that_is_not_this_machines_is_refused(server: Server) -> None:
    assert server.get("/answer", headers={"Host": "attacker.example"}).status == 400
    assert server.get("/answer", headers={"Host": f"localhost:{server.port}"}).status == 200


@pytest.mark.parametrize("path", ["/evidence/nothing", "/rules/nothing", "/nothing", "/static/nothing.css"])
def test_what_is_not_there_is_not_found(server: Server, path: str) -> None:
    reply = server.get(path)
    assert reply.status == 404
    assert "Page not found" in reply.text
    assert server.get(f"{path}.json").status == 404


def test_nothing_of_a_case_is_logged(server: Server, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    with caplog.at_level(logging.DEBUG):
        server.get("/answer?label=Zebra-4711&bclc_stage=C")
        server.get("/answer?bclc_stage=Zebra-4711")
    captured = capfd.readouterr()
    assert "Zebra-4711" not in captured.out + captured.err + caplog.text


def test_the_filters_of_the_evidence_select_what_they_name(server: Server) -> None:
    for study in server.get("/evidence.json?phase=III&outcome=missed").json["studies"]:
        assert study["phase"] == "III"
        assert study["outcome"] == "missed"
    names = [study["study"] for study in server.get("/evidence.json?q=NCT01140347").json["studies"]]
    assert names == ["reach"]
    assert server.get("/evidence.json?q=zzzz").json["studies"] == []
    assert server.get("/evidence.json?q=" + "x" * 101).status == 422
    asian = server.get("/evidence.json?place=japan").json
    assert 0 < asian["count"] < server.get("/evidence.json").json["count"]


def test_a_change_that_what_if_offers_does_what_it_says(server: Server) -> None:
    page = server.get(f"/whatif?{CASE}").text
    document = server.get(f"/whatif.json?{CASE}").json
    adds = {change["therapy"] for change in document["adds"] if change["smallest"]}
    reached = set()
    for link in dict.fromkeys(re.findall(r'href="(/answer\?[^"]+)"', section(page, "what-would-add-an-option"))):
        after = server.get(html.unescape(link).replace("/answer", "/answer.json")).json
        reached |= {option["therapy"] for option in after["options"]}
    assert adds
    assert adds <= reached


def test_compare_takes_the_case_with_changed_facts(server: Server) -> None:
    found = server.get(f"/compare.json?{CASE}&but=cmet%3Dlow&but=afp%3D%3E+400%3B+ras%3Dmutant").json
    assert [column["profile"].get("cmet") for column in found["columns"]] == ["high", "low", "high"]
    assert {row["id"] for row in found["facts"]} == {"cmet", "afp", "ras"}
    tivantinib = next(row for row in found["therapies"] if row["therapy"] == "tivantinib")
    assert [cell["list"] for cell in tivantinib["cells"]] == ["options", "not_supported", "options"]


def test_a_changed_score_takes_the_place_of_what_was_measured(server: Server) -> None:
    measured = server.query(MET_HIGH)
    assert "child_pugh_components" in measured
    found = server.get(f"/compare.json?{measured}&but=Child-Pugh+class%3DB").json
    assert [column["profile"]["child_pugh_class"] for column in found["columns"]] == ["A", "B"]


def test_compare_takes_examples(server: Server) -> None:
    twin = server.get("/compare.json?patient=after-sorafenib-met-high&patient=after-sorafenib-met-low").json
    assert "cmet" in {row["id"] for row in twin["facts"]}
    assert "prior_sorafenib" in {row["id"] for row in twin["shared_facts"]}


@pytest.mark.parametrize(
    "query", ["&".join(["patient=bclc-d"] * 9), "cmet=high&but=cmet%3Dodd", "cmet=high&but=x", "cmet=high&other=x"]
)
def test_compare_refuses_what_it_cannot_show(server: Server, query: str) -> None:
    assert server.get(f"/compare.json?{query}").status == 422
    assert server.get(f"/compare?{query}").status == 422


def test_pictures_say_in_words_what_they_show(server: Server) -> None:
    for path in ("/forest.svg?endpoint=OS", "/pathway.svg", f"/pathway.svg?line=second&{CASE}", "/pathway.svg?narrow=yes"):
        reply = server.get(path)
        assert reply.headers["content-type"] == "image/svg+xml"
        assert "<title" in reply.text
        assert "<desc" in reply.text
        assert reply.body == server.get(path).body
    assert server.get("/pathway.svg?bclc_stage=Q").status == 422


def test_the_pathway_opens_to_the_case_what_the_answer_offers(server: Server) -> None:
    lines = server.get(f"/pathway.json?{CASE}").json["lines"]
    drugs = [drug for line in lines for group in line["groups"] for drug in group["drugs"]]
    options = {option["therapy"] for option in server.get(f"/answer.json?{CASE}").json["options"]}
    assert options <= {drug["therapy"] for drug in drugs if drug["state"] == "options"}


def test_a_quiz_reveals_nothing_before_the_learner_commits(server: Server) -> None:
    asked = server.get("/quiz.json?seed=3&count=3").json
    assert asked["stage"] == "question"
    assert asked["reveal"] is None
    assert asked["key"] is asked["mark"] is None
    told = server.get("/quiz.json?seed=3&count=3&commit=yes").json
    assert told["stage"] == "reveal"
    assert told["reveal"]["lesson"]
    assert told["key"] is told["mark"] is None
    assert "changes" not in told["reveal"]
    assert server.get("/quiz.json?seed=3&count=3&commit=yes&twist=no").json["key"]["changes"] in (True, False)


def test_a_quiz_answered_rightly_has_every_point_and_nothing_missed(server: Server) -> None:
    address = "/quiz.json?seed=3&count=3"
    for _ in range(3):
        blank = server.get(f"{address}&commit=yes&twist=yes").json
        picks = "".join(f"&pick={choice['therapy']}" for choice in blank["reveal"]["choices"] if choice["backed"])
        changes = "yes" if blank["key"]["changes"] else "no"
        answered = f"{address}{picks}&fact={quote(blank['reveal']['fact'])}&commit=yes&twist={changes}"
        case = server.get(answered).json
        assert case["mark"]["points"] == case["mark"]["possible_points"]
        page = server.get(answered.replace(".json", "")).text
        link = html.unescape(re.findall(r'class="button" href="(/quiz\?[^"]+)"', page)[0])
        address = link.replace("/quiz?", "/quiz.json?")
    found = server.get(address).json
    assert found["stage"] == "summary"
    assert found["summary"]["points"] == found["summary"]["possible_points"] > 0
    assert "Nothing missed" in server.get(address.replace(".json", "")).text


def test_the_marking_says_where_the_learner_is_what_was_chosen_and_the_lesson_last(server: Server) -> None:
    pick = server.get("/quiz.json?seed=3&count=3").json["question"]["choices"][0]
    address = f"/quiz?seed=3&count=3&pick={pick['therapy']}&commit=yes"
    marked, whole, none = (
        " ".join(said(server.get(one).text).split())
        for one in (address, f"{address}&twist=no", "/quiz?seed=3&count=3&commit=yes")
    )
    assert marked.index("Case 1 of 3") < marked.index(f"You chose: {pick['name']}") < marked.index("The lesson: ")
    assert re.search(r"Case 1 of 3, \d+ of \d+ points so far", whole)
    assert "You chose: none of them" in none


def test_the_same_number_gives_the_same_cases_whatever_the_count(server: Server) -> None:
    first, second = (server.get(f"/quiz.json?seed=11&count={count}").json["question"] for count in (3, 20))
    assert first == second


@pytest.mark.parametrize(
    "query",
    [
        "seed=x",
        "seed=1234567",
        "seed=1&count=4",
        "seed=1&level=odd",
        "seed=1&pick=nothing",
        "seed=1&fact=nothing",
        "token=a",
        "token=1.5.any.0000.",
        "token=1.5.any.0000.0b1y&seed=1",
        "seed=1&twist=yes",
        "pick=sorafenib",
        "seed=1&" + "&".join(["pick=sorafenib"] * 7),
    ],
)
def test_a_quiz_address_that_was_tampered_with_is_refused(server: Server, query: str) -> None:
    assert server.get(f"/quiz.json?{query}").status == 422
    assert server.get(f"/quiz?{query}").status == 422


def test_there_is_no_tab_for_changes_where_one_ruleset_is_served(server: Server) -> None:
    assert "/changes" not in server.get("/answer").text
    assert server.get("/changes").status == 404


def test_what_became_of_a_trial_stands_in_the_answers_first_line(server: Server) -> None:
    page = said(server.get(f"/answer?{CASE}").text)
    entry = server.get(f"/answer.json?{CASE}").json
    tivantinib = next(option for option in entry["options"] if option["therapy"] == "tivantinib")
    assert tivantinib["headline"]["text"] in " ".join(page.split())


def test_every_therapy_is_in_one_list(server: Server) -> None:
    known = set(server.library.rulesets["hcc-2016"].therapies)
    document = server.get(f"/answer.json?{CASE}").json
    assert set(lists_of(document)) == known
    assert sum(len(document[name]) for name in LISTS) == len(known)
