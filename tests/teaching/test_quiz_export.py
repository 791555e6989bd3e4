"""A quiz in the formats of other programs, each held against that program's documented structure."""

from __future__ import annotations

import re
import sqlite3
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from hepatica.evaluation import Evaluator
from hepatica.patient import Profile
from hepatica.report.teaching import anki, gift, moodle
from hepatica.teaching import Quiz, quiz

# https://docs.moodle.org/en/Moodle_XML_format: the elements of a question, and the fractions that an answer may have.
ELEMENTS = {
    "multichoice": {
        "name", "questiontext", "generalfeedback", "defaultgrade", "penalty", "hidden", "single", "shuffleanswers",
        "answernumbering", "answer",
    },
    "truefalse": {"name", "questiontext", "generalfeedback", "defaultgrade", "penalty", "hidden", "answer"},
}  # fmt: skip
FRACTIONS = {"100", "90", "83.33333", "80", "75", "70", "66.66667", "60", "50", "40", "33.33333", "30", "25", "20", "16.66667"}
FRACTIONS |= {"14.28571", "12.5", "11.11111", "10", "5"}


@pytest.fixture(scope="module")
def made(evaluator: Evaluator, patients: list[Profile]) -> Quiz:
    return quiz(evaluator, patients, seed=7, count=8)


def test_moodle_xml_has_the_documented_structure(made: Quiz) -> None:
    root = ET.fromstring(moodle(made))
    assert root.tag == "quiz"
    category, *questions = list(root)
    assert category.get("type") == "category"
    assert str(category.findtext("category/text")).startswith("$course$/")
    assert len(questions) == 3 * len(made.cases)
    for question in questions:
        kind = str(question.get("type"))
        assert {child.tag for child in question} == ELEMENTS[kind]
        assert question.findtext("name/text")
        for tag in ("questiontext", "generalfeedback"):
            (part,) = question.findall(tag)
            assert part.get("format") == "html"
            assert [child.tag for child in part] == ["text"]
        answers = question.findall("answer")
        fractions = [str(answer.get("fraction")) for answer in answers]
        assert all(answer.findtext("text") for answer in answers)
        assert {fraction.removeprefix("-") for fraction in fractions} <= FRACTIONS | {"0"}
        worth = sum(float(fraction) for fraction in fractions if float(fraction) > 0)
        assert worth == pytest.approx(100, abs=0.001)
        if kind == "truefalse":
            assert [answer.findtext("text") for answer in answers] == ["true", "false"]
        else:
            assert question.findtext("single") in ("true", "false")
            assert question.findtext("answernumbering") == "abc"


def test_moodle_gives_the_quiz_s_right_answers(made: Quiz) -> None:
    questions = ET.fromstring(moodle(made)).findall("question")[1:]
    for case, (several, one, changes) in zip(made.cases, zip(*[iter(questions)] * 3, strict=True), strict=True):
        right = {a.findtext("text") for a in several.findall("answer") if float(str(a.get("fraction"))) > 0}
        assert right == {choice.name for choice in case.key.choices if choice.backed}
        assert [a.findtext("text") for a in one.findall("answer") if a.get("fraction") == "100"] == [case.key.fact]
        assert changes.findall("answer")[0].get("fraction") == ("100" if case.key.changes else "0")
        assert "For education" in str(several.findtext("generalfeedback/text"))


def test_gift_has_one_block_a_question_and_escapes_its_signs(made: Quiz) -> None:
    head, category, *blocks = gift(made).strip().split("\n\n")
    assert head.startswith("//")
    assert category.startswith("$CATEGORY: ")
    assert len(blocks) == 3 * len(made.cases)
    for block in blocks:
        assert re.match(r"::[^:]+::\[plain\]", block)
        bare = re.sub(r"\\.", "", block)  # what is left are the format's own signs
        assert bare.count("{") == bare.count("}") == 1
        body = bare[bare.index("{") + 1 : bare.index("}")]
        assert body.count("####") == 1
        shares = [float(share) for share in re.findall(r"~%(-?[\d.]+)%", body)]
        right = re.findall(r"^  =", body, re.MULTILINE)
        assert (
            body.startswith(("TRUE", "FALSE"))
            or len(right) == 1
            or sum(s for s in shares if s > 0) == pytest.approx(100, abs=0.01)
        )


def test_an_anki_package_holds_a_note_for_each_question_and_is_the_same_each_time(made: Quiz, tmp_path: Path) -> None:
    pytest.importorskip("genanki")
    package = anki(made)
    assert package == anki(made)
    file = tmp_path / "quiz.apkg"
    file.write_bytes(package)
    with zipfile.ZipFile(file) as archive:
        assert {"collection.anki2", "media"} <= set(archive.namelist())
        archive.extract("collection.anki2", tmp_path)
    with sqlite3.connect(tmp_path / "collection.anki2") as database:
        notes = database.execute("select guid, flds from notes").fetchall()
    assert len(notes) == len({guid for guid, _ in notes}) == 3 * len(made.cases)
    assert all("For education" in fields for _, fields in notes)
