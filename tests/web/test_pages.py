"""Every view over the wire: its twin, its notice, its headers, its bounds."""

from __future__ import annotations

import contextlib
import html
import json
import logging
import re
import socket
from urllib.parse import quote

import pytest

from hepatica.cli.main import run
from hepatica.notice import notice
from hepatica.report.old_document import answer
from hepatica.web.limits import LARGEST_BODY
from hepatica.web.pages import pages
from tests.web.serving import Server

CASE = "bclc_stage=C&child_pugh_class=A&prior_sorafenib=progressed&cmet=high"


def paths(server: Server) -> list[str]:
    ruleset = server.library.books["hcc-2016"].ruleset
    values = {"study": next(iter(ruleset.studies)), "therapy": next(iter(ruleset.therapies))}
    return [page.path.format(**values) for page in pages(server.library)]


def test_every_view_and_its_twin_answer_with_and_without_a_case(server: Server) -> None:
    for path in paths(server):
        for query in ("", CASE):
            page, twin = server.get(f"{path}?{query}"), server.get(f"{path}.json?{query}")
            assert (page.status, twin.status) == (200, 200), path
            assert page.headers["content-type"].startswith("text/html")
            assert twin.headers["content-type"] == "application/json"


def test_the_notice_is_on_every_view_twin_and_error(server: Server) -> None:
    said = notice("2016-08")
    unheard = said.replace("For education. ", "")
    for path in (*paths(server), "/nowhere", "/answer?bclc_stage=Q", "/evidence?phase=Q"):
        assert unheard in html.unescape(server.get(path).text), path
    for path in (*paths(server), "/evidence/nothing", "/answer"):
        assert server.get(f"{path}.json").json["notice"] == said, path


def test_every_tab_leads_to_a_view_and_carries_the_case(server: Server) -> None:
    page = server.get(f"/answer?{CASE}").text
    tabs = re.findall(r'<a href="(/[a-z]+\?[^"]*)"', page[page.index('id="views"') : page.index("</nav>")])
    assert len(tabs) >= 8
    for tab in tabs:
        target = html.unescape(tab)
        assert "prior_sorafenib=progressed" in target
        assert server.get(target).status == 200


