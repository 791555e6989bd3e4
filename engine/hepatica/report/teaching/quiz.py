"""A quiz as blocks: the question, what it reveals, the summary; and for the places where a class works: Moodle (XML), every
learning platform that reads GIFT, Anki, and paper."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from errno import ENOSPC
from hashlib import sha256
from html import escape
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal
from xml.etree import ElementTree as ET

from hepatica.evaluation import LISTS
from hepatica.knowledge import LINES, STANDINGS, catalogue
from hepatica.paths import DEFAULT_RULESET
from hepatica.printable import one_line
from hepatica.problems import not_installed
from hepatica.report.answers import known_facts
from hepatica.report.blocks import Block, Blocks, Bullets, Code, Facts, Item, Items, Notice, Paragraph, Ref, Section, Title, Tone
from hepatica.report.citing import edition
from hepatica.report.render_html import html_page, pdf_page
from hepatica.teaching import TOPICS, JudgedChoice, MarkedCase, Quiz, QuizCase, QuizTally
from hepatica.wording import all_of, counted, grouped, sentence

PICKS_QUESTION = "Which of these does evidence or a licence back for this patient?"
# What is said of a choice that was rightly or wrongly judged, and that is backed or not.
_MARKED: dict[tuple[bool, bool], tuple[str, Tone]] = {
    (True, True): ("rightly chosen", "good"),
    (True, False): ("rightly not chosen", "good"),
    (False, True): ("you missed it", "bad"),
    (False, False): ("wrongly chosen", "bad"),
}


def quiz_view(quiz: Quiz) -> Blocks:
    """Every case, with what it reveals where it was answered, and the summary."""
    blocks: list[Block] = [*head_view(quiz)]
    for number, case in enumerate(quiz.cases):
        marked = quiz.marks[number : number + 1]
        shown = (block for mark in marked for block in (*reveal_view(case, mark), *twist_view(case, mark)))
        blocks.append(Section(position(quiz, case), (*_questions(case), *shown)))
    return (*blocks, *summary_view(quiz), Notice(quiz.notice))


def sheet_view(quiz: Quiz) -> Blocks:
    """The quiz for paper: every question with its choices, then, from a new page, what is right and why."""
    cases, keys = [], []
    for case in quiz.cases:
        number, title, lesson = case.question.number, position(quiz, case), case.key.lesson
        key = (
            Items(tuple(Item(choice.name, judged(choice, lesson)) for choice in case.key.choices)),
            Paragraph(f"{case.key.fact}. {case.key.fact_says}", lead="The deciding fact"),
            _lesson(case),
            Paragraph(f"{change(case)}.", lead="With the change"),
        )
        # Names by which the style sheet keeps a case on one page.
        cases.append(Section(title, tuple(map(_boxes, _questions(case))), id=f"case-{number}"))
        keys.append(Section(title, key, id=f"answer-{number}"))
    head = Title(f"Quiz {quiz.seed}: answers", edition(quiz.ruleset))
    # The notice stands at the head of both: at the foot it would now and then have a page of its own.
    return (*head_view(quiz), Notice(quiz.notice), *cases, head, Notice(quiz.notice), *keys)


def _boxes(block: Block) -> Block:
    """What is offered with a box to tick; a number is only typed."""
    if isinstance(block, Facts) and not block.inline:
        return Bullets(tuple(f"☐ {words}" for _, words in block.pairs))
    return block


def _questions(case: QuizCase) -> Blocks:
    return (*question_view(case), Paragraph(case.question.twist.question, tone="strong"))


def head_view(quiz: Quiz) -> Blocks:
    """What the learner is about to do."""
    level = f", {quiz.level}" if quiz.level else ""
    few = f" No more cases fit the choice ({quiz.asked} were asked for)." if len(quiz.cases) < quiz.asked else ""
    head = Title(f"Quiz: {counted(len(quiz.cases), 'case')}, seed {quiz.seed}{level}", edition(quiz.ruleset))
    return head, Paragraph(f"Commit to an answer first; the evidence is shown after it.{few}")


def position(quiz: Quiz, case: QuizCase) -> str:
    """Where the learner is: "Case 3 of 10, 12 of 16 points so far"."""
    before = quiz.marks[: case.question.number - 1]
    points, possible = sum(mark.points for mark in before), sum(mark.possible_points for mark in before)
    return f"Case {case.question.number} of {len(quiz.cases)}" + (f", {points} of {possible} points so far" if before else "")


def vignette_view(case: QuizCase) -> Blocks:
    """The patient that is asked about."""
    question = case.question
    because = f" ({'; '.join(question.because)})" if question.because else ""
    unknown = (Paragraph(f"{', '.join(question.not_known)}.", lead="Not known", tone="quiet"),) if question.not_known else ()
    level = Paragraph(f"{question.level}{because}", lead="Level")
    return (level, Facts(known_facts(question.profile), inline=True), *unknown)


def question_view(case: QuizCase) -> Blocks:
    """The case and its first two questions."""
    question = case.question
    choices = tuple((f"{number}.", choice.name) for number, choice in enumerate(question.choices, 1))
    facts = tuple((f"{number}.", fact.title) for number, fact in enumerate(question.facts, 1))
    return (
        *vignette_view(case),
        Paragraph(PICKS_QUESTION, tone="strong"),
        Facts(choices),
        Paragraph(question.fact_question, tone="strong"),
        Facts(facts),
    )


def reveal_view(case: QuizCase, marked: MarkedCase) -> Blocks:
    """The first two answers marked: each therapy with its evidence or what stands against it, the fact, then the lesson."""
    key = case.key
    items = tuple(
        Item(one.name, judged(one, key.lesson), *_MARKED[one.therapy in marked.right, one.backed], Ref("therapy", one.therapy))
        for one in key.choices
    )
    chosen = all_of([one.name for one in key.choices if one.therapy in marked.answer.picks]) or "none of them"
    fact = "right" if marked.fact_right else f"you said {marked.answer.fact or 'nothing'}"
    return (
        Paragraph(f"{chosen}; {len(marked.right)} of {len(items)} judged rightly.", lead="You chose"),
        Items(items, "The answer"),
        Paragraph(f"{key.fact} ({fact}). {key.fact_says}", lead="The deciding fact"),
        _lesson(case),
    )


def _lesson(case: QuizCase) -> Paragraph:
    return Paragraph(f"{case.key.lesson.rstrip('.')}.", lead="The lesson", tone="strong")


def judged(choice: JudgedChoice, lesson: str = "") -> str:
    """What the evidence says of a choice, unless the lesson said so, and what would turn it."""
    found = STANDINGS[choice.standing].phrase if choice.backed else LISTS[choice.list].phrase
    evidence = "" if choice.list == "ruled_out" or choice.evidence == lesson else choice.evidence
    turned = f"{'No longer an option' if choice.backed else 'It would be an option'} {choice.turned}" if choice.turned else ""
    parts = (sentence(found), evidence, turned)
    return " ".join(f"{part.rstrip('.')}." for part in parts if part)


def twist_view(case: QuizCase, marked: MarkedCase) -> Blocks:
    """Whether the changed fact changes what is backed, and how."""
    points = f"{marked.points} of {marked.possible_points} points."
    return (Paragraph(f"{change(case)}. {points}", lead="Right" if marked.changes_right else "Wrong"),)


def change(case: QuizCase) -> str:
    """What the changed fact does: "the list changes: lost Regorafenib"."""
    says = "the list changes" if case.key.changes else "the list stays the same"
    parts = [f"{word} {', '.join(names)}" for word, names in (("gained", case.key.gained), ("lost", case.key.lost)) if names]
    return f"{says}{': ' if parts else ''}{'; '.join(parts)}"


def summary_view(quiz: Quiz) -> Blocks:
    """The score, and what was missed by topic with what to read."""
    found = quiz.summary
    if found is None:
        return ()
    names = {one.study.id: one.study.name for one in catalogue(quiz.knowledge)}
    missed = grouped((TOPICS[tally.topic], _missed(tally, names)) for tally in found.missed)
    nothing = () if missed else (Paragraph("Nothing missed."),)
    sections = (*(Section(title, tuple(own)) for title, own in missed.items()), *nothing)
    left = len(quiz.cases) - found.answered
    rules = "" if quiz.ruleset.id == DEFAULT_RULESET else f" --ruleset {quiz.ruleset.id}"
    # Not in a paragraph, which is wrapped: the line is there to be copied.
    again = Code(f"hepatica quiz --resume {found.token}{rules}", "sh")
    more = (Paragraph(f"{counted(left, 'case')} left. To go on:"), again) if left else ()
    return (Section(f"Summary: {found.points} of {found.possible_points} points", (*sections, *more)),)


def _missed(tally: QuizTally, names: Mapping[str, str]) -> Block:
    said = f"{sentence(LINES.get(tally.name, tally.name))}: {tally.asked - tally.right} of {tally.asked} missed"
    studies = tuple(Item(names[study], ref=Ref("study", study)) for study in tally.read)
    return Items(studies, f"{said}. Read") if studies else Paragraph(f"{said}.")


def feedback(case: QuizCase) -> Iterator[str]:
    """What a course shows after an answer, in sentences."""
    yield f"{case.key.lesson.rstrip('.')}."
    yield from (f"{choice.name}: {judged(choice, case.key.lesson)}" for choice in case.key.choices)


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
