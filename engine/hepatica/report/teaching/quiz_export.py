"""A quiz for the places where a class works: Moodle (XML), every learning platform that reads GIFT, Anki, and paper."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from errno import ENOSPC
from hashlib import sha256
from html import escape
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal
from xml.etree import ElementTree as ET

from hepatica.printable import one_line
from hepatica.problems import not_installed
from hepatica.report.render_html import html_page, pdf_page
from hepatica.report.teaching.quiz import PICKS_QUESTION, change, feedback, sheet_view
from hepatica.teaching import Quiz

_EPOCH = (1980, 1, 1, 0, 0, 0)
_STAMP = 1_700_000_000.0  # Anki keeps a time of creation; a fixed one gives the same file for the same quiz


@dataclass(frozen=True, slots=True)
class Exercise:
    """One question of a course: its answers with whether each is right, and what is shown after it."""

    kind: Literal["several", "one", "true_false"]
    name: str
    text: tuple[str, ...]
    answers: tuple[tuple[str, bool], ...]
    feedback: tuple[str, ...]


# A course marks one question at a time and shows its feedback at once, so what the terminal asks step by step is three here.
def exercises(quiz: Quiz) -> Iterator[Exercise]:
    """Three questions a case: what is backed, which fact decides, and whether a changed fact changes what is backed."""
    for case in quiz.cases:
        key, asked, patient = case.key, case.question, case.question.vignette
        name = f"Hepatica {quiz.ruleset.id} {quiz.seed}-{asked.level}-{asked.number}"
        backed = tuple((choice.name, choice.backed) for choice in key.choices)
        facts = tuple((fact.title, fact.title == key.fact) for fact in asked.facts)
        changes = (("true", key.changes), ("false", not key.changes))
        twisted = f"With {asked.twist.becomes} instead of {asked.twist.was}, other therapies would be backed."
        yield Exercise("several", f"{name} a", (patient, PICKS_QUESTION), backed, (*feedback(case), quiz.notice))
        yield Exercise("one", f"{name} b", (patient, asked.fact_question), facts, (key.fact_says, quiz.notice))
        yield Exercise("true_false", f"{name} c", (patient, twisted), changes, (f"{change(case)}.", quiz.notice))


def _category(quiz: Quiz) -> str:
    return f"Hepatica/{quiz.ruleset.id} seed {quiz.seed} {quiz.level or 'all levels'}"


def moodle(quiz: Quiz) -> str:
    """Moodle's XML format, for "Import" in a question bank."""
    root = ET.Element("quiz")
    category = ET.SubElement(root, "question", type="category")
    _plain(ET.SubElement(category, "category"), text=f"$course$/top/{_category(quiz)}")
    for exercise in exercises(quiz):
        kind = "truefalse" if exercise.kind == "true_false" else "multichoice"
        question = ET.SubElement(root, "question", type=kind)
        _plain(ET.SubElement(question, "name"), text=exercise.name)
        _plain(ET.SubElement(question, "questiontext", format="html"), text=_html(exercise.text))
        _plain(ET.SubElement(question, "generalfeedback", format="html"), text=_html(exercise.feedback))
        _plain(question, defaultgrade="1.0", penalty="1.0" if kind == "truefalse" else "0.3333333", hidden="0")
        if kind == "multichoice":
            single = "false" if exercise.kind == "several" else "true"
            _plain(question, single=single, shuffleanswers="true", answernumbering="abc")
        for (words, _), fraction in zip(exercise.answers, _fractions(exercise), strict=True):
            form = "moodle_auto_format" if kind == "truefalse" else "html"
            answer = ET.SubElement(question, "answer", {"fraction": fraction, "format": form})
            _plain(answer, text=words if kind == "truefalse" else escape(words))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _plain(parent: ET.Element, **children: str) -> None:
    for tag, words in children.items():
        ET.SubElement(parent, tag).text = words


def _html(sentences: tuple[str, ...]) -> str:
    return "".join(f"<p>{escape(one_line(sentence))}</p>" for sentence in sentences)


