"""The readings of an answer as a reader sees them: why, what if, and side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from string import ascii_uppercase
from urllib.parse import urlencode

from hepatica import explain
from hepatica.evaluation import LISTS, ORDER, ListName
from hepatica.explain import KINDS, Change, ComparedCase, ComparedTherapy, ConditionTree, DecadeRow, Outcome, Question, WhatIf
from hepatica.knowledge import ESTABLISHED, RANK, STANDINGS, Standing, catalogue
from hepatica.patient import NONE, UNKNOWN, Field
from hepatica.report import blocks as b
from hepatica.report.answers import case_blocks, case_title
from hepatica.report.citing import edition, fits_words, limits, place_words, rule_words, stands
from hepatica.report.study import StudyView, study_page
from hepatica.wording import Wording, all_of, any_of, counted, grouped, joined, phrase, sentence, spoken

_MARKS: dict[str, b.Mark] = {"true": "yes", "false": "no", "unknown": "unknown"}
_TURNED = ("confirmed", "failed", "overtaken", "withdrawn")


def why_view(explained: explain.Explanation) -> b.Blocks:
    """The whole explanation."""
    return tuple(_WhyView(explained).blocks())


class _WhyView:
    def __init__(self, explained: explain.Explanation) -> None:
        self.explained = explained
        self.ruleset = explained.evaluation.knowledge
        self.words = Wording(self.ruleset)
        self.found = {one.study.id: one for one in catalogue(self.ruleset)}
        self._opened: set[tuple[str, bool]] = set()

    def blocks(self) -> Iterator[b.Block]:
        explained, entry, fate = self.explained, self.explained.entry, self.explained.fate
        case = explained.profile.label or "Hypothetical patient"
        place = stands(explained.list, entry.standing, entry.verdict)
        # No heading speaks of a hope as if it were still one.
        hoped = explained.list in ("options", "trials", "possible") and entry.standing != "supportive"
        since = f", {fate.status} since" if fate and hoped and fate.status in _TURNED else ""
        yield b.Title(f"{explained.name}: {place}{since}", f"{case}; {edition(explained.ruleset)}")
        yield b.Paragraph(self.reason(), tone="strong")
        if explained.list != "ruled_out" and entry.headline.text:
            yield b.Paragraph(entry.headline.text)
        if entry.because:
            yield b.Paragraph(f"{self.words.holds(entry.because)}.", lead="Because")
        yield b.Paragraph(explained.about)
        if fate:
            became = b.Paragraph(fate.says, lead=f"What became of it ({spoken(fate.status)})")
            # Where the headline has told what overturned it, the same is for those who ask.
            told = explained.list != "ruled_out" and entry.headline.later
            yield b.More("What became of it", (became,)) if told else became
        if explained.scope.verdict != "true":
            yield b.Tree((self.node(explained.scope, "In scope"),), summary="Whether the rules speak of this patient")
        applying = [rule for rule in explained.rules if rule.applies != "false"]
        for rule in sorted(explained.rules, key=applying.__contains__, reverse=True):
            # Beside rules that apply or may, the others are for those who ask; where none does, they are the answer.
            yield self.rule(rule, folded=bool(applying) and rule not in applying)
        yield from map(self.study, explained.studies)
        yield b.Notice(explained.notice)

    def reason(self) -> str:
        """Why it stands where it does: what was found, the facts it waits for, or what it would take."""
        entry = self.explained.entry
        if self.explained.list == "ruled_out":
            return f"{self.words.needed(entry)}."
        return f"Depends on {self.missing(entry.needs)}, not known." if self.explained.list == "possible" else entry.says

    def missing(self, needs: Iterable[str]) -> str:
        return all_of(map(self.explained.profile.missing, needs))

    def rule(self, explained: explain.ExplainedRule, *, folded: bool) -> b.Section:
        rule = explained.rule
        source = place_words(rule.source, self.ruleset.references, self.ruleset.card.source_word)
        place = b.facts((("Source", source), ("Rule", rule.id), ("Written at", explained.written_at)))
        blocks: b.Blocks = (
            # What the deciding rule says stands on top of the page.
            *(() if rule.says == self.reason() else (b.Paragraph(rule.says),)),
            *((b.Paragraph(f"{self.missing(explained.needs)}.", lead="Depends on"),) if explained.needs else ()),
            *limits(rule),
            b.Tree(self.nodes(explained.condition), "The condition"),
            b.More("Where this is recorded", (place,)),
        )
        return b.Section(f"{phrase('applies', explained.applies)}: {rule_words(rule)}", blocks, id=rule.id, folded=folded)

    def nodes(self, tree: ConditionTree) -> tuple[b.TreeNode, ...]:
        """A condition without the "all of" at its top, which every rule has."""
        return self.node(tree).parts if tree.kind == "all" else (self.node(tree),)

    def node(self, tree: ConditionTree, text: str = "") -> b.TreeNode:
        """A part of a condition with its parts; what a concept means is opened the first time only."""
        children = tree.children
        if tree.kind == "concept":
            # Rules share their concepts: opened under each of them, the same tree would fill most of the page.
            again = (tree.concept, tree.wanted) in self._opened
            self._opened.add((tree.concept, tree.wanted))
            children = () if again else tree.children[0].children if tree.children[0].kind == "all" else tree.children
        return b.TreeNode(text or self.says(tree), _MARKS[tree.verdict], tuple(map(self.node, children)))

    def says(self, tree: ConditionTree) -> str:
        """A part of a condition in words: "Tumour c-MET low (needs high)"."""
        if tree.kind == "test":
            field = self.words.fields[tree.field]
            text = f"{field.title} {self.words.token(field, tree.value)}"
            if tree.verdict == "true" or tree.test is None:
                return text
            # Some tests ask what is known: what is not is none the less no "no".
            known = "a known " if tree.verdict == "false" and tree.value == UNKNOWN else ""
            return f"{text} (needs {known}{self.words.test(tree.test)})"
        if tree.kind == "concept":
            return self.words.concept(tree.concept, tree.wanted)
        return {"all": "all of", "any": "any of"}[tree.kind]

    def study(self, explained: explain.ExplainedStudy) -> b.Section:
        """One study: how it fits the patient, and what it found; its own page has the rest."""
        view = StudyView(study_page(self.ruleset, self.found[explained.study]))
        study = view.study
        fits = fits_words(explained.applicability, study.kind, self.words, self.explained.profile)
        enrolled = (node for tree in (explained.population, *explained.criteria) if tree for node in self.nodes(tree))
        # The record and a publication may ask the same.
        told = tuple(dict.fromkeys(enrolled))
        folded = (part._replace(folded=True) for part in (*view.corrections(), *view.cited()))
        blocks: b.Blocks = (
            b.Paragraph(study.summary),
            b.Paragraph(f"{fits}.", lead="This patient"),
            *((b.Tree(told, "Whom it enrolled"),) if told else ()),
            *(*view.later(), *view.results(), *folded),
        )
        phase = f"phase {study.phase}" if study.phase else ""
        number = f"n = {study.n}" if study.n is not None else ""
        design = sentence(joined(phase, study.design, spoken(study.status), number, study.nct))
        return b.Section(explained.name, blocks, says=design, id=explained.study, ref=b.Ref("study", study.id))


MOST_OUTCOMES, MOST_NAMED, MOST_WITHOUT = 12, 6, 3


def whatif_view(found: WhatIf) -> b.Blocks:
    """The smallest changes and the best questions; all the others for those who ask."""
    head = (case_title(found.evaluation, "What if: "), *case_blocks(found.evaluation))
    return (*head, *whatif_body(found), b.Notice(found.notice))


def whatif_body(found: WhatIf) -> b.Blocks:
    """What-if without what it is about: for a page that says so itself."""
    return (
        *_questions(found),
        *_changes("What would add an option", found.adds),
        *_changes("What would remove an option", found.removes),
        *_fixed("No facts make it an option", found.never),
        *_fixed("An option whatever changes", found.always),
    )


def _fixed(title: str, found: tuple[explain.OpenTherapy, ...]) -> b.Blocks:
    return b.listed(title, (b.Item(one.name, ref=b.Ref("therapy", one.therapy)) for one in found), folded=True)


def _questions(found: WhatIf) -> Iterator[b.Block]:
    settling = found.settling
    if not settling.open:
        return
    best = [*_best(settling.singles), *_best(settling.pairs)]
    names = {one.therapy: one.name for one in settling.open}
    shown = tuple(_question(question, names) for question in best)
    further = tuple(_question(question, names) for question in (*settling.singles, *settling.pairs) if question not in best)
    none = () if settling.singles else (b.Paragraph("No single fact settles any of them."),)
    open_ = b.Paragraph(f"{', '.join(names.values())}.", lead=f"Still open ({len(names)})", tone="quiet")
    blocks = (*shown, *none, open_, *((b.More("Further questions", further),) if further else ()))
    yield b.Section("What to find out first", blocks, id="first")


def _best(questions: tuple[Question, ...]) -> list[Question]:
    """The best question, and the best that tests alone answer where that is another."""
    tests = [question for question in questions if question.tests_only]
    return [*questions[:1], *(question for question in tests[:1] if question is not questions[0])]


def _question(question: Question, names: Mapping[str, str]) -> b.Items:
    """A question with what each result settles; `names` are those of the therapies still open."""
    single = len(question.titles) == 1
    asked = f"{'One' if single else 'Two'} {'test' if question.tests_only else 'fact'}{'' if single else 's'}"
    span = f"{question.least}" if question.least == question.most else f"{question.least} to {question.most}"
    # Where there are two, each result with what it is a result of.
    titled = (zip(question.titles, outcome.results, strict=True) for outcome in question.outcomes)
    named = (all_of(result if single else f"{title} {result}" for title, result in each) for each in titled)
    # By what they settle, not by result: ten results that settle the same are one row.
    groups = grouped((_settled(outcome, names), result) for outcome, result in zip(question.outcomes, named, strict=True))
    items = [b.Item(" / ".join(results), settled) for settled, results in list(groups.items())[:MOST_OUTCOMES]]
    left = len(groups) - MOST_OUTCOMES
    if left > 0:
        items.append(b.Item(f"... and {left} further results", "all of them with --format json"))
    return b.Items(
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


def _place(place: ListName, standing: Standing | None) -> str:
    """Where a therapy then stands; only options bear a standing here, and any other list says it by itself."""
    return stands(place, standing) if standing else LISTS[place].phrase


def _changes(title: str, changes: tuple[Change, ...]) -> Iterator[b.Section]:
    if not changes:
        return
    kinds = grouped(((change.smallest, change.kind), change) for change in changes)
    smallest, rest = (
        tuple(b.Items(tuple(_rows(kinds[wanted, kind])), phrase("change", kind)) for kind in KINDS if (wanted, kind) in kinds)
        for wanted in (True, False)
    )
    more = (b.More(f"Larger changes ({sum(len(group.items) for group in rest)})", rest),) if rest else ()
    count = sum(len(group.items) for group in smallest)
    yield b.Section(title, (*smallest, *more), count, id=title.lower().replace(" ", "-"))


def _rows(changes: list[Change]) -> Iterator[b.Item]:
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
        yield b.Item(name, f"{said}.{warned}", ref=b.Ref("change", urlencode(words, doseq=True)))


_MOST_NAMED, _MOST_ASKED = 5, 3


def compare_view(found: explain.Comparison) -> b.Blocks:
    """The whole comparison; of two years what became of each hope, which says where the standing differs."""
    letters = ascii_uppercase[: len(found.columns)]
    warned = grouped(
        (doubt.message, x) for x, case in zip(letters, found.columns, strict=True) for doubt in case.profile.warnings
    )
    components = "Components of Child-Pugh that differ (points)"
    differing = tuple(
        b.Section(title, (b.Table(("", *letters), tuple((row.title, *(v or "-" for v in row.values)) for row in rows)),))
        for title, rows in (("Facts that differ", found.facts), (components, found.components))
        if rows
    )
    standings = grouped((phrase("difference", row.difference), _moved(row)) for row in found.therapies).items()
    none = b.Paragraph("No therapy changes its place." if differing else "Nothing differs.", tone="strong")
    moved = tuple(b.Section(title, (b.Table(("", *letters), tuple(own)),), len(own)) for title, own in standings) or (none,)
    return (
        b.Title(f"{len(found.columns)} answers side by side"),
        b.Items(tuple(map(b.Item, letters, _columns(found)))),
        *(b.Paragraph(message, lead=f"Warning ({all_of(own)})", tone="warning") for message, own in warned.items()),
        *((*_decade(found.then_and_now), *differing) if found.then_and_now else (*differing, *moved)),
        b.Section("Shared", (b.facts(_shared(found)),), folded=True),
        b.Notice(found.notice),
    )


def then_view(found: explain.ThenAndNow) -> b.Blocks:
    """One patient in two years: what stood best, what became of each hope, and where today's treatments stood then."""
    sides = f"{edition(found.then.ruleset)}; {edition(found.now.ruleset)}"
    return (b.Title(f"Then and now: {found.then.name}", sides), *_decade(found), b.Notice(found.notice))


