"""A quiz as text for an 80-column terminal: the question, what it reveals, and the summary at the end."""

from __future__ import annotations

from collections.abc import Iterator

from hepatica.explain.facets import label
from hepatica.explain.whatif import Change, Step
from hepatica.notice import notice
from hepatica.patient import FIELD_BY_NAME, show
from hepatica.report.sentences import evidence_line, facts_line
from hepatica.report.style import Style
from hepatica.report.words import LIST_WORDS, standing_words
from hepatica.report.wrapping import hanging, wrapped
from hepatica.teaching.quiz import TOPICS, Marked, Quiz, Summary
from hepatica.teaching.quiz_cases import Case, Choice


def head(quiz: Quiz, style: Style) -> str:
    """What the learner is about to do."""
    card = quiz.ruleset.card
    level = f", {quiz.level}" if quiz.level else ""
    few = f" No more cases fit the choice ({quiz.asked} were asked for)." if len(quiz.cases) < quiz.asked else ""
    return _text(
        [
            style.bold(f"Quiz (cases: {len(quiz.cases)}, seed {quiz.seed}{level})"),
            style.dim(f"{card.id} {card.version}, evidence as of {card.as_of}"),
            *wrapped(notice(card.as_of)),
            "",
            *wrapped(f"Commit to an answer first; the evidence is shown after it.{few}"),
        ]
    )


def question(case: Case, style: Style) -> str:
    """The case and its first two questions."""
    lines = [style.bold(f"Case {case.number} ({case.level}: {case.nearly} rules are one fact away)")]
    lines += hanging("", facts_line(case.profile), 2)
    lines += ["", "Which of these does the evidence back for this patient?"]
    lines += [f"  {index}. {choice.therapy.name}" for index, choice in enumerate(case.choices, 1)]
    lines += ["", *wrapped(fact_question(case))]
    lines += [f"  {index}. {facet.title}" for index, facet in enumerate(case.facts, 1)]
    return _text(lines)


def fact_question(case: Case) -> str:
    """The question for the deciding fact."""
    return f"Which one fact decides about {case.focus.therapy.name}: were it different, the answer would turn?"


def twist_question(case: Case) -> str:
    """The question whether the plan changes."""
    step = case.twist.step
    return f"Suppose {step.facet.title} were {exactly(step)} instead of {step.was}. Would the backed options change?"


def exactly(step: Step) -> str:
    """The one state a step leads to, with its unit."""
    if len(step.facet.fields) > 1:
        return label(step.facet, (step.to,))
    return f"{show(step.to.values[0])} {step.facet.fields[0].unit}".strip()


def reveal(marked: Marked, style: Style) -> str:
    """The answer to the first two questions: each therapy with its evidence or what stands against it."""
    return _text(_reveal(marked, style))


def _reveal(marked: Marked, style: Style) -> Iterator[str]:
    case = marked.case
    yield style.bold("The answer")
    for index, choice in enumerate(case.choices, 1):
        picked = choice.therapy.id in marked.answer.picks
        verdict = "right" if picked == choice.is_option else "missed" if choice.is_option else "not backed"
        yield from hanging(
            f"  {index}. [{verdict}] ", f"{choice.therapy.name} is {LIST_WORDS[choice.list]}: {because(choice)}", 6
        )
        if choice.near is not None:
            yield from hanging("      near miss: " if not choice.is_option else "      hangs on: ", turned(choice.near), 8)
    verdict = "right" if marked.fact_right else "wrong"
    yield from hanging(f"  [{verdict}] ", f"{case.deciding.title} decides: {turned(case.turn)}.", 6)


def because(choice: Choice) -> str:
    """The trial behind a therapy, or what stands against it."""
    finding = choice.entry.finding
    if choice.list == "options":
        return f"{standing_words(finding.rule.standing)}; {evidence_line(finding)}"
    if choice.list == "not_supported":
        return evidence_line(finding)
    if choice.list == "possible":
        return f"depends on {', '.join(FIELD_BY_NAME[name].title for name in finding.needs)}"
    facts = [f"{FIELD_BY_NAME[r.field].title} is {r.value}, needs {r.requires}" for r in finding.blocked_by]
    return "; ".join(dict.fromkeys(facts))


def turned(change: Change) -> str:
    """What one changed fact would make of a therapy."""
    steps = " and ".join(f"{step.facet.title} {step.becomes}" for step in change.steps)
    return f"given {steps}, it would be {LIST_WORDS[change.reaches]}"


def twist_reveal(marked: Marked, style: Style) -> str:
    """Whether the changed fact changes the options, and which."""
    twist = marked.case.twist
    verdict = "right" if marked.twist_right else "wrong"
    lines = list(hanging(f"  [{verdict}] ", "Yes, the options change." if twist.changes else "No, the options stay the same.", 6))
    for words, therapies in (("gained", twist.gained), ("lost", twist.lost)):
        if therapies:
            lines += hanging(f"      {words}: ", ", ".join(therapy.name for therapy in therapies), 8)
    lines.append(style.dim(f"  {marked.points} of {marked.possible_points} points"))
    return _text(lines)


def summary_text(quiz: Quiz, found: Summary, style: Style) -> str:
    """The score, and what was missed by topic."""
    lines = [style.bold(f"Summary: {found.points} of {found.possible_points} points")]
    for topic, title in TOPICS.items():
        missed = found.missed(topic)
        words = "; ".join(f"{t.name} ({t.asked - t.right} of {t.asked} missed)" for t in missed)
        lines += hanging(f"  {title}: ", words or "nothing missed", 6)
    return _text([*lines, "", *wrapped(notice(quiz.ruleset.card.as_of))])


def _text(lines: Iterator[str] | list[str]) -> str:
    return "\n".join(lines) + "\n"
