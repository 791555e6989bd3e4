"""Fifty people at once against the page on loopback: throughput, p99 of each page, and whether every answer was right.

    python -m tests.bench.load --users 50 --seconds 10 --class 30

Each user asks in turn for the JSON answer of a case of its own making, and checks it against an answer computed in this
process; one request in ten is the answer's whole page, checked likewise, and one in ten another page of the case, which must
come and hold the notice. With `--class` so many begin a quiz of their own at the same moment, in a second round; the p99 of
answers in it stands beside that of the first. The server runs as a process of its own, `--command` names another one.

    python -m tests.bench.load --seconds 60 --against "/path/to/other/hepatica serve --port 0"

With `--against` a second server is asked the same in turns with the first, so that a busy machine disturbs both alike, and
each page's p99 is held against the p99 of the second server's answer page. What it answers is not checked: it may be older.
Where other programs want all cores, threads that wait for each other get more of them than processes that only compute: measure on
a machine that is free. A p99 wants a few hundred requests: `--others 6` makes six in ten a page other than the answer. At the end each page is asked
alone for a while: what a request costs the server in processor time, which a busy machine disturbs least.
"""

from __future__ import annotations

import argparse
import html
import http.client
import json
import random
import re
import shlex
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from hepatica import evaluate, load
from hepatica.patient import COMMON_FIELDS, NONE, UNKNOWN, Field
from hepatica.report import json_bytes

MOST_SECONDS, MOST_USERS, MOST_REQUESTS = 120, 200, 100_000
EVERY = 10
ALONE = 60
TURN_SECONDS = 2
PAGES = (
    "/why",
    "/whatif",
    "/compare",
    "/pathway",
    "/pathway.svg",
    "/forest",
    "/forest.svg",
    "/fate",
    "/handout",
    "/evidence",
    "/rules",
    "/quiz?seed=1",
    "/about",
)
LISTS = ("options", "trials", "possible", "not_supported", "ruled_out", "unreported")
Case = tuple[str, bytes]
"""A query, and the JSON that answers it."""
COMMAND = f"{sys.executable} -m hepatica serve --port 0"


@dataclass
class Tally:
    """What one user saw: times in seconds by page, and how many answers were wrong or did not come."""

    times: list[tuple[str, float]] = field(default_factory=list)
    wrong: int = 0
    failed: int = 0


@dataclass(frozen=True)
class BenchServer:
    """A server's process, and the port it listens on."""

    port: int
    process: int

    def processor_seconds(self) -> float:
        """What the process and those it began have taken so far. Linux has a clock for every process, of this number."""
        begun = Path(f"/proc/{self.process}/task/{self.process}/children").read_text().split()
        return sum(time.clock_gettime((~process << 3) | 2) for process in (self.process, *map(int, begun)))


def case_pairs(chance: random.Random) -> list[tuple[str, str]]:
    """A case of random facts; the score of Child-Pugh is left out, so that nothing contradicts itself."""
    known = (field for name, field in COMMON_FIELDS.items() if name != "child_pugh_score")
    return [(field.name, value) for field in known for value in _values(field, chance)]


def _values(known: Field, chance: random.Random) -> list[str]:
    if chance.random() < 0.2:
        return [UNKNOWN]
    if known.kind == "set":
        return chance.sample(known.values, chance.randint(1, 2)) if chance.random() < 0.7 else [NONE]
    if known.kind == "flag":
        return [chance.choice(("yes", "no"))]
    if known.kind == "integer":
        return [str(chance.randint(int(known.low), int(known.high)))]
    return [str(chance.randint(0, 2000))] if known.kind == "number" else [chance.choice(known.values)]


def expected(count: int) -> list[Case]:
    """Queries with the answers this process computes, as JSON."""
    chance = random.Random(7)
    ruleset = load()
    found: list[Case] = []
    for _ in range(count):
        pairs = case_pairs(chance)
        several = {name for name, value in pairs if COMMON_FIELDS[name].kind == "set" and value not in (NONE, UNKNOWN)}
        facts: dict[str, object] = {
            name: [v for n, v in pairs if n == name] if name in several else value for name, value in pairs
        }
        found.append((urlencode(pairs), json_bytes(evaluate(ruleset, facts)) + b"\n"))
    return found


