"""The description of the JSON twins is true: every answer fits it, and schemathesis finds nothing against it."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from hepatica.web.cases import NAMES
from hepatica.web.pages import pages
from tests.web.serving import Server

HOOKS = "tests.web.schema_checks"
SETTINGS = """\
[checks.positive_data_acceptance]
expected-statuses = [200, 422]

[checks.negative_data_rejection]
expected-statuses = [400, 404, 405, 413, 414, 422]
"""


def test_every_answer_fits_its_schema(server: Server) -> None:
    ruleset = server.library.books["hcc-2016"].ruleset
    for page in pages(server.library):
        path = page.path.format(study="reach", therapy=next(iter(ruleset.therapies)))
        starters = list(server.library.starters.values())
        for starter in starters if page.name == "answer" else starters[::6]:
            jsonschema.validate(server.get(f"{path}.json?{starter.query}").json, page.answer)


def test_a_document_that_lacks_its_lists_does_not_fit(server: Server) -> None:
    page = next(page for page in pages(server.library) if page.name == "answer")
    whole = server.get("/answer.json").json
    del whole["options"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(whole, page.answer)


def test_every_parameter_of_a_case_is_described_for_every_view(server: Server) -> None:
    described = server.get("/openapi.json").json
    shared = described["components"]["parameters"]
    names = {parameter["name"] for parameter in shared.values()}
    assert names == {*NAMES, "ruleset"}
    for path in described["paths"].values():
        references = [parameter["$ref"] for parameter in path["get"]["parameters"] if "$ref" in parameter]
        assert len(references) == len(names)
        assert all(reference.rpartition("/")[2] in shared for reference in references)


def test_schemathesis_finds_nothing(server: Server, tmp_path: Path) -> None:
    if importlib.util.find_spec("schemathesis") is None:
        pytest.skip("needs schemathesis: pip install schemathesis")
    (tmp_path / "schemathesis.toml").write_text(SETTINGS, encoding="utf-8")
    limits = [
        "--max-examples",
        "5",
        "--max-time",
        os.environ.get("HEPATICA_SCHEMATHESIS_SECONDS", "6"),
        "--seed",
        "1",
        "--phases",
        "examples,coverage,fuzzing",
        "--no-color",
    ]
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{server.address}/openapi.json", *limits, "--warnings", "off"]
    root = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": HOOKS, "PYTHONPATH": root}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=600, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert int(re.findall(r"(\d+) generated", done.stdout)[-1]) > 50