def _decade(found: explain.ThenAndNow) -> Iterator[b.Block]:
    then, now = found.then.ruleset.as_of[:4], found.now.ruleset.as_of[:4]
    stood = [(row.name, row.then) for row in found.rows if row.then and row.therapy in found.best_then]
    stands_now = [(row.name, row.now) for row in found.rows if row.now and row.therapy in found.best_now]
    for year, side, best in ((then, found.then, stood), (now, found.now, stands_now)):
        yield b.Paragraph(f"{_best_of(side, best)}.", lead=f"In {year}", tone="strong")
    hopes = [
        (sentence(stands(row.then.list, row.then.standing, row.then.verdict)), _hope(row, found.now))
        for row in found.rows
        if row.then is not None and row.then.list != "ruled_out"
    ]
    shown = tuple(b.Items(tuple(own), group) for group, own in grouped(hopes).items())
    yield b.Section(f"What {then} said, and what became of it", shown, len(hopes), id="then")
    today = [
        (_stood(row, then), b.Item(row.name, row.now.headline, _cell(row.now), ref=b.Ref("therapy", row.therapy)))
        for row in found.rows
        if row.now is not None and row.now.list not in ("ruled_out", "unreported")
    ]
    listed = tuple(b.Items(tuple(own), group) for group, own in grouped(today).items())
    yield b.Section(f"What {now} says, by where it stood in {then}", listed, len(today), id="now")