def user(number: int, port: int, cases: list[Case], until: float, tally: Tally, others: int = 1) -> None:
    """Ask until the time is over, over one connection that is kept."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=90)
    for step in range(MOST_REQUESTS):
        if time.perf_counter() > until:
            break
        _ask(connection, *_request(number, step, cases, others), tally)
    connection.close()


def _ask(connection: http.client.HTTPConnection, address: str, right: Callable[[bytes], bool], tally: Tally) -> None:
    started = time.perf_counter()
    try:
        connection.request("GET", address)
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException):
        tally.failed += 1
        connection.close()
        return
    tally.times.append((address.partition("?")[0], time.perf_counter() - started))
    if response.status == 200:
        tally.wrong += not right(body)
    else:
        tally.failed += 1


def _request(number: int, step: int, cases: list[Case], others: int) -> tuple[str, Callable[[bytes], bool]]:
    """The next address that a user asks for, and whether a body is right. Users are not in step: pages come evenly."""
    turn = number + step
    query, answered = cases[turn * 7919 % len(cases)]
    if turn % EVERY == EVERY - 1:
        return f"/answer?{query}", lambda body: _same_page(body, answered)
    if turn % EVERY < others:
        page = PAGES[(number + turn // EVERY + turn % EVERY) % len(PAGES)]
        return f"{page}{'&' if '?' in page else '?'}{query}", lambda body: b"not a medical device" in body
    # Byte for byte: to read the JSON would take this process longer than the server takes to answer.
    return f"/answer.json?{query}", lambda body: body == answered


def _same_page(body: bytes, right: bytes) -> bool:
    """Whether a page names every therapy of the answer with its headline (out of scope it names none)."""
    known = json.loads(right)
    text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"</?a\b[^>]*>", "", body.decode()))).split())
    entries = [entry for name in ("options", "trials", "not_supported") for entry in known[name]]
    return known["scope"] == "out" or all(" ".join(entry["headline"]["text"].split()) in text for entry in entries)


def run(
    users: int, seconds: float, cases: list[Case], port: int, learners: int = 0, others: int = 1
) -> tuple[list[Tally], Tally, float]:
    """The tallies of all users, that of the learners who begin a quiz at once, and how long it took."""
    tallies, quizzes = [Tally() for _ in range(users)], Tally()
    started = time.perf_counter()
    until = started + seconds
    threads = [threading.Thread(target=user, args=(n, port, cases, until, tally, others)) for n, tally in enumerate(tallies)]
    threads += [threading.Thread(target=_learner, args=(seed, port, quizzes)) for seed in range(learners)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tallies, quizzes, time.perf_counter() - started


def _learner(seed: int, port: int, tally: Tally) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=90)
    _ask(connection, f"/quiz?seed={seed + 100}&count=20", lambda body: b"Case 1 of" in body, tally)
    connection.close()


def percentile(times: list[float], part: float) -> float:
    """In milliseconds; 0 where nothing was measured."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000 if ordered else 0.0


def by_page(tallies: list[Tally]) -> dict[str, list[float]]:
    """The times of each page, in seconds."""
    found: dict[str, list[float]] = {}
    for name, second in sorted(one for tally in tallies for one in tally.times):
        found.setdefault(name, []).append(second)
    return found


def report(tallies: list[Tally], took: float) -> tuple[float, int]:
    """Print what a round saw; gives the p99 of JSON answers in milliseconds, and what failed or was wrong."""
    pages = by_page(tallies)
    count = sum(map(len, pages.values()))
    wrong, failed = sum(tally.wrong for tally in tallies), sum(tally.failed for tally in tallies)
    print(f"{took:.1f} s: {count} requests, {count / took:.0f} a second; {failed} failed, {wrong} wrong")
    for page, own in pages.items():
        print(f"  {page:15} {len(own):6} median {percentile(own, 0.5):5.0f} ms, p99 {percentile(own, 0.99):5.0f} ms")
    return percentile(pages.get("/answer.json", []), 0.99), wrong + failed


