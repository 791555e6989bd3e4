"""The fuzzer finds what it looks for, makes it small, and finds it again; and for a while it finds nothing in the program."""

from __future__ import annotations

import pytest
import yaml

from tests.fuzz import __main__ as command
from tests.fuzz.edits import Edit, difference, edited, places, words_of, write_files
from tests.fuzz.oracles import Finding, Outcome, held, inert, outcome, unclean
from tests.fuzz.targets import PATIENT, TARGETS, Target, ready, rulesets, scratch

SEED, EXAMPLES = 1, 20


@pytest.mark.slow
@pytest.mark.parametrize("name", [*TARGETS])
def test_nothing_is_found_for_a_while(name: str) -> None:
    """Bound by examples, not by time, from a fixed seed: every run looks at the same inputs."""
    found = command.explore(name, TARGETS[name](), SEED, EXAMPLES)
    assert found is None, str(found)


@pytest.mark.slow
def test_a_finding_is_made_small_and_found_again_from_its_seed() -> None:
    tree = yaml.safe_load(b"a: [1, 2, 3]\nb: {c: d}\n")
    target = TARGETS["settings"]()

    def wrong(drawn: tuple[tuple[str, str], ...]) -> None:
        if any(value == "japan" for _, value in drawn):
            raise Finding("Japan is read")

    planted = Target(target.inputs, wrong, target.shown)
    found = command.explore("settings", planted, SEED, 3000)
    assert found == command.explore("settings", planted, SEED, 3000)
    assert found is not None
    assert found.input.endswith("=japan'") and "\n" not in found.input
    assert list(places(tree))[:3] == [(), ("a",), ("a", 0)]


def test_the_command_exits_1_where_something_was_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def always(_: object) -> None:
        raise Finding("everything is wrong")

    settings = TARGETS["settings"]()
    monkeypatch.setitem(TARGETS, "settings", lambda: Target(settings.inputs, always, settings.shown))
    assert command.main(["--target", "settings", "--rounds", "2", "--examples", "2"]) == 1
    told = capsys.readouterr().out
    assert told.count("FINDING in settings: everything is wrong") == 1
    assert "again: python -m tests.fuzz --target settings --seed 1 --rounds 1" in told


@pytest.mark.parametrize("how", ["replace", "remove", "rename", "wrap", "negate", "add"])
def test_edits_change_one_place_of_a_tree(how: str) -> None:
    files = {"a.yaml": b"a: [1, {b: two}]\nc: yes\n"}
    count = len(list(places(yaml.safe_load(files["a.yaml"]))))
    for spot in range(count):
        change = Edit(0, spot, how, "new")  # type: ignore[arg-type]
        after = edited(files, (change,))
        assert after == edited(files, (change,))
        assert difference(files, after) or how in ("rename", "add", "remove")
    assert {"a", "b", "c", "two", 1} <= set(words_of(files))


def test_the_oracles_see_what_must_not_be() -> None:
    for text in ("a\x1b[31m", "a\u202e", "\ufeff", "\x85", "\u2028"):
        with pytest.raises(Finding, match=r"U\+"):
            unclean(text, "here")
    unclean("Umlaut ä, µg/L, ≥ 400\n\tand so on", "here")
    for page in ("<script>x</script>", '<a href=" javascript:x">', "<img onerror=x>", '<iframe src="/">'):
        with pytest.raises(Finding, match="runs something"):
            inert(page)
    inert('<script src="/static/page.js"></script><p>&lt;script&gt;</p>')
    right = outcome(["about", "-f", "json"])
    held(right, "about")
    for wrong, said in (
        (Outcome(("evaluate",), 1, "", "x"), "exit code"),
        (Outcome(("evaluate",), 2, "", "something went wrong"), "without a place"),
        (Outcome(("evaluate",), 2, "", "hepatica: internal error: x"), "internal error"),
        (Outcome(("evaluate", "-f", "json"), 0, "{", ""), "no JSON"),
        (Outcome(("about", "-f", "json"), 0, right.out.replace('"id"', '"name"', 1), ""), "schema"),
        (Outcome(("evaluate",), 0, "Options: none", ""), "notice"),
    ):
        with pytest.raises(Finding, match=said):
            held(wrong, "about" if "about" in wrong.arguments else "")


@pytest.mark.slow
def test_every_ruleset_to_damage_is_valid() -> None:
    for name, files in rulesets().items():
        folder = scratch() / name
        write_files(files, folder)
        assert held(outcome(ready(f"evaluate {PATIENT} -f json -r RULESET", RULESET=folder)), "output").code == 0, name