def _best_of(side: ComparedCase, best: Sequence[tuple[str, ComparedTherapy]]) -> str:
    """What a clinician would say of the side: the standard of care, or what there is where none is; and what might be."""
    standing = best[0][1].standing if best else ""
    marked = RANK.get(standing, 0) < RANK["early_signal"]
    names = [f"{name} ({cell.mark})" if cell.mark and marked else name for name, cell in best]
    said = "out of scope" if side.scope == "out" else "nothing certain"
    if names:
        # Where none is the standard, the words say what is lacking; else the standing is named.
        said = (phrase("best", standing) or f"{STANDINGS[standing].phrase}: {{}}").format(all_of(names))
    if not side.strongest_open:
        return said
    # As journals print what stands in brackets within brackets: "(enter Untreated varices [yes or no])".
    asked = [one.translate(str.maketrans("()", "[]")) for one in side.asked]
    open_ = f"{any_of(side.strongest_open)} (enter {all_of(asked)})"
    if len(side.strongest_open) > _MOST_NAMED:
        open_ = f"one of {len(side.strongest_open)} therapies (enter {all_of(asked[:_MOST_ASKED])} first)"
    if side.open_standing == standing:
        return f"{said}; perhaps also {open_}"
    drugs = names and standing != "supportive"
    certain = f"in any case {STANDINGS[standing].phrase}: {all_of(names)}" if drugs else f"so far {said}"
    return f"perhaps {STANDINGS[side.open_standing or ''].phrase}: {open_}; {certain}"


