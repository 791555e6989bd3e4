"""One patient in two years: what stood best, what became of every hope, and where today's treatments stood then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from hepatica import report
from hepatica.cli.main import cli
from hepatica.evaluation import evaluator_of
from hepatica.explain import Column, ThenAndNow, compare, then_and_now
from hepatica.knowledge import Ruleset
from hepatica.patient import profile_from, profile_of, read_profile
from tests.conftest import ROOT, each_patient

BOTH = ("-r", "hcc-2016", "-r", "hcc-2026")
KNOWN = ("immunotherapy_contraindicated=no", "untreated_varices=no", "main_portal_vein_invasion=no")


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli, list(arguments), catch_exceptions=False, standalone_mode=False)
    assert result.exit_code == 0, result.output
    return result.output


def two(ruleset: Ruleset, today: Ruleset, *settings: str) -> ThenAndNow:
    profile = profile_of(settings, fields=today.fields)
    return then_and_now(*(Column("case", evaluator_of(one).evaluate(profile.under(one.fields))) for one in (today, ruleset)))


def test_the_best_of_each_year(ruleset: Ruleset, today: Ruleset) -> None:
    facts = ("bclc=C", "child_pugh=A", "ecog=1", "prior_sorafenib=none", "other_prior_systemic=none", "region=europe", *KNOWN)
    found = two(ruleset, today, *facts)
    assert found.then.ruleset.id == "hcc-2016" and found.best_then == ("sorafenib",)
    assert "atezolizumab-bevacizumab" in found.best_now
    rows = {row.therapy: row for row in found.rows}
    assert set(rows) == {*ruleset.therapies, *today.therapies}
    assert rows["atezolizumab-bevacizumab"].stood == "absent" and rows["atezolizumab-bevacizumab"].then is None
    assert rows["lenvatinib"].stood == "in_trial" and rows["regorafenib"].stood == "ruled_out"
    assert rows["pazopanib"].stood == "unreported" and rows["brivanib"].stood == "not_supported"
    assert rows["gemox-sorafenib"].stood == "early_signal" and rows["gemox-sorafenib"].now is None
    for name, therapy in ruleset.therapies.items():
        assert rows[name].fate == therapy.fate and rows[name].fate is not None
    shown = report.text(report.then_view(found))
    assert (
        "In 2016: standard of care: Sorafenib. In 2026: standard of care:" in " ".join(shown.split())
        and "WHAT 2026 SAYS, BY WHERE IT STOOD IN 2016" in shown
    )
    assert "Not known in 2016" in shown and "For education." in shown


def test_what_is_not_known_is_said_beside_the_best(ruleset: Ruleset, today: Ruleset) -> None:
    facts = ("bclc=C", "child_pugh=A", "ecog=1", "prior_sorafenib=none", "other_prior_systemic=none")
    shown = report.markdown(report.then_view(two(ruleset, today, *facts)))
    assert "**In 2026:** perhaps standard of care: " in shown and "(enter Region" in shown and "Untreated varices" in shown
    assert "; in any case positive phase III: Sorafenib." in shown
    after = ("bclc=C", "child_pugh=A", "ecog=1", "prior_sorafenib=intolerant", "other_prior_systemic=none", "region=europe")
    shown = report.markdown(report.then_view(two(ruleset, today, *after)))
    assert "**In 2026:** standard of care: Cabozantinib; perhaps also Ramucirumab (enter AFP)." in shown


def test_the_best_of_a_year_is_called_what_it_is(ruleset: Ruleset, today: Ruleset) -> None:
    terminal = report.text(report.then_view(two(ruleset, today, "bclc=D", "child_pugh=C", "locoregional=no")))
    assert terminal.count("no drug with evidence in such a patient; supportive care.") == 2
    after = ("bclc=C", "child_pugh=B7", "prior_sorafenib=progressed", "other_prior_systemic=none", "region=japan", *KNOWN)
    assert "In 2016: nothing established; early signals only: " in report.text(report.then_view(two(ruleset, today, *after)))


@each_patient
def test_what_is_closed_is_never_called_open(ruleset: Ruleset, today: Ruleset, path: Path) -> None:
    profile = read_profile(path, fields=today.fields)
    answers = [evaluator_of(one).evaluate(profile.under(one.fields)) for one in (ruleset, today)]
    found = then_and_now(*(Column("case", answer) for answer in answers))
    for case, answer in zip((found.then, found.now), answers, strict=True):
        assert set(case.strongest_open) <= {entry.name for entry in (*answer.possible, *answer.options)}
        assert bool(case.strongest_open) == bool(case.asked)
    assert "(enter )" not in report.text(report.then_view(found))


def test_a_file_with_fields_of_one_ruleset_is_read_under_both(tmp_path: Path) -> None:
    file = tmp_path / "patient.yaml"
    file.write_text("bclc: C\nchild_pugh: A\nprior_sorafenib: none\nprior_lenvatinib: progressed\nother_prior_systemic: [tki]\n")
    found = json.loads(run("compare", str(file), *BOTH, "--format", "json"))
    assert [column["profile"].get("prior_lenvatinib") for column in found["columns"]] == [None, "progressed"]
    assert found["then_and_now"]["then"]["ruleset"]["id"] == "hcc-2016"
    alone = CliRunner().invoke(cli, ["evaluate", str(file)], standalone_mode=False)
    assert "unknown field 'prior_lenvatinib'" in str(alone.exception)


def test_what_other_treatments_imply(today: Ruleset) -> None:
    nothing = profile_from({"other_prior_systemic": []}, fields=today.fields)
    assert nothing["prior_lenvatinib"] == nothing["prior_immunotherapy"] == "none"
    assert [str(one) for one in nothing.understood] == ["none, from Other prior systemic therapy none"] * 2
    some = profile_from({"other_prior_systemic": ["tki", "chemotherapy"]}, fields=today.fields)
    assert some["prior_lenvatinib"] is None and some["prior_immunotherapy"] == "none"
    stated = profile_from({"other_prior_systemic": [], "prior_lenvatinib": "progressed"}, fields=today.fields)
    assert stated["prior_lenvatinib"] == "progressed"
    assert profile_from({}, fields=today.fields)["prior_lenvatinib"] is None
    shown = run("evaluate", "first-line-europe", "-r", "hcc-2026")
    assert "Follows: Prior lenvatinib none and Prior immunotherapy none from Other prior" in shown


@each_patient
def test_every_example_in_every_format(path: Path) -> None:
    name = path.stem
    found = json.loads(run("compare", name, *BOTH, "--format", "json"))["then_and_now"]
    assert len(found["rows"]) > 40
    for format_ in ("text", "markdown"):
        shown = run("compare", name, *BOTH, "--format", format_)
        assert "In 2016:" in shown and "In 2026:" in shown and "(recalled)" not in shown and "not in hcc-2026" not in shown


def test_no_two_years_where_the_patients_differ_or_the_ruleset_is_one(ruleset: Ruleset, today: Ruleset) -> None:
    one, two_ = (profile_of([f"cmet={value}"], fields=ruleset.fields) for value in ("high", "low"))
    old, new = evaluator_of(ruleset), evaluator_of(today)
    assert compare([Column("a", old.evaluate(one)), Column("b", old.evaluate(one))]).then_and_now is None
    assert compare([Column("a", old.evaluate(one)), Column("b", new.evaluate(two_.under(today.fields)))]).then_and_now is None


def test_the_page(today: Ruleset, ruleset: Ruleset) -> None:
    pytest.importorskip("starlette", reason="the page needs the extra 'web'")
    from contextlib import contextmanager

    from hepatica.web import RulesetLibrary
    from tests.web.serving import serving

    case = "bclc_stage=C&child_pugh_class=A&ecog=1&prior_sorafenib=none&other_prior_systemic=none&prior_lenvatinib=none"
    with contextmanager(serving)(RulesetLibrary({"hcc-2016": ruleset, "hcc-2026": today}, ROOT / "patients")) as server:
        pages = [server.get(f"/then-and-now?ruleset={name}&{case}") for name in ("hcc-2016", "hcc-2026")]
        for page in pages:
            assert page.status == 200 and "In 2016:" in page.text and "Atezolizumab + bevacizumab" in page.text
        found = server.get(f"/then-and-now.json?ruleset=hcc-2016&{case}").json
        assert found["best_then"] == ["sorafenib"] and found["now"]["profile"]["prior_lenvatinib"] == "none"
        assert server.get(f"/answer?ruleset=hcc-2016&{case}").status == 200  # a field of the other ruleset is no error
