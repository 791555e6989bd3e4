"""Loading a ruleset: everything that is wrong with it, at once, at its place; and nothing that is wrong gets through."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema_rs
import pytest

from hepatica.documents import read_yaml
from hepatica.knowledge import find_ruleset, gather, load_ruleset, ruleset_schemas
from hepatica.patient import COMMON_FIELDS
from hepatica.problems import InvalidInput
from tests.conftest import ROOT
from tests.knowledge.refusing import problems, swapped
from tests.making import ALPHA, BETA, CARD, CONCEPTS, plain, write_ruleset


def test_a_valid_ruleset_loads_with_its_places(tmp_path: Path) -> None:
    ruleset = load_ruleset(write_ruleset(tmp_path))
    assert list(ruleset.therapies) == ["alpha", "beta"]
    assert ruleset.places["rule/alpha-first"] == "therapies/alpha.yaml:21"
    assert ruleset.studies["alpha-3"].results[0].hr == 0.8


def test_where_conditions_stand_does_not_depend_on_what_was_read_before(tmp_path: Path) -> None:
    places = load_ruleset(write_ruleset(tmp_path)).places
    assert places["rule/alpha-first/when"] == "therapies/alpha.yaml:25,25"
    assert problems(tmp_path, concepts=swapped(CONCEPTS, "id: untreated", "id: renamed"))
    assert load_ruleset(write_ruleset(tmp_path, concepts=CONCEPTS + "# Once more\n")).places == places


@pytest.mark.parametrize(
    ("part", "old", "new", "expected"),
    [
        ("alpha", "untreated: yes", "untreatd: yes", "therapies/alpha.yaml:25:12: unknown-field: unknown field or concept 'untreatd'; did you mean 'untreated'?"),
        ("alpha", "child_pugh_class: A}\n    cites", "child_pugh_class: F}\n    cites", "unknown-value: child_pugh_class cannot be 'F'; allowed: A, B, C"),
        ("beta", '"> 400"', '"over 400"', "condition: afp cannot be 'over 400'; allowed: a number"),
        ("beta", '"> 400"', "unknown", "condition: afp cannot be 'unknown'"),
        ("beta", "[progressed, intolerant]", "[progressed, unknown]", "(a rule cannot ask for 'unknown')"),
        ("alpha", "cites: [alpha-3]", "cites: [alpha-4]", "therapies/alpha.yaml:26:13: unknown-study: no study 'alpha-4'; did you mean 'alpha-3'?"),
        ("alpha", "cites: [alpha-3]", "cites: []", "uncited-rule: the rule 'alpha-first' cites no study"),
        ("beta", "standing: early_signal", "standing: standard", "standing: standard needs a finished, randomised phase III trial that met its primary endpoint; cited: beta-2"),
        ("beta", "standing: early_signal", "standing: promising", "unknown-value: rules.0.standing cannot be 'promising'; allowed: standard"),
        ("beta", "standing: early_signal", "standing: in_trial", "needs a trial that was ongoing or planned"),
        ("alpha", "met: yes", "met: no", "standing: standard needs"),
        ("alpha", "ci: [0.7, 0.9]", "ci: [0.85, 0.9]", "figure: alpha-3/os: the interval 0.85 to 0.9 excludes its estimate 0.8"),
        ("alpha", "ci: [0.7, 0.9]", "ci: [0.9, 0.7]", "is upside down"),
        ("alpha", "hr: 0.8", "hr: -0.8", "a hazard ratio is above 0"),
        ("beta", "arms: {beta: 12}", "arms: {beta: 120}", "120 of beta is no percentage"),
        ("alpha", "p: 0.01", "p: 1.4", "1.4 is no probability"),
        ("beta", 'unit: "%"', "unit: mo", "RR is given in % or n, not mo"),
        ("alpha", "arms: {alpha: 9.2", "arms: {alhpa: 9.2", "unknown-arm: no arm 'alhpa' in alpha-3; did you mean 'alpha'?"),
        ("alpha", "lines: 2-4", "lines: 4-2", "lines: '4-2' names no lines"),
        ("alpha", "summary: Longer survival.", "sumary: Longer survival.", "unknown-key: unknown key 'sumary'; did you mean 'summary'?"),
        ("alpha", "about: Made for tests.\n", "", "missing-key: about is required"),
        ("alpha", "id: alpha-first", "id: Alpha First", "bad-id: 'Alpha First' is no id"),
        ("beta", "id: beta-2", "id: alpha-3", "duplicate-id: the study 'alpha-3' is already at"),
        ("beta", "id: beta-high-afp", "id: alpha-first", "duplicate-id: the rule 'alpha-first' is already at"),
        ("beta", "therapy: beta", "therapy: gamma", "unlisted-therapy: 'gamma' is not in the card's list"),
        ("card", "[alpha, beta]", "[alpha, beta, gama]", "unknown-therapy: no therapy 'gama'"),
        ("card", "version: 1.0.0", "version: latest", "version: 'latest' is no version"),
        ("card", "as_of: 2016-08", "as_of: August", "date: 'August' is no date"),
        ("concepts", "when: {any: [{bclc_stage: [C, D]}, {locoregional_suitable: no}]}", "when: {untreated: yes, advanced_hcc: yes}", "concept-cycle: defined by itself: advanced_hcc -> advanced_hcc"),
        ("concepts", "prior_sorafenib: [none, refused], other", "advanced_hc: yes, other", "did you mean 'advanced_hcc'?"),
        ("alpha", "when: {untreated: yes, child_pugh_class: A}", "when: {}", "a condition is a mapping such as"),
        ("alpha", "when: {untreated: yes, child_pugh_class: A}", "when: {any: []}", "'any' takes a list of conditions"),
        ("alpha", "when: {untreated: yes, child_pugh_class: A}", "when: {untreated: maybe}", "is tested with yes or no"),
        ("alpha", "when: {untreated: yes, child_pugh_class: A}", "when: {child_pugh_score: '> 40'}", "held against 40; allowed: 5 to 15 points"),
        ("alpha", "name: Alpha\n", "name: *Alpha\n", "alias: aliases are not read"),
    ],
)  # fmt: skip
def test_a_fault_is_refused_at_its_place(tmp_path: Path, part: str, old: str, new: str, expected: str) -> None:
    texts = {"card": CARD, "concepts": CONCEPTS, "alpha": ALPHA, "beta": BETA}
    lines = problems(tmp_path, **{part: swapped(texts[part], old, new)})
    assert any(expected in line for line in lines), lines


def test_everything_wrong_is_said_at_once_in_order(tmp_path: Path) -> None:
    alpha = swapped(swapped(ALPHA, "cites: [alpha-3]", "cites: [alpha-4]"), "ci: [0.7, 0.9]", "ci: [0.85, 0.9]")
    beta = swapped(BETA, "standing: early_signal", "standing: promising")
    lines = problems(tmp_path, alpha=alpha, beta=beta, concepts=CONCEPTS + "  - {id: x}\n")
    assert [line.split(":")[0] for line in lines] == sorted(line.split(":")[0] for line in lines)
    assert {line.split(": ")[1] for line in lines} >= {"unknown-study", "figure", "unknown-value", "missing-key"}


def test_a_study_of_another_tumour_can_never_back_an_option(tmp_path: Path) -> None:
    lines = problems(tmp_path, beta=swapped(BETA, "phase: II\n", "phase: II\n    tumour: gastric\n"))
    assert any("other-tumour: 'beta-2' is about gastric; only studies of hcc can back a rule" in line for line in lines)


def test_a_printed_contradiction_is_kept_where_a_discrepancy_explains_it(tmp_path: Path) -> None:
    explained = """    discrepancies:
      - {id: misprint, kind: misprint, severity: low, lines: 3, prints: an interval, correction: it is off, confidence: high, basis: reading, affects: [os]}