def _hope(row: DecadeRow, now: ComparedCase) -> b.Item:
    """A therapy of the earlier ruleset: what became of it, and where it stands now for this patient."""
    today = "no longer among the treatments recorded" if row.now is None else _cell(row.now)
    asked = f"enter {all_of(row.then.needs_titles)}" if row.then and row.then.list == "possible" else ""
    lead = f"{sentence(joined(asked, row.then.mark))}. " if row.then and (asked or row.then.mark) else ""
    told = row.fate.says if row.fate else " ".join(f"{event.year}: {event.says}" for event in row.later)
    badge = spoken(row.fate.status) if row.fate else ""
    return b.Item(
        row.name, f"{lead}{told} In {now.ruleset.as_of[:4]}: {today}.".strip(), badge, ref=b.Ref("therapy", row.therapy)
    )


def _stood(row: DecadeRow, year: str) -> str:
    """Where a therapy of today stood in the earlier year, as a heading."""
    if row.then is None:
        return f"Not known in {year}"
    heading = LISTS["ruled_out"].heading if row.then.list == "ruled_out" else STANDINGS[row.then.standing].title
    return f"{heading} in {year}" + (", depending on missing facts" if row.then.list == "possible" else "")


def _columns(found: explain.Comparison) -> Iterator[str]:
    """Each column's name and what answered; rulesets that bear the same name are told apart by their content."""
    # By digest, because a work copy bears the name of what it was copied from.
    named = [(r.id, r.version) for r in {column.ruleset.digest: column.ruleset for column in found.columns}.values()]
    for column in found.columns:
        ruleset = column.ruleset
        same = named.count((ruleset.id, ruleset.version)) > 1
        content = f", content {ruleset.digest.removeprefix('sha256:')[:8]}" if same else ""
        yield f"{column.name} ({ruleset.id} {ruleset.version}{content}{ruleset.read_from}{phrase('scope', column.scope)})"


