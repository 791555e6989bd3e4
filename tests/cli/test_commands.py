"""The command line as a user meets it: output, contract, errors, exit codes; never a traceback."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from click.testing import CliRunner

from hepatica.cli.catalogue import KINDS
from hepatica.cli.main import COMMANDS, cli, run
from hepatica.notice import NOTICE
from tests.conftest import PATIENTS, ROOT, each_patient
from tests.making import standard_input

MET_HIGH = str(ROOT / "patients" / "after-sorafenib-met-high.yaml")


def hepatica(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run(list(arguments))
    captured = capfd.readouterr()
    return code, captured.out, captured.err


def process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "hepatica", *arguments]
    return subprocess.run(command, capture_output=True, cwd=ROOT, env={**os.environ, **environment}, check=False, timeout=600)


def unwrapped(text: str) -> str:
    return " ".join(text.split())


def test_text_gives_the_answer_first_then_what_would_settle_then_what_failed(capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = hepatica(capfd, "evaluate", str(ROOT / "patients" / "afp-unknown.yaml"))
    assert (code, err) == (0, "")
    places = [out.index(title) for title in ("EARLY SIGNAL", "DEPENDS ON MISSING", "NOT SUPPORTED", "NO EVIDENCE IN")]
    assert places == sorted(places)
    assert NOTICE in unwrapped(out)
    assert "\x1b" not in out


@each_patient
def test_text_fits_eighty_columns_and_names_every_therapy(capfd: pytest.CaptureFixture[str], path: Path) -> None:
    _, out, _ = hepatica(capfd, "evaluate", str(path), "--verbose")
    _, plain, _ = hepatica(capfd, "evaluate", str(path), "--format", "json")
    answer = json.loads(plain)
    shown = unwrapped(out)
    for name in ("options", "trials", "possible", "not_supported", "ruled_out", "unreported") if answer["scope"] != "out" else ():
        for entry in answer[name]:
            assert entry["name"] in shown
    assert max(map(len, out.splitlines())) <= 80


def test_several_patients_make_a_list(capfd: pytest.CaptureFixture[str]) -> None:
    _, out, _ = hepatica(capfd, "evaluate", MET_HIGH, str(ROOT / "patients" / "bclc-d.yaml"), "-f", "json")
    assert [answer["profile"]["bclc_stage"] for answer in json.loads(out)] == ["C", "D"]


def test_standard_input_is_read_as_yaml_and_as_json(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for data in (b"bclc_stage: C\nprior_sorafenib: none\n", b'{"bclc_stage": "C", "prior_sorafenib": "none"}'):
        standard_input(monkeypatch, data)
        _, out, _ = hepatica(capfd, "evaluate", "-", "--format", "json")
        assert json.loads(out)["profile"]["prior_sorafenib"] == "none"


def test_output_is_the_same_byte_for_byte_in_every_process(capfd: pytest.CaptureFixture[str]) -> None:
    other = process("evaluate", MET_HIGH, "--format", "json", PYTHONHASHSEED="77")
    code, out, _ = hepatica(capfd, "evaluate", MET_HIGH, "--format", "json")
    assert (other.returncode, other.stdout) == (code, out.encode()) == (0, out.encode())


def test_markdown_escapes_what_a_label_may_hold(capfd: pytest.CaptureFixture[str]) -> None:
    _, out, _ = hepatica(capfd, "evaluate", "--set", "label=<b>|x|[y](z)", "--set", "bclc_stage=C", "--format", "markdown")
    assert out.startswith("# \\<b\\>\\|x\\|\\[y\\](z)\n")
    assert NOTICE in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("evaluate", "nowhere.yaml"), "nowhere.yaml:1:1: unreadable: no such file"),
        (("evaluate", str(ROOT)), "unreadable: is a folder"),
        (("evaluate",), "name a patient file"),
        (("evaluate", "after-sorafenib-met-hig"), "did you mean 'after-sorafenib-met-high'?"),
        (("evaluate", MET_HIGH, "--ruleset", "hcc_2016"), "did you mean 'hcc-2016'?"),
        (("evaluate", MET_HIGH, "--format", "xml"), "is not one of"),
        (("evaluat", MET_HIGH), "did you mean 'evaluate'?"),
        (("explain", MET_HIGH, "tivantinb"), "did you mean 'tivantinib'?"),
        (("rules", "--field", "etiolgy"), "did you mean 'etiology'?"),
        (("rules", "sorafenb"), "did you mean 'sorafenib'?"),
        (("rules", "--standing", "early"), "no standing 'early'"),
        (("schema", "patient"), "is not one of"),
    ],
)
def test_bad_input_is_named_on_stderr_with_exit_code_2(
    capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...], says: str
) -> None:
    code, out, err = hepatica(capfd, *arguments)
    assert code == 2
    assert says in err
    assert "Traceback" not in err
    assert out == ""


def test_errors_of_several_patients_come_together(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yaml"):
        (tmp_path / name).write_text("ecog: 9\nregion: mars\n")
    code, _, err = hepatica(capfd, "evaluate", str(tmp_path / "b.yaml"), str(tmp_path / "a.yaml"))
    assert code == 2
    assert [line.removeprefix(str(tmp_path)).split(": ")[0] for line in err.splitlines()] == [
        "/a.yaml:1:7",
        "/a.yaml:2:9",
        "/b.yaml:1:7",
        "/b.yaml:2:9",
    ]


def test_a_negative_trial_stays_visible_beside_what_speaks_for_a_therapy(capfd: pytest.CaptureFixture[str]) -> None:
    for patient in ("afp-unknown", "afp-exactly-400"):
        _, out, _ = hepatica(capfd, "evaluate", patient)
        assert "not supported: REACH: OS" in unwrapped(out)


@pytest.mark.parametrize(("name", "therapy"), [("nexavar", "sorafenib"), ("Sorafenib", "sorafenib"), ("JX 594", "jx-594")])
def test_brand_names_and_other_spellings_of_a_therapy_are_found(
    capfd: pytest.CaptureFixture[str], name: str, therapy: str
) -> None:
    _, out, _ = hepatica(capfd, "explain", MET_HIGH, name, "--format", "json")
    assert json.loads(out)["therapy"] == therapy


def test_a_drug_that_the_ruleset_does_not_know_is_said_not_to_be_in_it(capfd: pytest.CaptureFixture[str]) -> None:
    code, _, err = hepatica(capfd, "explain", MET_HIGH, "cisplatin")
    assert code == 2
    assert "'cisplatin' is not in this ruleset (hcc-2016)" in err


def test_the_example_patients_are_listed_with_what_each_teaches(capfd: pytest.CaptureFixture[str]) -> None:
    _, out, _ = hepatica(capfd, "patients", "--format", "json")
    listed = json.loads(out)["patients"]
    assert [one["name"] for one in listed] == [path.stem for path in PATIENTS]
    assert all(one["label"] and one["teaches"] for one in listed)


@pytest.mark.parametrize("format_", ["bibtex", "ris", "csv", "json", "text", "markdown"])
def test_the_references_come_in_the_formats_of_reference_managers(capfd: pytest.CaptureFixture[str], format_: str) -> None:
    code, out, _ = hepatica(capfd, "evidence", "references", "--format", format_)
    assert code == 0
    known = re.findall(r"10\.\d{4,}/", out)
    assert len(known) > 20
    if format_ == "bibtex":
        assert out.count("{") - out.count("\\{") == out.count("}") - out.count("\\}")
    if format_ == "ris":
        assert out.count("TY  - ") == out.count("ER  - ")


def test_a_long_label_is_wrapped(capfd: pytest.CaptureFixture[str]) -> None:
    _, out, _ = hepatica(capfd, "evaluate", "--set", f"label={'long words ' * 17}", "--set", "bclc_stage=C")
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(
    "arguments", [("evaluate", "a" * 300), ("evaluate", MET_HIGH, "--ruleset", "a" * 300), ("evaluate", "a\0b")]
)
def test_a_name_no_file_can_have_is_said_so(capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    code, _, err = hepatica(capfd, *arguments)
    assert code == 2
    assert "Traceback" not in err
    assert len(err.splitlines()) == 1


def test_many_patients_are_written_one_by_one(capfd: pytest.CaptureFixture[str]) -> None:
    several = [str(path) for path in PATIENTS[:3]]
    _, out, _ = hepatica(capfd, "evaluate", *several, "--format", "json")
    singles = [json.loads(hepatica(capfd, "evaluate", path, "--format", "json")[1]) for path in several]
    assert json.loads(out) == singles
    assert out == json.dumps(singles, indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("therapy", ["sorafenib", "ramucirumab", "best-supportive-care"])
def test_explain_json_carries_the_condition_tree(capfd: pytest.CaptureFixture[str], therapy: str) -> None:
    _, out, _ = hepatica(capfd, "explain", MET_HIGH, therapy, "--format", "json")
    explained = json.loads(out)
    assert explained["notice"].startswith(NOTICE)
    assert {rule["applies"] for rule in explained["rules"]} <= {"true", "false", "unknown"}
    assert list(_leaves(explained["rules"][0]["condition"]))


def _leaves(branch: dict[str, Any]) -> list[dict[str, Any]]:
    children = branch.get("children", [])
    return [leaf for child in children for leaf in _leaves(child)] if children else [branch]


def test_rules_can_be_filtered_and_searched(capfd: pytest.CaptureFixture[str]) -> None:
    _, out, _ = hepatica(capfd, "rules", "--field", "afp", "--format", "json")
    assert {rule["therapy"] for rule in json.loads(out)["rules"]} >= {"ramucirumab"}
    _, out, _ = hepatica(capfd, "rules", "--standing", "standard", "--format", "json")
    assert {rule["therapy"] for rule in json.loads(out)["rules"]} == {"sorafenib"}
    _, out, _ = hepatica(capfd, "rules", "--search", "NCT01755767", "--format", "json")
    assert {rule["therapy"] for rule in json.loads(out)["rules"]} == {"tivantinib"}
    _, out, _ = hepatica(capfd, "rules", "tivantinib", "--verbose")
    assert "Rests on" in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("kind", KINDS)
def test_every_schema_is_a_valid_schema(capfd: pytest.CaptureFixture[str], kind: str) -> None:
    code, out, error = hepatica(capfd, "schema", kind)
    if "extra 'tables'" in error:
        pytest.skip(error)
    assert code == 0
    schema = json.loads(out)
    jsonschema_rs.meta.validate(schema)
    assert schema["$id"].startswith("urn:hepatica:")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples(name: str) -> None:
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0
    assert f"hepatica {name}" in result.output


@pytest.mark.parametrize("group", [(), ("evidence",), ("new",)])
def test_a_name_without_its_command_gets_the_help_and_nothing_else(
    capfd: pytest.CaptureFixture[str], group: tuple[str, ...]
) -> None:
    code, out, err = hepatica(capfd, *group)
    assert (code, out) == (2, "")
    assert err == hepatica(capfd, *group, "--help")[1]


@pytest.mark.parametrize(
    ("package", "extra", "arguments"),
    [
        ("pyarrow", "tables", ("cohort", "patients.csv")),
        ("ruamel.yaml", "fmt", ("fmt", str(ROOT / "rulesets" / "teaching-faults"))),
        ("watchfiles", "watch", ("dev", "--once")),
    ],
)
def test_what_an_extra_brings_is_asked_for_as_it_is_installed(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, package: str, extra: str, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    code, out, err = hepatica(capfd, *arguments)
    assert (code, out) == (2, "")
    assert ": not-installed: " in err
    assert f"needs the extra '{extra}': pip install '.[{extra}]' in Hepatica's folder" in err


@pytest.mark.slow
def test_emphasis_only_on_a_terminal_and_never_with_no_color() -> None:
    script = "import pty, sys; sys.exit(pty.spawn([sys.executable, '-m', 'hepatica', 'evaluate', sys.argv[1]]) >> 8)"
    for environment, expected in (({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False)):
        done = subprocess.run(
            [sys.executable, "-c", script, MET_HIGH],
            capture_output=True,
            cwd=ROOT,
            env={**os.environ, "TERM": "xterm", **environment},
            check=False,
            timeout=600,
        )
        assert (b"\x1b[1m" in done.stdout) is expected
    assert b"\x1b" not in process("evaluate", MET_HIGH).stdout


def test_completion_is_there_for_a_shell() -> None:
    script = "from hepatica.cli.main import cli; cli.main(prog_name='hepatica')"
    completed = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "_HEPATICA_COMPLETE": "bash_source"},
        check=False,
        timeout=600,
    )
    assert b"_hepatica_completion" in completed.stdout
