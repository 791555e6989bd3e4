"""`hepatica serve` as a process: where it listens, what it says, and what it never logs."""

from __future__ import annotations

import http.client
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from hepatica.cli.main import run
from hepatica.evaluation import Evaluator
from hepatica.problems import InternalError
from tests.web.serving import PATIENCE, Server

pytest.importorskip("uvicorn", reason="the page needs the extra 'web'")


@contextmanager
def started(*options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [sys.executable, "-m", "hepatica", "serve", "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        match = re.search(r":(\d+)/", process.stdout.readline())
        assert match
        yield process, int(match.group(1))
    finally:
        process.terminate()
        process.wait(PATIENCE)
        process.stdout.close()
        process.stderr.close()


def asked(port: int, path: str, host: str = "127.0.0.1") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    connection.request("GET", path)
    response = connection.getresponse()
    found = response.status, response.read()
    connection.close()
    return found


@pytest.mark.slow
def test_it_serves_on_loopback_and_says_nothing_of_a_case() -> None:
    with started() as (process, port):
        assert asked(port, "/answer?label=Zebra-4711&bclc_stage=C")[0] == 200
        assert asked(port, "/answer.json?bclc_stage=Zebra-4711")[0] == 422
        process.terminate()
        out, err = process.communicate(timeout=PATIENCE)
    assert "Zebra" not in out + err
    assert not err


@pytest.mark.slow
def test_another_address_than_loopback_is_warned_about() -> None:
    with started("--host", "0.0.0.0") as (process, port):
        assert asked(port, "/answer")[0] == 200
        process.terminate()
        _, err = process.communicate(timeout=PATIENCE)
    assert err.startswith("warning: listening on 0.0.0.0")


@pytest.mark.slow
def test_where_one_of_the_processes_has_failed_the_others_answer() -> None:
    with started() as (process, port):
        assert asked(port, "/answer")[0] == 200
        for one in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
            os.kill(int(one), signal.SIGKILL)
        answered, until = 0, time.monotonic() + PATIENCE
        while answered < 12 and time.monotonic() < until:
            # Until a process has ended with all its threads a client may still be sent to it: a browser asks again.
            with suppress(ConnectionError):
                answered += asked(port, "/about.json")[0] == 200
    assert answered == 12, "clients of the process that ended are not answered"


@pytest.mark.slow
def test_ctrl_c_once_ends_every_process() -> None:
    with started() as (process, port):
        assert asked(port, "/answer")[0] == 200
        others = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err.split()) == (2, ["stopped"])
    assert not [one for one in others if Path(f"/proc/{one}").exists()]


def test_a_port_in_use_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert run(["serve", "--port", str(taken.getsockname()[1])]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "cannot listen on" in line


@pytest.mark.slow
def test_several_rulesets_are_told_apart() -> None:
    with started("--ruleset", "hcc-2016", "--ruleset", "hcc-2016") as (_, port):
        status, body = asked(port, "/answer?ruleset=hcc-2016-2")
    assert status == 200
    assert b"hcc-2016-2" in body


def test_a_failure_inside_gives_no_answer_and_logs_only_where(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(self: Evaluator, profile: object) -> None:
        raise InternalError(f"differs for {profile}")

    monkeypatch.setattr(Evaluator, "evaluate", failing)
    with caplog.at_level(logging.DEBUG):
        reply = server.get("/answer?label=Zebra-4711")
    assert reply.status == 500
    assert "no answer is given" in reply.text
    assert "content-security-policy" in reply.headers
    assert "Zebra" not in caplog.text + reply.text
    assert "InternalError at" in caplog.text
