"""Fifty people at once against the page on loopback: throughput, p99, and whether every answer was right.

    python -m tests.bench.load --users 50 --seconds 10

Each user asks in turn for the JSON answer of a case of its own making, and checks it against an answer computed in this
process; one request in ten is the answer's whole page, checked likewise, and one in ten another view of the case, which must
come and hold the notice. The server runs as a process of its own.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from hepatica.report.old_document import answer
from hepatica.web.cases import case_in

from hepatica.cli import common
from hepatica.paths import DEFAULT_RULESET
from hepatica.patient import COMMON_FIELDS, NONE, UNKNOWN, Field

MOST_SECONDS, MOST_USERS, MOST_REQUESTS = 120, 200, 100_000
EVERY = 10
VIEWS = ("/why", "/whatif", "/compare", "/pathway", "/pathway.svg", "/evidence", "/rules", "/quiz?seed=1", "/about")


@dataclass
class Tally:
    """What one user saw; times in seconds."""

    times: list[float] = field(default_factory=list)
    wrong: int = 0
    failed: int = 0


def case_query(chance: random.Random) -> str:
    """A case of random facts; the score of Child-Pugh is left out, so that nothing contradicts itself."""
    pairs = [
        (known.name, value)
        for known in COMMON_FIELDS.values()
        if known.name != "child_pugh_score"
        for value in _values(known, chance)
    ]
    return urlencode(pairs)


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


def expected(count: int) -> list[tuple[str, str]]:
    """Queries with the answers this process computes."""
    chance = random.Random(7)
    evaluator = common.evaluator(DEFAULT_RULESET)
    found = []
    for _ in range(count):
        query = case_query(chance)
        profile = case_in(query).profile
        assert profile is not None, query
        found.append((query, json.dumps(answer(evaluator.evaluate(profile)), sort_keys=True)))
    return found


def user(number: int, port: int, cases: list[tuple[str, str]], until: float, tally: Tally) -> None:
    """Ask until the time is over, over one connection that is kept."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for step in range(MOST_REQUESTS):
        if time.perf_counter() > until:
            break
        address, right = _request(number + step, step, cases)
        started = time.perf_counter()
        try:
            connection.request("GET", address)
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            tally.failed += 1
            connection.close()
            continue
        tally.times.append(time.perf_counter() - started)
        if response.status == 200:
            tally.wrong += not right(body)
        else:
            tally.failed += 1
    connection.close()


def _request(turn: int, step: int, cases: list[tuple[str, str]]) -> tuple[str, Callable[[bytes], bool]]:
    """The next address to ask for, and whether a body is right."""
    query, answered = cases[turn * 7919 % len(cases)]
    if step % EVERY == EVERY - 1:
        return f"/answer?{query}", lambda body: _same_page(body, answered)
    if step % EVERY == EVERY // 2:
        view = VIEWS[turn // EVERY % len(VIEWS)]
        return f"{view}{'&' if '?' in view else '?'}{query}", lambda body: b"not a medical device" in body
    return f"/answer.json?{query}", lambda body: json.dumps(json.loads(body), sort_keys=True) == answered


def _same_page(body: bytes, right: str) -> bool:
    """Whether a page opens exactly the therapies that the answer does not rule out."""
    shown = sorted(re.findall(r'id="t-([a-z0-9-]+)"', body.decode()))
    known = json.loads(right)
    return shown == sorted(entry["therapy"] for name in ("options", "possible", "not_supported") for entry in known[name])


def run(users: int, seconds: float, cases: list[tuple[str, str]]) -> tuple[list[Tally], float]:
    """The tallies of all users, and how long it took."""
    server = subprocess.Popen(
        [sys.executable, "-m", "hepatica", "serve", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert server.stdout is not None
        match = re.search(r":(\d+)/", server.stdout.readline())
        assert match, "the server did not say where it listens"
        tallies = [Tally() for _ in range(users)]
        started = time.perf_counter()
        until = started + seconds
        threads = [
            threading.Thread(target=user, args=(number, int(match.group(1)), cases, until, tally))
            for number, tally in enumerate(tallies)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return tallies, time.perf_counter() - started
    finally:
        server.terminate()
        server.wait(20)


def main() -> int:
    """Run, print, and fail where anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10)
    given = parser.parse_args()
    users, seconds = min(max(given.users, 1), MOST_USERS), min(max(given.seconds, 0.5), MOST_SECONDS)
    tallies, took = run(users, seconds, expected(200))
    times = sorted(second for tally in tallies for second in tally.times)
    wrong, failed = sum(tally.wrong for tally in tallies), sum(tally.failed for tally in tallies)
    if not times:
        print("no request was answered")
        return 1
    p50, p99 = (times[min(len(times) - 1, int(len(times) * part))] * 1000 for part in (0.5, 0.99))
    print(f"{users} users, {took:.1f} s: {len(times)} requests, {len(times) / took:.0f} a second, of which every 5th a page")
    print(f"median {p50:.0f} ms, p99 {p99:.0f} ms, longest {times[-1] * 1000:.0f} ms; {failed} failed, {wrong} wrong")
    return int(bool(wrong or failed))


if __name__ == "__main__":
    sys.exit(main())
