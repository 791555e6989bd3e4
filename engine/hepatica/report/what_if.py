"""What-if as a reader sees it: what to find out first, then what would add an option and what would remove one."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from hepatica.evaluation import LISTS, ORDER, ListName
from hepatica.explain import KINDS, Change, OpenTherapy, Outcome, Question, WhatIf
from hepatica.knowledge import RANK, STANDINGS, Standing
from hepatica.patient import NONE, Field
from hepatica.report.answers import ESTABLISHED
from hepatica.report.blocks import Block, Blocks, Item, Items, More, Notice, Paragraph, Ref, Section, listed
from hepatica.report.case import case_blocks, case_title
from hepatica.report.citing import stands
from hepatica.wording import all_of, counted, grouped, joined

MOST_OUTCOMES, MOST_NAMED, _MOST_WITHOUT = 12, 6, 3


def whatif_view(found: WhatIf) -> Blocks:
    """The smallest changes and the best questions; all the others for those who ask."""
    head = (case_title(found.evaluation, "What if: "), *case_blocks(found.evaluation))
    return (*head, *whatif_body(found), Notice(found.notice))


def whatif_body(found: WhatIf) -> Blocks:
    """What-if without what it is about: for a page that says so itself."""
    return (
        *_questions(found),
        *_changes("What would add an option", found.adds),
        *_changes("What would remove an option", found.removes),
        *listed("No facts make it an option", map(_named_only, found.never), folded=True),
        *listed("An option whatever changes", map(_named_only, found.always), folded=True),
    )


def _questions(found: WhatIf) -> Iterator[Block]:
    settling = found.settling
    if not settling.open:
        return
    every = (*settling.singles, *settling.pairs)
    best = (*_best(settling.singles), *_best(settling.pairs))
    shown = tuple(_question(question, len(settling.open)) for question in every if question in best)
    rest = tuple(_question(question, len(settling.open)) for question in every if question not in best)
    none = () if settling.singles else (Paragraph("No single fact settles any of them."),)
    names = Paragraph(f"{', '.join(one.name for one in settling.open)}.", lead=f"Still open ({len(settling.open)})", tone="quiet")
    blocks = (*shown, *none, names, *((More("Further questions", rest),) if rest else ()))
    yield Section("What to find out first", blocks, id="first")


def _best(questions: tuple[Question, ...]) -> list[Question]:
    """The best question, and the best that tests alone answer where that is another."""
    tests = [question for question in questions if question.tests_only]
    return [*questions[:1], *(question for question in tests[:1] if question is not questions[0])]


def _question(question: Question, open_: int) -> Items:
    number = "One" if len(question.titles) == 1 else "Two"
    title = f"{number} {'test' if question.tests_only else 'fact'}{'' if number == 'One' else 's'}"
    span = f"{question.least}" if question.least == question.most else f"{question.least} to {question.most}"
    # By what they settle, not by result: ten results that settle the same are one row.
    groups = grouped((_settled(outcome), _results(question, outcome)) for outcome in question.outcomes)
    items = [Item(" / ".join(results), settled) for settled, results in list(groups.items())[:MOST_OUTCOMES]]
    left = len(groups) - MOST_OUTCOMES
    if left > 0:
        items.append(Item(f"... and {left} further results", "all of them with --format json"))
    return Items(tuple(items), f"{title}: {all_of(question.titles)}", f"settles {span} of {open_}")


def _results(question: Question, outcome: Outcome) -> str:
    """The results of one outcome; where there are two, each with what it is a result of."""
    if len(question.titles) == 1:
        return outcome.results[0]
    return all_of([f"{title} {result}" for title, result in zip(question.titles, outcome.results, strict=True)])


def _settled(outcome: Outcome) -> str:
    """What a result settles, the strongest first: "Galunisertib: early signal; Ramucirumab: in trial"."""
    ordered = sorted(outcome.settled, key=lambda one: (ORDER[one.list], RANK.get(one.standing or "", 0)))
    groups = grouped((_place(one.list, one.standing), one.name) for one in ordered)
    return "; ".join(f"{_few(names, place)}: {place}" for place, names in groups.items()) or "settles nothing"


def _few(names: list[str], place: str) -> str:
    # What may become the standard is what a reader asks for, however many they are.
    most = _MOST_WITHOUT if place == LISTS["ruled_out"].phrase else MOST_NAMED
    established = place in (STANDINGS[standing].phrase for standing in ESTABLISHED)
    return all_of(names) if established or len(names) <= most else counted(len(names), "therapy", "therapies")


def _place(listed: ListName, standing: Standing | None) -> str:
    """Where a therapy then stands; only options bear a standing here, and any other list says it by itself."""
    return stands(listed, standing) if standing else LISTS[listed].phrase


def _changes(title: str, changes: tuple[Change, ...]) -> Iterator[Section]:
    if not changes:
        return
    smallest = tuple(_by_kind([change for change in changes if change.smallest]))
    rest = tuple(_by_kind([change for change in changes if not change.smallest]))
    more = (More(f"Larger changes ({_count(rest)})", rest),) if rest else ()
    yield Section(title, (*smallest, *more), _count(smallest), id=title.lower().replace(" ", "-"))


def _count(groups: tuple[Items, ...]) -> int:
    return sum(len(group.items) for group in groups)


def _by_kind(changes: list[Change]) -> Iterator[Items]:
    for kind, words in KINDS.items():
        own = [change for change in changes if change.kind == kind]
        if own:
            yield Items(tuple(_rows(own)), words)


def _rows(changes: list[Change]) -> Iterator[Item]:
    """Therapies that the same steps change, in one row."""
    groups = grouped((tuple((s.title, s.was, s.becomes) for s in change.steps), change) for change in changes)
    for steps, group in sorted(groups.items(), key=lambda item: len(item[0])):
        name = all_of([f"{title} {becomes} (now {was})" for title, was, becomes in steps])
        doubts = dict.fromkeys(doubt.message for change in group for doubt in change.doubts)
        warned = "".join(f" Warning: {message}" for message in doubts)
        effects = grouped((_effect(change), change.name) for change in group)
        said = "; ".join(f"{', '.join(names)} ({effect})" for effect, names in effects.items())
        yield Item(name, f"{said}.{warned}", ref=_changed(group[0]))


def _changed(change: Change) -> Ref:
    """The case with the steps made, for media that can lead there."""
    pairs = [(name, value) for step in change.steps for name, value in step.to.items()]
    words = [(name, value or (NONE,) if isinstance(value, tuple) else (Field.written(value),)) for name, value in pairs]
    return Ref("change", urlencode(words, doseq=True))


def _effect(change: Change) -> str:
    return joined(_place(change.reaches, change.standing), change.mark if change.standing else "", mark=", ")


def _named_only(one: OpenTherapy) -> Item:
    return Item(one.name, ref=Ref("therapy", one.therapy))
