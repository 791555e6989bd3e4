"""A handout: one patient on one or two pages of paper, with the answer, why, what would change it, and the trials.

It is made of the blocks of the answer and of what-if, without what a screen folds away, so that paper cannot say anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from hepatica.evaluation import Citation, Entry, Evaluation, Evaluator, RulesetResult
from hepatica.explain import WhatIf, what_if
from hepatica.patient import Profile
from hepatica.records import record
from hepatica.report.answers import answer
from hepatica.report.blocks import Block, Blocks, Cell, Item, Items, More, Notice, Paragraph, Ref, Section, Table, facts
from hepatica.report.citing import lines_words, place_words, short_reference
from hepatica.report.readings import whatif_body
from hepatica.report.teaching.pathway import beside
from hepatica.wording import Wording, grouped, joined, phrase

_MOST_CHANGES = 3  # of one kind: more is no handout, and all of them are one command away
_MOST_CAVEATS = 2  # the first say most
_MOST_OPEN = 8  # undecided therapies, the strongest first: more of them is a case that is not known yet
_MOST_GROUPS = 2  # of questions, and of kinds of change: the best come first
_LEFT_OUT = ("advice",)  # the same for every patient
_NAMED = ("unreported",)  # nothing is known of them that a reader could use
_IN_FULL = ("standard", "positive_phase_3", "licensed")  # of a signal its headline says what it lacks


@record(kw_only=True, eq=False)
class Handout(RulesetResult):
    """An answer with what would change it. `date` and `link` are as they were given, and empty where they were not."""

    date: str
    link: str
    answer: Evaluation
    changes: WhatIf


def handout(evaluator: Evaluator, profile: Profile, date: str = "", link: str = "") -> Handout:
    """The handout of one patient. It knows no clock: `date` is what shall stand on it, `link` where the case is found again."""
    changes = what_if(evaluator, profile)
    found = changes.evaluation
    return Handout(notice=found.notice, ruleset=found.ruleset, date=date, link=link, answer=found, changes=changes)


def handout_view(found: Handout) -> Blocks:
    """When it was made and where to find it again, the answer, why, what would change it, the trials, and the notice."""
    evaluation = found.answer
    made = facts((("Handout of", found.date), ("The same case", found.link)))._replace(inline=True)
    changes = () if evaluation.scope == "out" else _changes(found.changes)
    title, *said = _open(answer(evaluation))
    top = (title, *([made] if made.pairs else []), *said)
    return (*top, *_why(evaluation), *changes, *_trials(evaluation), Notice(found.notice))


def _open(blocks: Iterable[Block], *, named: bool = False) -> Iterator[Block]:
    """Blocks as they stand on paper, where nothing can be unfolded: without details (or mere names), the rest in the open."""
    for block in blocks:
        if isinstance(block, Section) and block.id not in _LEFT_OUT:
            yield block._replace(blocks=tuple(_open(block.blocks, named=block.id in _NAMED)), folded=False)
        elif isinstance(block, Items):
            items = (item._replace(details=(), text="" if named else item.text) for item in block.items)
            yield block._replace(items=tuple(items))
        elif not isinstance(block, (Section, More, Notice)):
            yield block


def _why(evaluation: Evaluation) -> Iterator[Section]:
    """What each option rests on: the facts that all of them share once, then each with its own."""
    options = [entry for entry in evaluation.options if entry.standing != "supportive"]
    if not options:
        return
    words = Wording(evaluation.knowledge)
    held = [(entry, dict.fromkeys(words.holds([reason]) for reason in entry.because)) for entry in options]
    shared = [says for says in held[0][1] if all(says in own for _, own in held)]
    told = []
    for entry, own in held:
        facts = "; ".join(says for says in own if says not in shared) or "nothing beyond that"
        # Of the stronger evidence also the rule's sentence and its limits.
        more = (entry.says, *(f"But: {caveat.says}" for caveat in entry.caveats[:_MOST_CAVEATS]))
        told.append((joined(f"{facts}.", *(more if entry.standing in _IN_FULL else ()), mark=" "), entry.name))
    items = tuple(Item(", ".join(names), reasons) for reasons, names in grouped(told).items())
    yield Section("Why", (Items(items),), says=f"All of them: {'; '.join(shared)}." if shared else "")


def _changes(found: WhatIf) -> Iterator[Section]:
    """What to find out first and the smallest changes, but for those that no patient can make and those in doubt."""
    adds, removes = (tuple(c for c in way if c.kind != "contrast" and not c.doubts) for way in (found.adds, found.removes))
    for section in _open(whatif_body(replace(found, adds=adds, removes=removes))):
        if isinstance(section, Section) and section.id and section.count != 0:
            left = sum(len(block.items) for block in section.blocks[_MOST_GROUPS:] if isinstance(block, Items))
            more = (Paragraph(f"... and {left} more of other kinds"),) if left and section.count is not None else ()
            yield section._replace(blocks=(*map(_few, section.blocks[:_MOST_GROUPS]), *more))


def _few(block: Block) -> Block:
    # The number of the others stands where they would be: a short list must not read as all there is.
    if not isinstance(block, Items) or len(block.items) <= _MOST_CHANGES:
        return block
    return block._replace(items=(*block.items[:_MOST_CHANGES], Item(f"... and {len(block.items) - _MOST_CHANGES} more")))


def _trials(evaluation: Evaluation) -> Iterator[Section]:
    """The studies that each headline tells of, and every trial behind the stronger evidence; each once."""
    # What may yet be an option has its trials beside those of the others: they are what it is to be judged by.
    open_ = [entry for entry in evaluation.possible if entry.would_be == "options"]
    entries = (*evaluation.options, *open_[:_MOST_OPEN], *evaluation.not_supported, *evaluation.trials)
    every = [(entry, one) for entry in entries for one in entry.citations if not phrase("no_trial", one.kind)]
    # A headline may quote more than the study it begins with: what a trial under way rests on, what failed beside a signal.
    told = {
        one.study: (entry, one)
        for entry, one in reversed(every)
        if one.study == entry.headline.study or f"{one.name}:" in entry.headline.text or entry.standing in _IN_FULL
    }
    if told:
        rows = tuple(_trial(evaluation, entry, one) for entry, one in reversed(told.values()))
        yield Section("The trials", (Table(("Trial", "Therapy", "Design", "Primary endpoint", "Source"), rows),))


def _trial(evaluation: Evaluation, entry: Entry, one: Citation) -> tuple[str | Cell, ...]:
    study = evaluation.knowledge.studies[one.study]
    design = joined(f"phase {one.phase}" if one.phase else "", f"n = {one.n}" if one.n else "", mark=", ")
    outcome = phrase("outcome", study.outcome).removeprefix("primary endpoint ")
    reference = evaluation.knowledge.references.get(one.source.ref or study.reference)
    found = Cell(short_reference(reference), Ref("reference", reference.id)) if reference else place_words(one.source)
    place = lines_words(one.source.lines, evaluation.knowledge.card.source_word) or found
    return Cell(beside(one.name, entry.name), Ref("study", one.study)), entry.name, design, outcome, place
