"""A quiz for people: the question, what it reveals, and the summary at the end, each as blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hepatica.evaluation import LISTS
from hepatica.knowledge import LINES, STANDINGS, catalogue
from hepatica.paths import DEFAULT_RULESET
from hepatica.report.answers import known_facts
from hepatica.report.blocks import Block, Blocks, Bullets, Code, Facts, Item, Items, Notice, Paragraph, Ref, Section, Title, Tone
from hepatica.report.citing import edition
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
    """What was missed how often, over the studies to read."""
    said = f"{sentence(LINES.get(tally.name, tally.name))}: {tally.asked - tally.right} of {tally.asked} missed"
    studies = tuple(Item(names[study], ref=Ref("study", study)) for study in tally.read)
    return Items(studies, f"{said}. Read") if studies else Paragraph(f"{said}.")


def feedback(case: QuizCase) -> Iterator[str]:
    """What a course shows after an answer, in sentences."""
    yield f"{case.key.lesson.rstrip('.')}."
    yield from (f"{choice.name}: {judged(choice, case.key.lesson)}" for choice in case.key.choices)