@contextmanager
def served(command: str) -> Iterator[BenchServer]:
    """A server of its own process."""
    server = subprocess.Popen(shlex.split(command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        match = re.search(r":(\d+)/", server.stdout.readline())
        assert match, "the server did not say where it listens"
        yield BenchServer(int(match.group(1)), server.pid)
    finally:
        server.terminate()
        server.wait(20)


def in_turns(users: int, seconds: float, cases: list[Case], servers: Sequence[BenchServer], others: int) -> int:
    """Ask two servers by turns, and print each page's p99 over that of the second's answer page; gives what went wrong."""
    tallies: tuple[list[Tally], list[Tally]] = ([], [])
    took = [0.0, 0.0]
    turns = max(round(seconds / TURN_SECONDS), 1)
    ratios = []
    for _ in range(turns):
        tails = []
        for side, server in enumerate(servers):
            found, _, took_now = run(users, seconds / turns, cases, server.port, others=others)
            tallies[side].extend(found)
            took[side] += took_now
            tails.append(percentile([second for tally in found for _, second in tally.times], 0.99))
        ratios.append(tails[0] / tails[1])
    _, bad = report(tallies[0], took[0])
    print("the other server (its answers are not checked):")
    report(tallies[1], took[1])
    base = percentile(by_page(tallies[1])["/answer"], 0.99)
    for page, own in by_page(tallies[0]).items():
        print(f"  {page:15} p99 is {percentile(own, 0.99) / base:.2f} times that of the other's answer page")
    # One stall of a busy machine makes a p99 of a whole run; in the middle of the turns it does not show.
    low, middle, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    print(f"p99 of all pages turn by turn: {middle:.2f} times the other's (half of the turns {low:.2f} to {high:.2f})")
    print("processor time of one request, in ms, and the other's:")
    for page in ("/answer.json", "/answer", *PAGES):
        print(f"  {page:15}", *(f"{cost(server, page, cases):6.2f}" for server in servers))
    return bad


def cost(server: BenchServer, page: str, cases: list[Case]) -> float:
    """The processor time that one request for a page takes, in milliseconds: in the quietest of three rounds."""
    tally, mark = Tally(), "&" if "?" in page else "?"
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=90)
    found = []
    for _ in range(4):  # the first time only to be warm
        before = server.processor_seconds()
        for query, _ in cases[:ALONE]:
            _ask(connection, f"{page}{mark}{query}", bool, tally)
        found.append((server.processor_seconds() - before) / ALONE * 1000)
    connection.close()
    return min(found[1:])


def beside_a_class(users: int, seconds: float, cases: list[Case], port: int, learners: int, others: int) -> int:
    """One round alone, and one while a class begins a quiz; gives what went wrong."""
    tallies, _, took = run(users, seconds, cases, port, others=others)
    alone, bad = report(tallies, took)
    if not learners:
        return bad
    tallies, quizzes, took = run(users, seconds, cases, port, learners, others)
    print(f"the same while {learners} begin a quiz at once:")
    beside, worse = report(tallies, took)
    longest = max((second for _, second in quizzes.times), default=0.0)
    print(f"  quizzes: {len(quizzes.times)} begun, {quizzes.failed} failed, longest wait {longest * 1000:.0f} ms")
    print(f"  p99 of answers {beside / alone:.1f} times its value alone")
    return bad + worse + quizzes.wrong + quizzes.failed


def main() -> int:
    """Run, print, and fail where anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--class", dest="learners", type=int, default=30)
    parser.add_argument("--others", type=int, default=1, choices=range(EVERY - 1), help="How many in ten are other pages.")
    parser.add_argument("--command", default=COMMAND, help="How the server is started; it says where it listens.")
    parser.add_argument("--against", help="How another server is started, whose answer page is the measure.")
    given = parser.parse_args()
    users, seconds = min(max(given.users, 1), MOST_USERS), min(max(given.seconds, 0.5), MOST_SECONDS)
    cases = expected(200)
    with ExitStack() as servers:
        own, *against = [servers.enter_context(served(command)) for command in (given.command, given.against) if command]
        if against:
            return int(bool(in_turns(users, seconds, cases, (own, *against), given.others)))
        return int(bool(beside_a_class(users, seconds, cases, own.port, given.learners, given.others)))


if __name__ == "__main__":
    sys.exit(main())
