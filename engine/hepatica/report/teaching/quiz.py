"""A quiz for people: the question, what it reveals, and the summary at the end, each as blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hepatica.evaluation import LISTS
from hepatica.knowledge import LINES, STANDINGS
from hepatica.report.answers import known_facts
from hepatica.report.blocks import Block, Blocks, Bullets, Facts, Item, Items, Notice, Paragraph, Ref, Section, Title, Tone
from hepatica.report.citing import edition
from hepatica.teaching import TOPICS, JudgedChoice, MarkedCase, Quiz, QuizCase, QuizTally
from hepatica.wording import all_of, counted, sentence

PICKS_QUESTION = "Which of these does the evidence back for this patient?"


def quiz_view(quiz: Quiz) -> Blocks:
    """Every case, with what it reveals where it was answered, and the summary."""
    blocks: list[Block] = [*head_view(quiz)]
    for number, case in enumerate(quiz.cases):
        marked = quiz.marks[number] if number < len(quiz.marks) else None
        shown = [*_questions(case)]
        shown += [*reveal_view(case, marked), *twist_view(case, marked)] if marked else []
        blocks.append(Section(position(quiz, case), tuple(shown)))
    return (*blocks, *(summary_view(quiz) if quiz.summary else ()), Notice(quiz.notice))


def sheet_view(quiz: Quiz) -> Blocks:
    """The quiz for paper: every question with its choices, then, from a new page, what is right and why."""
    cases = tuple(_kept(f"case-{case.question.number}", quiz, case, map(_boxes, _questions(case))) for case in quiz.cases)
    key = tuple(_kept(f"answer-{case.question.number}", quiz, case, _key(case)) for case in quiz.cases)
    head = Title(f"Quiz {quiz.seed}: answers", edition(quiz.ruleset))
    # The notice stands at the head of both: at the foot it would now and then have a page of its own.
    return (*head_view(quiz), Notice(quiz.notice), *cases, head, Notice(quiz.notice), *key)


def _kept(name: str, quiz: Quiz, case: QuizCase, blocks: Iterable[Block]) -> Section:
    """A case under a name by which the style sheet keeps it on one page."""
    return Section(position(quiz, case), tuple(blocks), id=name)


def _boxes(block: Block) -> Block:
    """What is offered with a box to tick; a number is only typed."""
    if isinstance(block, Facts) and not block.inline:
        return Bullets(tuple(f"☐ {words}" for _, words in block.pairs))
    return block


def _questions(case: QuizCase) -> Blocks:
    return (*question_view(case), Paragraph(case.question.twist.question, tone="strong"))


def _key(case: QuizCase) -> Iterator[Block]:
    yield Items(tuple(Item(choice.name, judged(choice, case.key.lesson)) for choice in case.key.choices))
    yield Paragraph(f"{case.key.fact}. {case.key.fact_says}", lead="The deciding fact")
    yield _lesson(case)
    yield Paragraph(f"{change(case)}.", lead="With the change")


def head_view(quiz: Quiz) -> Blocks:
    """What the learner is about to do."""
    level = f", {quiz.level}" if quiz.level else ""
    few = f" No more cases fit the choice ({quiz.asked} were asked for)." if len(quiz.cases) < quiz.asked else ""
    head = Title(f"Quiz: {len(quiz.cases)} cases, seed {quiz.seed}{level}", edition(quiz.ruleset))
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
    said = {choice.therapy: _said(choice, marked) for choice in case.key.choices}
    items = tuple(
        Item(choice.name, judged(choice, case.key.lesson), *said[choice.therapy], Ref("therapy", choice.therapy))
        for choice in case.key.choices
    )
    chosen = [choice.name for choice in case.key.choices if choice.therapy in marked.answer.picks]
    score = f"{len(marked.right)} of {len(items)} judged rightly"
    fact = "right" if marked.fact_right else f"you said {marked.answer.fact or 'nothing'}"
    return (
        Paragraph(f"{all_of(chosen) or 'none of them'}; {score}.", lead="You chose"),
        Items(items, "The answer"),
        Paragraph(f"{case.key.fact} ({fact}). {case.key.fact_says}", lead="The deciding fact"),
        _lesson(case),
    )


def _lesson(case: QuizCase) -> Paragraph:
    return Paragraph(case.key.lesson, lead="The lesson", tone="strong")


def _said(choice: JudgedChoice, marked: MarkedCase) -> tuple[str, Tone]:
    if choice.therapy in marked.right:
        return ("rightly chosen" if choice.backed else "rightly not chosen"), "good"
    return ("you missed it" if choice.backed else "wrongly chosen"), "bad"


def judged(choice: JudgedChoice, lesson: str = "") -> str:
    """What the evidence says of a choice, unless the lesson said so, and what would turn it."""
    found = STANDINGS[choice.standing].phrase if choice.backed else LISTS[choice.list].phrase
    evidence = "" if choice.list == "ruled_out" or choice.evidence == lesson else choice.evidence
    turned = f"{'No longer' if choice.backed else 'An option'} with {choice.turned}" if choice.turned else ""
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
    missed = [
        Section(title, tuple(_missed(tally) for tally in tallies))
        for topic, title in TOPICS.items()
        if (tallies := [tally for tally in found.missed if tally.topic == topic])
    ]
    left = len(quiz.cases) - found.answered
    more = (Paragraph(f"hepatica quiz --resume {found.token}", lead=f"{counted(left, 'case')} left. To go on"),) if left else ()
    nothing = () if missed else (Paragraph("Nothing missed."),)
    return (Section(f"Summary: {found.points} of {found.possible_points} points", (*missed, *nothing, *more)),)


def _missed(tally: QuizTally) -> Block:
    """What was missed how often, over the studies to read."""
    name = LINES.get(tally.name, tally.name)
    said = f"{sentence(name)}: {tally.asked - tally.right} of {tally.asked} missed"
    studies = tuple(Item(study, ref=Ref("study", study)) for study in tally.read)
    return Items(studies, f"{said}. Read") if studies else Paragraph(f"{said}.")


def feedback(case: QuizCase) -> Iterator[str]:
    """What a course shows after an answer, in sentences."""
    yield case.key.lesson
    yield from (f"{choice.name}: {judged(choice, case.key.lesson)}" for choice in case.key.choices)