"""
    alpha = swapped(ALPHA, "ci: [0.7, 0.9]", "ci: [0.85, 0.9]").replace("rules:\n", f"{explained}rules:\n")
    assert load_ruleset(write_ruleset(tmp_path, alpha=alpha)).studies["alpha-3"].results[0].ci == (0.85, 0.9)


def test_a_response_above_disease_control_contradicts_itself(tmp_path: Path) -> None:
    more = '      - {id: dcr, endpoint: DCR, unit: "%", arms: {beta: 10}, lines: 13}\n'
    assert any(
        "response above disease control" in line for line in problems(tmp_path, beta=BETA.replace("rules:\n", f"{more}rules:\n"))
    )


def test_a_therapy_without_a_rule_is_refused(tmp_path: Path) -> None:
    lines = problems(tmp_path, beta=BETA[: BETA.index("rules:")])
    assert any("no-rule: 'beta' has no rule" in line for line in lines)


def test_a_condition_that_multiplies_out_is_refused_where_it_stands(tmp_path: Path) -> None:
    from hepatica.inference import compile_ruleset

    wide = ", ".join("{any: [" + ", ".join(f"{{afp: {n * 10 + i}}}" for i in range(4)) + "]}" for n in range(6))
    ruleset = load_ruleset(write_ruleset(tmp_path, beta=swapped(BETA, 'afp: "> 400"', f"all: [{wide}]")))
    with pytest.raises(InvalidInput, match=rf"^{re.escape(str(tmp_path))}/therapies/beta.yaml:18:1: too-many-alternatives"):
        compile_ruleset(ruleset)


def test_all_alternatives_together_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hepatica.inference import compile_ruleset

    monkeypatch.setattr("hepatica.inference.program.MAX_IN_ALL", 2)
    with pytest.raises(InvalidInput, match=r"too-many-alternatives: the conditions up to .* are more than 2 alternatives"):
        compile_ruleset(load_ruleset(write_ruleset(tmp_path)))


def test_junk_is_refused_with_its_first_problems_and_by_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_ruleset(tmp_path)
    (folder / "notes").mkdir()
    for name in ("a", "b", "c"):
        junk = "".join(f"  - {{id: {name}{n}, x: 1, y: 2}}\n" for n in range(400))
        (folder / "notes" / f"{name}.yaml").write_text(f"notes:\n{junk}", encoding="utf-8")
    with pytest.raises(InvalidInput) as refused:
        load_ruleset(folder)
    assert {Path(problem.file).name for problem in refused.value.problems} == {"a.yaml", "b.yaml"}
    monkeypatch.setattr("hepatica.knowledge.loader.MAX_VALUES", 1000)
    with pytest.raises(InvalidInput, match=r"notes/a.yaml:1:1: too-large: more than 1000 values in the files up to here"):
        load_ruleset(folder)


@pytest.mark.slow
def test_verdicts_of_more_bits_than_python_writes_decimal_digits_for(tmp_path: Path) -> None:
    """Some 15,000 alternatives: each is a bit, and Python refuses to write numbers of more than 4,300 digits."""
    from hepatica.evaluation import evaluator_of
    from hepatica.patient import profile_from

    head, rule = BETA.split("rules:\n")
    when = "{any: [%s], region: japan}" % ", ".join(f"{{ecog: {n % 5}, afp: '> {n}'}}" for n in range(100))  # noqa: UP031
    rules = "".join(swapped(rule, "beta-high-afp", f"beta-{n}") for n in range(150))
    lines = [f"    when: {when}" if line.startswith("    when:") else line for line in rules.splitlines()]
    ruleset = load_ruleset(write_ruleset(tmp_path, beta=f"{head}rules:\n" + "\n".join(lines) + "\n"))
    evaluator = evaluator_of(ruleset)
    for afp in range(12):  # the first are interpreted, later ones read by a generated function
        assert evaluator.evaluate(profile_from({"bclc_stage": "C", "afp": afp, "region": "europe"}, fields=ruleset.fields))


def test_a_misplaced_file_is_not_silently_ignored(tmp_path: Path) -> None:
    folder = write_ruleset(tmp_path)
    (folder / "therapy").mkdir()
    (folder / "therapy" / "gamma.yaml").write_text("x: 1")
    (folder / "cases").mkdir()
    (folder / "cases" / "some.yaml").write_text("not read here")
    with pytest.raises(InvalidInput, match=r"therapy/gamma.yaml:1:1: misplaced-file"):
        load_ruleset(folder)


def test_what_is_no_ruleset_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no such folder"):
        gather(tmp_path / "nowhere")
    with pytest.raises(InvalidInput, match="not a ruleset"):
        gather(tmp_path)
    with pytest.raises(InvalidInput, match="did you mean 'hcc-2016'"):
        find_ruleset("hcc-216")


def test_the_digest_names_the_content_and_nothing_else(tmp_path: Path) -> None:
    one = write_ruleset(tmp_path / "one")
    other = write_ruleset(tmp_path / "other")
    (other / "ruleset.yaml").write_bytes(CARD.replace("\n", "\r\n").encode())
    (other / "cases").mkdir()
    (other / "cases" / "a.yaml").write_text("cases: []")
    assert load_ruleset(one).digest == load_ruleset(other).digest
    changed = write_ruleset(tmp_path / "changed", beta=swapped(BETA, '"> 400"', '"> 401"'))
    assert load_ruleset(changed).digest != load_ruleset(one).digest


def test_every_shipped_file_fits_the_schema_that_editors_get() -> None:
    folder = ROOT / "rulesets" / "hcc-2016"
    ruleset = load_ruleset(folder)
    validators = {
        kind: jsonschema_rs.Draft202012Validator(schema)
        for kind, schema in ruleset_schemas(ruleset.concepts, ruleset.fields).items()
    }
    kinds = {"therapies": "therapy", "notes": "notes", "omissions": "omissions"}
    files = [(folder / f"{name}.yaml", name) for name in ("ruleset", "concepts", "references")]
    files += [(path, kind) for name, kind in kinds.items() for path in sorted((folder / name).glob("*.yaml"))]
    assert len(files) > 40
    for path, kind in files:
        assert not list(validators[kind].iter_errors(plain(read_yaml(path.read_bytes(), str(path))))), path


@pytest.mark.parametrize(
    ("old", "new"),
    [("class: a drug", "clas: a drug"), ("untreated: yes", "untreatd: yes"), ("standing: standard", "standing: good")],
)
def test_the_schema_refuses_what_the_loader_refuses(old: str, new: str) -> None:
    value = plain(read_yaml(swapped(ALPHA, old, new).encode(), "a.yaml"))
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.validate(ruleset_schemas(["untreated", "advanced_hcc"], COMMON_FIELDS)["therapy"], value)
