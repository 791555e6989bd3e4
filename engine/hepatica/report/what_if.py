"""What-if as a reader sees it: what to find out first, then what would add an option and what would remove one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from hepatica.evaluation import LISTS, ORDER, ListName
from hepatica.explain import KINDS, Change, OpenTherapy, Outcome, Question, WhatIf
from hepatica.knowledge import ESTABLISHED, RANK, Standing
from hepatica.patient import NONE, Field
from hepatica.report.answers import case_blocks, case_title
from hepatica.report.blocks import Block, Blocks, Item, Items, More, Notice, Paragraph, Ref, Section, listed
from hepatica.report.citing import stands
from hepatica.wording import all_of, counted, grouped, joined

MOST_OUTCOMES, MOST_NAMED, MOST_WITHOUT = 12, 6, 3


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
    best = [*_best(settling.singles), *_best(settling.pairs)]
    names = {one.therapy: one.name for one in settling.open}
    shown = tuple(_question(question, names) for question in best)
    further = tuple(_question(question, names) for question in (*settling.singles, *settling.pairs) if question not in best)
    none = () if settling.singles else (Paragraph("No single fact settles any of them."),)
    open_ = Paragraph(f"{', '.join(names.values())}.", lead=f"Still open ({len(names)})", tone="quiet")
    blocks = (*shown, *none, open_, *((More("Further questions", further),) if further else ()))
    yield Section("What to find out first", blocks, id="first")


def _best(questions: tuple[Question, ...]) -> list[Question]:
    """The best question, and the best that tests alone answer where that is another."""
    tests = [question for question in questions if question.tests_only]
    return [*questions[:1], *(question for question in tests[:1] if question is not questions[0])]


def _question(question: Question, names: Mapping[str, str]) -> Items:
    """A question with what each result settles; `names` are those of the therapies still open."""
    single = len(question.titles) == 1
    asked = f"{'One' if single else 'Two'} {'test' if question.tests_only else 'fact'}{'' if single else 's'}"
    span = f"{question.least}" if question.least == question.most else f"{question.least} to {question.most}"
    # Where there are two, each result with what it is a result of.
    titled = (zip(question.titles, outcome.results, strict=True) for outcome in question.outcomes)
    named = (all_of(result if single else f"{title} {result}" for title, result in each) for each in titled)
    # By what they settle, not by result: ten results that settle the same are one row.
    groups = grouped((_settled(outcome, names), result) for outcome, result in zip(question.outcomes, named, strict=True))
    items = [Item(" / ".join(results), settled) for settled, results in list(groups.items())[:MOST_OUTCOMES]]
    left = len(groups) - MOST_OUTCOMES
    if left > 0:
        items.append(Item(f"... and {left} further results", "all of them with --format json"))
    return Items(
        tuple(items),
        f"{asked}: {all_of(question.titles)}",
        f"settles {span} of the {counted(len(names), 'therapy', 'therapies')} still open",
    )


def _settled(outcome: Outcome, open_: Mapping[str, str]) -> str:
    """What a result settles, the strongest first: "Galunisertib: early signal; Ramucirumab: in trial"."""
    ordered = sorted(outcome.settled, key=lambda one: (ORDER[one.list], RANK.get(one.standing or "", 0)))
    groups = grouped(((one.list, one.standing), one.name) for one in ordered)
    told = []
    for (listed_, standing), names in groups.items():
        # What may become the standard is what a reader asks for, however many they are.
        most = len(names) if standing in ESTABLISHED else MOST_WITHOUT if listed_ == "ruled_out" else MOST_NAMED
        who = all_of(names) if len(names) <= most else counted(len(names), "therapy", "therapies")
        told.append(f"{who}: {_place(listed_, standing)}")
    if told and 0 < len(outcome.left) <= MOST_WITHOUT:
        told.append(f"still open: {all_of(open_[name] for name in outcome.left)}")
    return "; ".join(told) or "settles nothing"


def _place(listed: ListName, standing: Standing | None) -> str:
    """Where a therapy then stands; only options bear a standing here, and any other list says it by itself."""
    return stands(listed, standing) if standing else LISTS[listed].phrase


def _changes(title: str, changes: tuple[Change, ...]) -> Iterator[Section]:
    if not changes:
        return
    kinds = grouped(((change.smallest, change.kind), change) for change in changes)
    smallest, rest = (
        tuple(Items(tuple(_rows(kinds[wanted, kind])), words) for kind, words in KINDS.items() if (wanted, kind) in kinds)
        for wanted in (True, False)
    )
    more = (More(f"Larger changes ({sum(len(group.items) for group in rest)})", rest),) if rest else ()
    count = sum(len(group.items) for group in smallest)
    yield Section(title, (*smallest, *more), count, id=title.lower().replace(" ", "-"))


def _rows(changes: list[Change]) -> Iterator[Item]:
    """Therapies that the same steps change, in one row, which leads to the case with the steps made."""
    groups = grouped((tuple((s.title, s.was, s.becomes) for s in change.steps), change) for change in changes)
    for steps, group in sorted(groups.items(), key=lambda item: len(item[0])):
        name = all_of(f"{title} {becomes} (now {was})" for title, was, becomes in steps)
        doubts = dict.fromkeys(doubt.message for change in group for doubt in change.doubts)
        warned = "".join(f" Warning: {message}" for message in doubts)
        places = ((_place(one.reaches, one.standing), one.mark if one.standing else "", one.name) for one in group)
        effects = grouped((joined(place, mark, mark=", "), name) for place, mark, name in places)
        said = "; ".join(f"{', '.join(names)} ({effect})" for effect, names in effects.items())
        pairs = [(field, value) for step in group[0].steps for field, value in step.to.items()]
        words = [(field, value or (NONE,) if isinstance(value, tuple) else (Field.written(value),)) for field, value in pairs]
        yield Item(name, f"{said}.{warned}", ref=Ref("change", urlencode(words, doseq=True)))


def _named_only(one: OpenTherapy) -> Item:
    return Item(one.name, ref=Ref("therapy", one.therapy))