def test_the_twin_of_the_answer_is_the_command_lines_json(server: Server) -> None:
    book = server.library.books["hcc-2016"]
    for starter in server.library.starters.values():
        expected = json.loads(json.dumps(answer(book.evaluator.evaluate(starter.profile))))
        assert server.get(f"/answer.json?{starter.query}").json == expected


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
        ("/forest.json?endpoint=OS", ["forest", "--endpoint", "OS"]),
        ("/pathway.json", ["pathway"]),
        ("/answer.json?{case}", ["evaluate", "{patient}"]),
        ("/whatif.json?{case}", ["whatif", "{patient}"]),
        ("/pathway.json?{case}", ["pathway", "{patient}"]),
        ("/why.json?therapy=tivantinib&{case}", ["explain", "{patient}", "tivantinib"]),
    ],
)
def test_a_twin_says_all_that_the_command_line_says_in_json(
    server: Server, capsys: pytest.CaptureFixture[str], path: str, command: list[str]
) -> None:
    starter = server.library.starters["after-sorafenib-met-high"]
    assert run([*(part.format(patient=starter.name) for part in command), "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    twin = server.get(path.format(case=starter.query)).json
    assert {key: twin[key] for key in said} == said
    assert twin.keys() - said.keys() <= {
        "applicability",
        "profile",
        "therapy",
        "name",
        "class",
        "about",
        "targets",
        "synonyms",
        "regimens",
        "studies",
    }


def test_the_page_names_every_therapy_in_the_list_the_twin_puts_it(server: Server) -> None:
    for starter in server.library.starters.values():
        twin = server.get(f"/answer.json?{starter.query}").json
        page = server.get(f"/answer?{starter.query}").text
        listed = re.findall(r'id="t-([a-z0-9-]+)"', page)
        expected = [entry["therapy"] for name in ("options", "possible", "not_supported") for entry in twin[name]]
        assert sorted(listed) == sorted(expected)
        for entry in twin["ruled_out"]:
            assert f'href="/rules/{entry["therapy"]}?' in page


def test_printed_and_corrected_figures_stand_in_one_table(server: Server) -> None:
    page = server.get("/evidence/reach").text
    table = page[page.index('class="figures"') : page.index("</table>")]
    printed, mended = table.index("0.0001"), table.index("&lt; 0.0001")
    assert printed < mended
    assert 'class="correction"' in table[printed:mended]


def test_what_is_entered_is_escaped(server: Server) -> None:
    attack = "%3Cscript%3Ealert(1)%3C/script%3E%22%27"
    for path in (
        f"/answer?label={attack}",
        f"/answer?bclc_stage={attack}",
        f"/evidence?q={attack}",
        f"/why?{attack}=1",
        f"/{attack}",
    ):
        body = server.get(path).text
        assert "<script>alert" not in body
        assert "alert(1)" not in body or "&lt;script&gt;alert(1)" in body


def test_headers_allow_nothing_from_elsewhere_and_nothing_inline(server: Server) -> None:
    for path in (*paths(server), "/static/hepatica.css", "/nowhere", "/openapi.json"):
        reply = server.get(path)
        policy = reply.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert "set-cookie" not in reply.headers
        assert "server" not in reply.headers


def test_no_page_holds_inline_script_or_style_or_another_host(server: Server) -> None:
    for path in paths(server):
        body = server.get(f"{path}?{CASE}").text
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", body), path
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", body))
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', body), path


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_only_reading_is_allowed(server: Server, method: str) -> None:
    for path in ("/answer", "/answer.json", "/openapi.json"):
        reply = server.get(path, method)
        assert reply.status == 405
        assert set(reply.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_what_is_too_long_or_too_large_is_refused(server: Server) -> None:
    assert server.get("/answer?label=" + "x" * 9000).status == 414
    assert server.get("/" + "x" * 600).status == 414
    assert server.get("/answer", body=b"x" * (LARGEST_BODY + 1)).status == 413
    assert server.get("/answer", "POST", body=b"x" * (LARGEST_BODY + 1)).status == 413
    assert server.get("/answer", headers={"Transfer-Encoding": "chunked"}).status in (400, 413)


def test_headers_without_end_are_refused(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
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
    assert server.get("/static/hepatica.css").headers["cache-control"] == "no-cache"


def test_a_name_that_is_not_this_machines_is_refused(server: Server) -> None:
    assert server.get("/answer", headers={"Host": "attacker.example"}).status == 400
    assert server.get("/answer", headers={"Host": f"localhost:{server.port}"}).status == 200


def test_problems_are_said_as_json_with_their_field(server: Server) -> None:
    reply = server.get("/answer.json?bclc_stage=Q&foo=1")
    assert reply.status == 422
    assert {problem["field"] for problem in reply.json["problems"]} == {"bclc_stage", ""}


@pytest.mark.parametrize("path", ["/evidence/nothing", "/rules/nothing", "/nothing", "/static/nothing.css"])
def test_what_is_not_there_is_not_found(server: Server, path: str) -> None:
    assert server.get(path).status == 404
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
    assert "No study passes" in server.get("/evidence?q=zzzz").text


def test_a_study_says_whether_it_enrolled_the_patient(server: Server) -> None:
    inside = server.get("/evidence/reach.json?bclc_stage=C&prior_sorafenib=progressed").json
    outside = server.get("/evidence/reach.json?bclc_stage=C&prior_sorafenib=none&other_prior_systemic=none").json
    assert (inside["applicability"], outside["applicability"]) == ("inside", "outside")
    assert server.get("/evidence/reach.json").json["applicability"] is None
    assert "outside the population" in server.get("/evidence/reach?prior_sorafenib=none&other_prior_systemic=none").text


def test_a_search_that_is_too_long_is_refused(server: Server) -> None:
    assert server.get("/evidence.json?q=" + "x" * 101).status == 422


def test_a_change_that_what_if_offers_does_what_it_says(server: Server) -> None:
    page = server.get(f"/whatif?{CASE}").text
    twin = server.get(f"/whatif.json?{CASE}").json
    adds = {change["therapy"] for change in twin["adds"] if change["smallest"]}
    section = page[page.index('id="h-adds"') : page.index('id="h-removes"')]
    reached = set()
    for link in dict.fromkeys(re.findall(r'href="(/answer\?[^"]+)"', section)):
        after = server.get(html.unescape(link).replace("/answer", "/answer.json")).json
        reached |= {option["therapy"] for option in after["options"]}
    assert adds
    assert adds <= reached


def test_compare_shows_only_what_differs_first(server: Server) -> None:
    twin = server.get("/compare.json?patient=after-sorafenib-met-high&patient=after-sorafenib-met-low").json
    assert "cmet" in twin["differs"]["facts"]
    assert "prior_sorafenib" in twin["shared"]["facts"]
    other = server.get("/compare.json?cmet=high&other=cmet%3Dlow").json
    assert list(other["differs"]["facts"]) == ["cmet"]


def test_compare_refuses_more_than_it_can_show(server: Server) -> None:
    assert server.get("/compare.json?" + "&".join(["patient=bclc-d"] * 9)).status == 422


def test_the_forest_plot_is_a_picture_with_words(server: Server) -> None:
    pytest.importorskip("matplotlib", reason="the picture needs the extra 'plots'")
    reply = server.get("/forest.svg?endpoint=OS")
    assert reply.headers["content-type"] == "image/svg+xml"
    assert "<title" in reply.text
    assert "<desc" in reply.text
    assert reply.body == server.get("/forest.svg?endpoint=OS").body


def test_the_pathway_picture_is_the_cases_own_and_says_what_it_shows(server: Server) -> None:
    blank, lit = server.get("/pathway.svg"), server.get(f"/pathway.svg?{CASE}")
    assert blank.headers["content-type"] == lit.headers["content-type"] == "image/svg+xml"
    assert 'class="lit"' not in blank.text
    assert 'class="lit"' in lit.text
    assert "<title" in lit.text
    assert "<desc" in lit.text
    assert server.get("/pathway.svg?bclc_stage=Q").status == 422


def test_the_pathway_in_words_lights_what_the_answer_offers(server: Server) -> None:
    twin = server.get(f"/pathway.json?{CASE}").json
    branches = [b for line in twin["lines"] for door in line["doors"] for b in door["branches"] if b["state"] == "lit"]
    lit = {leaf["therapy"] for b in branches for leaf in b["therapies"] if leaf["standing"] != "not_supported"}
    options = {option["therapy"] for option in server.get(f"/answer.json?{CASE}").json["options"]}
    assert options <= lit


def test_a_quiz_reveals_nothing_before_the_learner_commits(server: Server) -> None:
    asked = server.get("/quiz.json?seed=3&count=3").json
    assert asked["stage"] == "question"
    assert "answer" not in asked
    assert "list" not in asked["case"]["choices"][0]
    told = server.get("/quiz.json?seed=3&count=3&commit=yes").json
    assert told["stage"] == "reveal"
    assert "changes" not in told["answer"]
    assert "gained" not in told["answer"]
    whole = server.get("/quiz.json?seed=3&count=3&commit=yes&twist=no").json
    assert whole["answer"]["changes"] in (True, False)


def test_a_quiz_answered_rightly_has_every_point_and_nothing_missed(server: Server) -> None:
    done = ""
    for _ in range(3):
        case = server.get(f"/quiz.json?seed=3&count=3&commit=yes&twist=yes{done}").json
        right = case["answer"]
        kept = "~".join((",".join(right["picks"]), right["fact"], "yes" if right["changes"] else "no"))
        done += f"&done={quote(kept)}"
    found = server.get(f"/quiz.json?seed=3&count=3{done}").json
    assert found["stage"] == "summary"
    assert found["summary"]["points"] == found["summary"]["possible_points"] > 0
    assert "nothing" in server.get(f"/quiz?seed=3&count=3{done}").text


@pytest.mark.parametrize(
    "query",
    [
        "seed=x",
        "seed=1234567",
        "seed=1&count=4",
        "seed=1&level=odd",
        "seed=1&pick=nothing",
        "seed=1&fact=nothing",
        "seed=1&done=a",
        "seed=1&done=a~b~yes",
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


def test_a_failed_trial_stays_beside_what_speaks_for_a_therapy(server: Server) -> None:
    page = html.unescape(server.get("/answer?bclc_stage=C&prior_sorafenib=progressed&afp=620").text)
    assert "As a whole not supported:" in page
    assert "REACH: OS 9.2 v 7.6 mo, HR 0.866" in page
