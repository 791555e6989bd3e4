"""`hepatica check` and `hepatica diff` as a user meets them: folders, revisions, declared changes, witnesses, every format."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given

from hepatica.assurance.check import KINDS
from hepatica.cli.main import run
from hepatica.cli.witnesses import patient_file
from hepatica.notice import NOTICE
from hepatica.patient import Facts, Profile, profile_in, profile_of, read_profile
from hepatica.report.assurance.words import settings
from tests.assurance.editing import commit, edit, git, two
from tests.conftest import ROOT
from tests.making import profiles, write_ruleset

Edit = Callable[[str, str, str], None]


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git repository with a small ruleset, committed twice: first with AFP > 400, then with AFP > 300; tag v1 on the first."""
    folder = tmp_path_factory.mktemp("committed")
    write_ruleset(folder / "rules")
    git(folder, "init", "-q", "-b", "main", "--template=")
    commit(folder, "first")
    git(folder, "tag", "v1")
    edit(folder / "rules", "beta", '"> 400"', '"> 300"')
    commit(folder, "second")
    return folder


@pytest.fixture
def repository(committed: Path, tmp_path: Path) -> Path:
    """The repository, for a test to do with as it likes."""
    shutil.copytree(committed, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_equal_versions_exit_0_and_say_so(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    old, new = two(tmp_path)
    assert run(["diff", str(old), str(new)]) == 0
    assert "The two versions say the same" in capfdbinary.readouterr().out.decode()


@pytest.mark.parametrize(
    ("therapy", "before", "after"),
    [("alpha", "Alpha lived longer.", "On alpha they lived longer."), ("beta", "{beta: 12}", "{beta: 21}")],
)
def test_a_text_or_figure_that_answers_show_is_a_change_in_headline_body_json_and_exit_code(
    therapy: str, before: str, after: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    old, new = two(tmp_path)
    edit(new, therapy, before, after)
    assert run(["diff", str(old), str(new), "-f", "json"]) == 1
    told = json.loads(capfdbinary.readouterr().out)
    assert told["changed"] and not told["passed"] and told["notice"].startswith(NOTICE)
    assert "that answers show" in told["headline"] and told["edits"][0]["profiles"] > 0
    assert run(["diff", str(old), str(new)]) == 1
    text = " ".join(capfdbinary.readouterr().out.decode().split())
    assert after.strip("{}") in text.replace("→", "") or "21" in text


def test_an_edit_that_no_answer_shows_is_listed_and_proved_to_change_nothing(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    old, new = two(tmp_path)
    edit(new, "alpha", "about: Made for tests.", "about: Made for some tests.")
    assert run(["diff", str(old), str(new), "-f", "json"]) == 0
    told = json.loads(capfdbinary.readouterr().out)
    assert not told["changed"] and "Nothing that an answer shows changes" in told["headline"]
    assert [(e["area"], e["what"], e["part"], e["profiles"]) for e in told["edits"]] == [("text", "alpha", "about", 0)]


def test_a_change_exits_1_and_is_told_in_every_format(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    old, new = two(tmp_path)
    edit(new, "beta", '"> 400"', '"> 300"')
    for format_ in ("text", "markdown", "json", "html"):
        assert run(["diff", str(old), str(new), "-f", format_]) == 1
        out = " ".join(capfdbinary.readouterr().out.decode().split())
        assert "Beta" in out or '"beta"' in out
        assert "medical device" in out and "400" in out and "300" in out


def test_the_order_of_rules_in_a_file_and_of_words_in_a_list_is_no_edit(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    old, new = two(tmp_path)
    edit(new, "beta", "[progressed, intolerant]", "[intolerant, progressed]")
    assert run(["diff", str(old), str(new), "-f", "json"]) == 0
    told = json.loads(capfdbinary.readouterr().out)
    assert (told["edits"], told["changes"]) == ([], [])
    answers = []
    for folder in (old, new):
        run(["evaluate", "-s", "bclc_stage=C", "-r", str(folder)])
        answers.append(capfdbinary.readouterr().out.decode().replace(str(folder), ""))
    assert answers[0] == answers[1]


@pytest.mark.slow
def test_the_markdown_folds_what_is_secondary_and_fits_a_comment(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run(["diff", "hcc-2016", "teaching-faults", "-f", "markdown"]) == 1
    out = capfdbinary.readouterr().out.decode()
    assert len(out) < 60_000 and "<details><summary>" in out
    assert out.index("| Therapy | From | To | For example") < out.index("<details>") < out.index("| Therapy | From | To | Who")


def test_witnesses_are_patient_files_that_show_the_change(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    old, new = two(tmp_path)
    edit(new, "beta", '"> 400"', '"> 300"')
    assert run(["diff", str(old), str(new), "-f", "json", "--witness", str(tmp_path / "w")]) == 1
    changes = json.loads(capfdbinary.readouterr().out)["changes"]
    files = sorted((tmp_path / "w").iterdir())
    assert len(files) == len(changes)
    for file, change in zip(files, changes, strict=True):
        assert read_profile(file).as_document() == {"label": read_profile(file).label, **change["witness"]}
        for folder, side in ((old, "before"), (new, "after")) if change["kind"] == "list" else ():
            assert run(["evaluate", str(file), "-r", str(folder), "-f", "json"]) == 0
            answer = json.loads(capfdbinary.readouterr().out)
            assert "beta" in {entry["therapy"] for entry in answer[change[side]["place"]]}


def test_a_witness_that_is_pasted_is_answered_by_the_edited_rules(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    old, new = two(tmp_path)
    edit(new, "beta", '"> 400"', '"> 300"')
    assert run(["diff", str(old), str(new)]) == 1
    told = capfdbinary.readouterr().out.decode()
    command = next(line for line in told.splitlines() if "hepatica evaluate" in line)
    assert run([*shlex.split(command)[1:], "-f", "json"]) == 0
    answer = json.loads(capfdbinary.readouterr().out)
    assert answer["ruleset"]["folder"] == str(new) and [one["therapy"] for one in answer["options"]] == ["beta"]


def test_a_folder_of_witnesses_is_made_anew_and_nothing_of_others_is_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = two(tmp_path)
    edit(new, "beta", '"> 400"', '"> 300"')
    folder = tmp_path / "w"
    run(["diff", str(old), str(new), "--witness", str(folder)])
    assert list(folder.iterdir())
    assert run(["diff", str(old), str(old), "--witness", str(folder)]) == 0
    assert not list(folder.iterdir()), "witnesses of an earlier run are stale"
    (folder / "mine.yaml").write_text("label: mine", encoding="utf-8")
    assert run(["diff", str(old), str(new), "--witness", str(folder)]) == 2
    assert "mine.yaml" in capsys.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["mine.yaml"]
    assert run(["diff", str(old), str(new), "--witness", ""]) == 2


@pytest.mark.parametrize(
    "arguments", [["v1"], ["HEAD~1"], ["v1..HEAD"], ["v1.."], ["v1", "HEAD"], ["--base", "v1"]], ids=" ".join
)
def test_git_revisions_are_compared_without_a_checkout(
    repository: Path, arguments: list[str], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    before = sorted((path, path.stat().st_mtime_ns) for path in repository.rglob("*") if path.is_file())
    assert run(["diff", *arguments, "-r", str(repository / "rules"), "-f", "json"]) == 1
    changes = json.loads(capfdbinary.readouterr().out)["changes"]
    assert {change["id"] for change in changes} == {"beta"}
    assert before == sorted((path, path.stat().st_mtime_ns) for path in repository.rglob("*") if path.is_file())


def test_a_ruleset_that_extends_another_is_read_with_it_at_the_revision(
    repository: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    own = repository / "own"
    own.mkdir()
    (own / "ruleset.yaml").write_text(
        "ruleset: own\nversion: 1.0.0\ntitle: Own\nas_of: 2016-08\nsource: {citation: A text, basis: recalled}\nextends: ../rules\n",
        encoding="utf-8",
    )
    commit(repository, "third")
    edit(repository / "rules", "beta", '"> 300"', '"> 200"')
    assert run(["diff", "HEAD", "-r", str(own), "-f", "json"]) == 1
    assert {change["id"] for change in json.loads(capfdbinary.readouterr().out)["changes"]} == {"beta"}


@pytest.mark.parametrize("revision", ["nowhere", "-x", "--upload-pack=x", "v1^{tree}x", "a\nb", "x" * 999])
def test_an_unknown_revision_is_an_error_that_names_it(
    repository: Path, revision: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["diff", "-r", str(repository / "rules"), "--", revision]) == 2
    told = capsys.readouterr().err
    assert "unknown-revision" in told and len(told) < 1000 and "Traceback" not in told


def test_a_ruleset_that_the_revision_does_not_have_is_all_new(
    repository: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    write_ruleset(repository / "later")
    card = repository / "later" / "ruleset.yaml"
    card.write_text(card.read_text(encoding="utf-8").replace("ruleset: tiny", "ruleset: later"), encoding="utf-8")
    assert run(["diff", "v1", "-r", str(repository / "later"), "-f", "json"]) == 0
    told = json.loads(capfdbinary.readouterr().out)
    assert told["old"] is None and "all new" in told["headline"] and told["passed"]


def test_a_ruleset_whose_folder_was_renamed_is_found_again(repository: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    (repository / "rules").rename(repository / "renamed")
    assert run(["diff", "HEAD", "-r", str(repository / "renamed")]) == 0
    assert run(["diff", "v1", "-r", str(repository / "renamed"), "-f", "json"]) == 1
    capfdbinary.readouterr()


def test_a_revision_and_a_folder_name_an_old_path(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(repository)
    assert run(["diff", "v1:rules", "./rules", "-f", "json"]) == 1
    assert {c["id"] for c in json.loads(capfdbinary.readouterr().out)["changes"]} == {"beta"}


def test_a_ruleset_at_the_root_of_a_repository_is_read(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    write_ruleset(tmp_path)
    (tmp_path / "mkdocs.yml").write_text("site_name: x\n", encoding="utf-8")
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path, "first")
    (tmp_path / "mkdocs.yml").unlink()
    assert run(["diff", "HEAD", "-r", f"{tmp_path}/"]) == 0
    capfdbinary.readouterr()


def test_nothing_that_a_repository_configures_is_run_and_a_missing_object_is_told(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blob = subprocess.run(
        ["git", "-C", str(repository), "rev-parse", "HEAD:rules/therapies/alpha.yaml"], capture_output=True, text=True, check=True
    ).stdout.strip()
    ran = repository / "ran"
    for key, value in (
        ("core.repositoryformatversion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.url", str(repository / "nowhere")),
        ("remote.origin.promisor", "true"),
        ("remote.origin.uploadpack", f"touch {ran}; false"),
        ("core.fsmonitor", f"touch {ran}; false"),
    ):
        git(repository, "config", key, value)
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    assert run(["diff", "HEAD", "-r", str(repository / "rules")]) == 2
    told = capsys.readouterr().err
    assert "missing-object" in told and "alpha.yaml" in told and "Traceback" not in told
    assert not ran.exists()


def test_a_damaged_object_is_told(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blob = subprocess.run(
        ["git", "-C", str(repository), "rev-parse", "HEAD:rules/therapies/alpha.yaml"], capture_output=True, text=True, check=True
    ).stdout.strip()
    path = repository / ".git" / "objects" / blob[:2] / blob[2:]
    path.chmod(0o644)
    path.write_bytes(b"garbage")
    assert run(["diff", "HEAD", "-r", str(repository / "rules")]) == 2
    assert "-object" in capsys.readouterr().err


def test_symbolic_links_at_a_revision_are_refused(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "rules" / "concepts.yaml").rename(repository / "elsewhere.yaml")
    (repository / "rules" / "concepts.yaml").symlink_to("../elsewhere.yaml")
    commit(repository, "linked")
    assert run(["diff", "HEAD", "-r", str(repository / "rules")]) == 2
    assert "symbolic link" in capsys.readouterr().err


def test_what_a_hook_sets_in_the_environment_does_not_lead_elsewhere(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    git(repository, "worktree", "add", "-q", str(tmp_path / "linked"), "HEAD")
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", "nowhere")
    assert run(["diff", "v1", "-r", str(tmp_path / "linked" / "rules"), "-f", "json"]) == 1
    assert {c["id"] for c in json.loads(capfdbinary.readouterr().out)["changes"]} == {"beta"}


def test_a_revision_outside_any_repository_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, _ = two(tmp_path)
    assert run(["diff", "HEAD~1", "-r", str(old)]) == 2
    assert "no-repository" in capsys.readouterr().err


def test_before_the_first_commit_there_is_nothing_to_compare_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, _ = two(tmp_path)
    git(tmp_path, "init", "-q")
    for revision in (["HEAD"], ["--base", "main"]):
        assert run(["diff", *revision, "-r", str(old)]) == 2
        assert "no-commit" in capsys.readouterr().err


def test_a_ruleset_that_does_not_load_at_a_revision_is_located_there(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(repository / "rules", "beta", "early_signal", "standart")
    commit(repository, "broken")
    assert run(["diff", "HEAD", "v1", "-r", str(repository / "rules")]) == 2
    assert f"{repository}/rules/therapies/beta.yaml:" in capsys.readouterr().err, "it still stands so: there it can be mended"
    edit(repository / "rules", "beta", "standart", "early_signal")
    assert run(["diff", "HEAD", "v1", "-r", str(repository / "rules")]) == 2
    assert "HEAD:rules/therapies/beta.yaml:" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["--base", "", "HEAD"], ["--base", "main", "HEAD"], ["v1...HEAD"], ["..HEAD"]])
def test_an_unclear_question_is_refused(repository: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", *arguments, "-r", str(repository / "rules")]) == 2
    assert "Usage" in capsys.readouterr().err


def test_check_of_the_teaching_ruleset_exits_1_and_shows_every_code(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["check", "teaching-faults", "-f", "json"]) == 1
    told = json.loads(capfdbinary.readouterr().out)
    assert {finding["code"] for finding in told["findings"]} == set(KINDS)
    assert told["space"]["profiles"] >= told["space"]["distinguishable"] > 0
    assert run(["check", "teaching-faults"]) == 1
    text = capfdbinary.readouterr().out.decode()
    assert all(code.upper() in text for code in KINDS)
    assert max(map(len, text.splitlines())) <= 80


def test_witnesses_of_findings_are_patient_files(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["check", "teaching-faults", "-f", "json", "--witness", str(tmp_path / "w")]) == 1
    findings = json.loads(capfdbinary.readouterr().out)["findings"]
    witnesses = [finding["witness"] for finding in findings if finding["witness"]]
    files = sorted((tmp_path / "w").iterdir())
    assert [read_profile(file).as_document() | {"label": ""} for file in files] == [{**w, "label": ""} for w in witnesses]


@pytest.mark.parametrize("code", KINDS)
def test_every_code_has_a_page(code: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["check", "--explain", code]) == 0
    page = capfdbinary.readouterr().out.decode()
    assert page.startswith(f"{code} (") and "Remedy:" in page and "not a" in page


def test_an_unknown_code_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--explain", "unsued-field"]) == 2
    assert "did you mean 'unused-field'?" in capsys.readouterr().err


def test_agreement_is_reported(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    folder = write_ruleset(tmp_path / "rules")
    run(["check", str(folder), "--agreement", "--sample", "50", "-f", "json"])
    told = json.loads(capfdbinary.readouterr().out)["agreement"]
    assert told["differences"] == [] and told["compared"]["sample"] == 50


def test_strict_makes_remarks_fail(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    folder = write_ruleset(tmp_path / "rules")
    assert run(["check", str(folder), "--strict"]) == 1
    assert b"UNUSED-FIELD" in capfdbinary.readouterr().out


@pytest.mark.slow
def test_a_comparison_imports_no_numpy() -> None:
    code = "import sys; from hepatica.cli.main import run; run(['diff','hcc-2016','hcc-2016']); print('numpy' in sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stderr.strip() == "False"


@given(profiles())
def test_a_patient_file_reads_back_to_the_same_facts(facts: Facts) -> None:
    written = patient_file(Profile(facts), 'A label: with "quotes"', "What it shows.")
    assert dict(profile_in(written.encode(), "x.yaml").facts) == dict(facts)


@given(profiles())
def test_a_witness_in_words_is_settings_that_make_it(facts: Facts) -> None:
    if any(value is not None for value in facts.values()):
        words = shlex.split(settings(Profile(facts).as_document()))
        assert dict(profile_of([word for word in words if word != "-s"]).facts) == dict(facts)


def test_findings_come_in_the_formats_that_ci_takes(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["check", "teaching-faults", "-f", "github"]) == 1
    lines = capfdbinary.readouterr().out.decode().splitlines()
    assert all(line.startswith("::") for line in lines[:-1])
    assert "::error file=therapies/betamab.yaml,line=" in "\n".join(lines)
    assert run(["check", "teaching-faults", "-f", "sarif"]) == 1
    told = json.loads(capfdbinary.readouterr().out)["runs"][0]
    assert {result["ruleId"] for result in told["results"]} == set(KINDS)
    assert all(told["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] for result in told["results"])


def test_a_finding_of_what_a_ruleset_builds_on_names_the_file_it_is_written_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    write_ruleset(tmp_path / "base")
    (tmp_path / "later").mkdir()
    card = "ruleset: later\nversion: 1.0.0\ntitle: Later\nas_of: 2016-08\nsource: {citation: A text, basis: recalled}\n"
    (tmp_path / "later" / "ruleset.yaml").write_text(f"{card}extends: ../base\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run(["check", "later", "-f", "github"]) == 1
    files = re.findall("file=([^,]+),", capfdbinary.readouterr().out.decode())
    assert {"base/therapies/beta.yaml", "later/ruleset.yaml"} <= set(files) and all(map(os.path.isfile, files))


def test_rules_that_cut_the_space_too_finely_are_told_and_count_as_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    old, new = two(tmp_path)
    edit(new, "beta", '"> 400"', '"> 300"')
    monkeypatch.setattr("hepatica.assurance.space.diagram.MOST_NODES", 4)
    assert run(["diff", str(old), str(new), "-f", "json"]) == 1
    told = json.loads(capfdbinary.readouterr().out)
    assert told["changed"] and "therapy/beta" in told["unsettled"]


def test_of_a_region_of_too_many_parts_some_are_told_and_all_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    old, new = two(tmp_path)
    edit(new, "beta", '"> 400"', '"> 300"')
    found = []
    for most in (1_000, 1):
        monkeypatch.setattr("hepatica.assurance.space.diagram.MOST_PARTS", most)
        assert run(["diff", str(old), str(new), "-f", "json"]) == 1
        found.append(json.loads(capfdbinary.readouterr().out)["changes"])
    whole, part = found
    assert not any(one["in_part"] for one in whole) and all(one["in_part"] and one["who"] for one in part)
    assert [{**one, "who": [], "in_part": False} for one in part] == [{**one, "who": []} for one in whole]
    assert run(["diff", str(old), str(new)]) == 1
    assert b"for example" in capfdbinary.readouterr().out


def test_rules_that_are_too_much_to_prove_anything_of_are_refused_at_the_largest_therapy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    old, new = two(tmp_path)
    edit(new, "beta", '"> 400"', '"> 300"')
    monkeypatch.setattr("hepatica.assurance.version.MOST_WORK", 50)
    for command, folder in ((["check", str(old)], old), (["diff", str(old), str(new)], new)):
        assert run(command) == 2
        told = capfdbinary.readouterr()
        assert f"{folder}/therapies/".encode() in told.err and b"too-many-parts" in told.err and not told.out


CASE = """\
cases:
  - case: {sentence}
    profile: {{bclc_stage: C, afp: 900}}
    ruled_out: [{therapy}]
  - {{case: Another., profile: {{bclc_stage: A}}, scope: unknown}}
"""


def test_a_case_that_is_gone_is_named_and_a_moved_or_reworded_one_is_not_gone(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = repository / "rules" / "cases"
    cases.mkdir()
    asked = CASE.format(sentence="High AFP alone opens nothing.", therapy="alpha")
    (cases / "one.yaml").write_text(asked, encoding="utf-8")
    commit(repository, "a case")
    (cases / "one.yaml").rename(cases / "two.yaml")
    assert run(["diff", "HEAD", "-r", str(repository / "rules")]) == 0
    (cases / "two.yaml").write_text(asked.replace("alone opens nothing", "does not suffice"), encoding="utf-8")
    assert run(["diff", "HEAD", "-r", str(repository / "rules")]) == 0
    capsys.readouterr()
    changed = CASE.format(sentence="Something else.", therapy="beta")
    (cases / "two.yaml").write_text(changed, encoding="utf-8")
    for form in ("text", "markdown", "json"):
        assert run(["diff", "HEAD", "-r", str(repository / "rules"), "-f", form]) == 1
        told = capsys.readouterr().out
        assert "1 case of the old version is gone" in " ".join(told.split()) and "High AFP alone opens nothing." in told
        assert "cases/one.yaml:2" in told and "Another." not in told
    allow = repository / "allow.yaml"
    allow.write_text("allow: [{case: High AFP alone opens nothing., because: asked elsewhere}]\n", encoding="utf-8")
    assert run(["diff", "HEAD", "-r", str(repository / "rules"), "--allow", str(allow)]) == 0
    allow.write_text("allow: [{case: Never there., because: a slip}]\n", encoding="utf-8")
    capsys.readouterr()
    assert run(["diff", "HEAD", "-r", str(repository / "rules"), "--allow", str(allow)]) == 1
    assert "Never there." in capsys.readouterr().out