def _fractions(exercise: Exercise) -> Iterator[str]:
    """What each answer is worth in per cent. Of several right ones each is worth its share, and a wrong one as much less."""
    if exercise.kind != "several":
        yield from ("100" if right else "0" for _, right in exercise.answers)
        return
    for _, right in exercise.answers:
        alike = sum(1 for _, other in exercise.answers if other == right)
        # Moodle knows only certain fractions, and those to five decimals: 33.33333, 16.66667.
        share = f"{100 / alike:.5f}".rstrip("0").rstrip(".")
        yield share if right else f"-{share}"


def gift(quiz: Quiz) -> str:
    """The GIFT format: text that Moodle and most other platforms import."""
    parts = [f"// {one_line(quiz.notice)}", f"$CATEGORY: {_category(quiz)}"]
    for exercise in exercises(quiz):
        head = f"::{_gift(exercise.name)}::[plain]{_gift(' '.join(exercise.text))}"
        after = f"####{_gift(' '.join(exercise.feedback))}"
        if exercise.kind == "true_false":
            parts.append(f"{head} {{{'TRUE' if exercise.answers[0][1] else 'FALSE'}{after}}}")
            continue
        marks = [f"~%{share}%" for share in _fractions(exercise)]
        if exercise.kind == "one":
            marks = ["=" if right else "~" for _, right in exercise.answers]
        answers = [f"  {mark}{_gift(words)}" for mark, (words, _) in zip(marks, exercise.answers, strict=True)]
        parts.append("\n".join([f"{head} {{", *answers, f"  {after}", "}"]))
    return "\n\n".join(parts) + "\n"


def _gift(text: str) -> str:
    """Text with the signs of the format escaped."""
    return "".join(f"\\{sign}" if sign in "~=#{}:\\" else sign for sign in one_line(text))


def anki(quiz: Quiz) -> bytes:
    """An Anki package. Raises `InvalidInput` where genanki is not installed."""
    try:
        import sqlite3

        import genanki
    except ImportError as error:
        raise not_installed("an Anki package", "anki") from error
    sides = {"qfmt": "{{Question}}", "afmt": "{{FrontSide}}<hr id=answer>{{Answer}}"}
    model = genanki.Model(
        _number("model"), "Hepatica", fields=[{"name": "Question"}, {"name": "Answer"}], templates=[{"name": "Card", **sides}]
    )
    deck = genanki.Deck(_number(_category(quiz)), _category(quiz).replace("/", "::"))
    for exercise in exercises(quiz):
        offered = "" if exercise.kind == "true_false" else _html(tuple(f"- {words}" for words, _ in exercise.answers))
        right = "; ".join(words for words, is_right in exercise.answers if is_right)
        fields = [_html(exercise.text) + offered, f"<p><b>{escape(right)}</b></p>{_html(exercise.feedback)}"]
        deck.add_note(genanki.Note(model, fields, guid=genanki.guid_for(quiz.ruleset.digest, exercise.name)))
    with TemporaryDirectory() as folder:
        file = Path(folder) / "quiz.apkg"
        try:
            genanki.Package(deck).write_to_file(str(file), timestamp=_STAMP)
        except sqlite3.Error as error:  # genanki makes a database of its own; SQLite says no more of a full disk
            raise OSError(ENOSPC, f"the temporary folder cannot be written ({error})") from None
        # Without the time at which it was written.
        out = BytesIO()
        with zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                new.writestr(zipfile.ZipInfo(name, _EPOCH), old.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _number(text: str) -> int:
    """A number for a model or deck that stays the same: Anki replaces what has the same one."""
    return int(sha256(text.encode()).hexdigest()[:7], 16) + (1 << 30)


EXPORTS: dict[str, Callable[[Quiz], str | bytes]] = {
    "moodle": moodle,
    "gift": gift,
    "anki": anki,
    "pdf": lambda quiz: pdf_page(sheet_view(quiz), "Hepatica quiz"),
    "html": lambda quiz: html_page(sheet_view(quiz), "Hepatica quiz"),
}