def _moved(row: explain.TherapyRow) -> tuple[str | b.Cell, ...]:
    return b.Cell(row.name, b.Ref("therapy", row.therapy)), *(_cell(cell, row.difference == "grounds") for cell in row.cells)


def _cell(cell: ComparedTherapy | None, grounds: bool = False) -> str:
    """A therapy's place in one column as a reader sees it; with `grounds` also what it rests on."""
    if cell is None:
        return "not in this ruleset"
    place = stands(cell.list, cell.standing, cell.verdict)
    if cell.list in ("ruled_out", "unreported"):
        return place
    if cell.list == "possible":
        return joined(f"{place}: enter {all_of(cell.needs_titles)}", cell.mark)
    told = [
        f"{study} ({phrase('enrolled', status)})" for study, status in cell.evidence if grounds and phrase("enrolled", status)
    ]
    return joined(place, cell.mark, ", ".join(told))


def _shared(found: explain.Comparison) -> Iterator[tuple[str, str]]:
    """What every column has, each group with its title."""
    yield "Facts", "; ".join(f"{row.title} {row.values[0]}" for row in found.shared_facts)
    cells = [(row.name, cell) for row in found.shared_therapies for cell in row.cells[:1] if cell]
    ordered = sorted(cells, key=lambda cell: (list(LISTS).index(cell[1].list), RANK[cell[1].standing]))
    groups = grouped((stands(cell.list, cell.standing), name) for name, cell in ordered)
    yield from ((sentence(place), ", ".join(names)) for place, names in groups.items())
