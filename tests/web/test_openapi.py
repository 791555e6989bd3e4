"""The description of the pages' JSON is true: every answer fits it, and schemathesis finds nothing against it."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from hepatica.patient import COMMON_FIELDS
from tests.web.serving import Server

HOOKS = "tests.web.schema_checks"
CASE = "bclc_stage=C&child_pugh_class=A&prior_sorafenib=progressed&cmet=high"
SETTINGS = """\
[checks.positive_data_acceptance]
expected-statuses = [200, 422]

[checks.negative_data_rejection]
expected-statuses = [200, 400, 404, 405, 413, 414, 422]
"""


@pytest.fixture(scope="module")
def described(server: Server) -> Any:
    return server.get("/openapi.json").json


def validator(described: Any, path: str) -> jsonschema_rs.Draft202012Validator:
    """A validator of a page's JSON; the description is the document its references are looked up in."""
    answer = described["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return jsonschema_rs.Draft202012Validator({**answer, "components": described["components"]})


@pytest.mark.slow
def test_every_answer_fits_its_schema(server: Server, described: Any) -> None:
    for path in described["paths"]:
        known = validator(described, path)
        address = path.format(study="reach", therapy="tivantinib")
        examples = list(server.library.examples)
        for name in examples if path == "/answer.json" else examples[::6]:
            known.validate(server.get(f"{address}?{server.query(name)}").json)
    for address in ("/why.json?therapy=tivantinib", "/compare.json?but=cmet%3Dlow", "/quiz.json?seed=1&commit=yes&twist=yes"):
        validator(described, address.partition("?")[0]).validate(server.get(f"{address}&{CASE}").json)


def test_problems_fit_their_schema(server: Server, described: Any) -> None:
    schema = described["components"]["responses"]["Problems"]["content"]["application/json"]["schema"]
    known = jsonschema_rs.Draft202012Validator({**schema, "components": described["components"]})
    known.validate(server.get("/answer.json?bclc_stage=Q&foo=1").json)


def test_a_document_that_lacks_its_lists_does_not_fit(server: Server, described: Any) -> None:
    whole = server.get("/answer.json").json
    del whole["options"]
    assert not validator(described, "/answer.json").is_valid(whole)


def test_every_parameter_of_a_case_is_described_for_every_page(described: Any) -> None:
    shared = described["components"]["parameters"]
    names = {parameter["name"] for parameter in shared.values()}
    assert {*COMMON_FIELDS, "label", "ruleset", "child_pugh_components.inr", "cmet.percent"} <= names
    for path in described["paths"].values():
        references = [parameter["$ref"] for parameter in path["get"]["parameters"] if "$ref" in parameter]
        assert {reference.rpartition("/")[2] for reference in references} == set(shared)


@pytest.mark.slow
def test_schemathesis_finds_nothing(server: Server, tmp_path: Path) -> None:
    """Bound by examples, not by time: a busy machine takes longer and finds the same."""
    if importlib.util.find_spec("schemathesis") is None:
        pytest.skip("needs schemathesis: pip install schemathesis")
    (tmp_path / "schemathesis.toml").write_text(SETTINGS, encoding="utf-8")
    limits = ["--max-examples", "10", "--seed", "1", "--phases", "examples,fuzzing", "--no-color", "--warnings", "off"]
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{server.address}/openapi.json", *limits]
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": HOOKS, "PYTHONPATH": path}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=1200, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert int(re.findall(r"(\d+) generated", done.stdout)[-1]) >= 100
