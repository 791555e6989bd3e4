"""An answer as a reader sees it: the case with what was computed and what is in doubt, what the evidence backs with the
strongest first, what is open, what failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from hepatica.evaluation import LISTS, ORDER, Entry, Evaluation, ListName
from hepatica.knowledge import ESTABLISHED, RANK, STANDINGS, VERDICTS, Test, conjuncts
from hepatica.patient import Profile
from hepatica.report import blocks as b
from hepatica.report.citing import citation_words, edition, fits_words, limits, place_words, stands
from hepatica.wording import Wording, abbreviations, all_of, counted, grouped, joined, sentence, shown

# The topic of notes that advise how to choose: every answer shows them, the other notes only those who ask see.
ADVICE = "general advice"
_MOST_ASKED = 3


def answer(evaluation: Evaluation) -> b.Blocks:
    """The whole answer. Out of scope, and where nothing is certain yet, it is a few lines."""
    head = (case_title(evaluation), *case_blocks(evaluation))
    card = evaluation.knowledge.card
    companion = (b.Paragraph(card.companion_says or card.companion, lead="See also"),) if card.companion else ()
    return (*head, *companion, *answer_body(evaluation), b.Notice(evaluation.notice))


def answer_body(evaluation: Evaluation) -> b.Blocks:
    """The answer without what it is about: for a page that says so itself."""
    return tuple(_AnswerView(evaluation).body())


def case_title(evaluation: Evaluation, lead: str = "") -> b.Title:
    """The case's name over the ruleset that answers."""
    return b.Title(f"{lead}{evaluation.profile.label or 'Hypothetical patient'}", edition(evaluation.ruleset))


def known_facts(profile: Profile, names: Iterable[str] = ()) -> tuple[tuple[str, str], ...]:
    """Title and value of every known fact, or of those named."""
    held = ((profile.fields[name], profile[name]) for name in names or profile.facts)
    return tuple((known.title, shown(known, value)) for known, value in held if value is not None)


def case_blocks(evaluation: Evaluation) -> Iterator[b.Block]:
    """Facts that the rules read, what was computed and understood, what is not known, and every doubt."""
    profile, ruleset = evaluation.profile, evaluation.knowledge
    words = Wording(ruleset)
    used = [name for name in profile.facts if name in ruleset.used_fields]
    # What the rules do not read is told apart below: nobody should think that it had a part in the answer.
    known = [name for name in used if profile[name] is not None]
    pairs = known_facts(profile, known)
    yield b.Facts(pairs, inline=True) if pairs else b.Paragraph("Nothing is known of the facts that the rules read.")
    yield from measured(profile)
    titled = [(one, f"{words.fields[one.field].title} " if one.field in words.fields else "") for one in profile.understood]
    yield from (b.Paragraph(f"{title}{one}.", lead="Read") for one, title in titled if not one.implied)
    # In one line: what follows already stands among the facts, and only its grounds are new.
    following = grouped((one.typed, f"{title}{one.read}") for one, title in titled if one.implied)
    if following:
        said = "; ".join(f"{all_of(read)} from {typed}" for typed, read in following.items())
        yield b.Paragraph(f"{said}.", lead="Follows", tone="quiet")
    unknown = [sentence(profile.missing(name)) for name in used if profile.leaves_open(name)]
    if unknown and pairs:
        yield b.Paragraph(f"{', '.join(unknown)}.", lead="Not known", tone="quiet")
    unused = [words.fact(name, value) for name, value in profile.facts.items() if name not in used and value is not None]
    if unused:
        yield b.Paragraph(f"{'; '.join(unused)}.", lead="Recorded, not used by these rules", tone="quiet")
    for warning in profile.warnings:
        yield b.Paragraph(warning.message, lead="Warning", tone="warning")


def measured(profile: Profile) -> Iterator[b.Paragraph]:
    """What was computed from measurements: the points of Child-Pugh, the staining of c-MET."""
    found = profile.measurements.get("child_pugh")
    if found:
        titles = {name: "INR" if name == "inr" else name for name in found["components"]}
        points = [f"{titles[name]} {found['components'][name]} = {number}" for name, number in found["points"].items()]
        score, span = found["score"], f"score {found['lowest']} to {found['highest']}, class open"
        known = span if score is None else f"score {score}, class {found['class']}"
        missing = [title for name, title in titles.items() if name not in found["points"]]
        left = f"; not known: {all_of(missing)}" if missing else ""
        yield b.Paragraph(f"{known} (points: {', '.join(points)}{left}).", lead="Child-Pugh computed")
    stained = profile.measurements.get("cmet")
    if stained and stained["status"]:
        intensity = f"{stained['intensity']}+" if stained["intensity"] is not None else ""
        share = f"in {stained['percent']:g} % of cells" if stained["percent"] is not None else ""
        yield b.Paragraph(f"{stained['status']} (staining {joined(intensity, share, mark=' ')}).", lead="c-MET computed")


class _AnswerView:
    def __init__(self, evaluation: Evaluation) -> None:
        self.evaluation = evaluation
        self.words = Wording(evaluation.knowledge)
        self.word = evaluation.knowledge.card.source_word

    def body(self) -> Iterator[b.Block]:
        evaluation = self.evaluation
        if evaluation.scope == "out":
            yield b.Paragraph(evaluation.scope_says, lead="Out of scope", tone="warning")
            return
        if evaluation.possible and not (evaluation.options or evaluation.trials or evaluation.not_supported):
            yield from self.nothing_certain()
            return
        if evaluation.scope == "unknown":
            yield b.Paragraph(f"{self.ask_first()}.", lead="Scope", tone="warning")
        rivals = evaluation.rivals()
        best = next((entry.standing for entry in evaluation.options), "")
        stronger = [entry for entry in rivals if entry.standing != best]
        alike = [entry for entry in rivals if entry.standing == best]
        others = [entry for entry in evaluation.open() if entry not in rivals]
        yield from self.possible(stronger, "strongest-open", ": the strongest")
        yield from self.options(stronger, alike)
        yield from self.plain("trials")
        yield from self.possible(others, "possible", ": the rest" if stronger or alike else "")
        yield from (*self.plain("not_supported"), *self.plain("unreported"), *self.ruled_out(), *self.notes(), *self.legend())

    def nothing_certain(self) -> Iterator[b.Block]:
        """What to enter first, where no therapy has a certain place yet: a few lines, the rest for those who ask."""
        open_ = self.evaluation.possible
        yield b.Paragraph(f"{self.ask_first()} first.", lead="Nothing certain yet", tone="warning")
        best = [entry for entry in open_ if entry.would_be == "options" and entry.standing == open_[0].standing]
        if best:
            named = f"{', '.join(entry.name for entry in best)} ({STANDINGS[best[0].standing].phrase})."
            yield b.Paragraph(named, lead="Strongest still open")
        yield b.Paragraph(f"{counted(len(open_), 'therapy depends', 'therapies depend')} on what is not known.")
        yield b.More("All therapies", (*self.possible(open_), *self.plain("unreported"), *self.ruled_out()))

    def ask_first(self) -> str:
        """The facts that the scope depends on, then those that most of what is open does, in the order of the fields."""
        asked = Counter(name for entry in self.evaluation.possible for name in entry.needs)
        # What most open therapies wait for; where nothing is asked by most, whatever any of them asks.
        half = len(self.evaluation.possible) / 2
        most = [name for name in self.words.fields if asked[name] >= half] or list(asked)
        first = list(dict.fromkeys((*self.evaluation.scope_needs, *most)))
        enter = f"Enter {self.asked(first[:_MOST_ASKED])}"
        scope = self.words.condition(self.evaluation.knowledge.card.scope)
        return f"Whether this is {scope} cannot be told. {enter}" if self.evaluation.scope == "unknown" else enter

    def asked(self, names: Iterable[str]) -> str:
        return all_of(map(self.evaluation.profile.to_enter, names))

    def options(self, stronger: Sequence[Entry], alike: Sequence[Entry]) -> Iterator[b.Block]:
        """A section to each standing, so that no heading promises more than what stands below it has."""
        options = self.evaluation.options
        # The first heading says that nothing is established, and nothing stronger open: there the standard of care is looked for.
        weak = bool(options) and RANK[options[0].standing] > RANK["licensed"] and not stronger
        for standing, own in groupby(options, lambda entry: entry.standing):
            items = tuple(map(self.item, own))
            says = sentence(f"{STANDINGS[standing].means}.")
            title = STANDINGS[standing].title + (", nothing stronger" if weak and standing == options[0].standing else "")
            yield b.Section(title, (b.Items(items),), len(items), id=standing.replace("_", "-"), says=says)
            if standing == options[0].standing:
                # A second standard is no less to a reader than the one that needs no further fact.
                yield from self.possible(alike, "as-strong-open", ": no less strong")
        if not options:
            yield b.Section(LISTS["options"].heading, (b.Paragraph("None, as far as the facts are known."),), 0, id="options")

    def plain(self, name: ListName) -> b.Blocks:
        items = map(self.item, getattr(self.evaluation, name))
        return b.listed(LISTS[name].heading, items, folded=name == "unreported", id_=name.replace("_", "-"))

    def item(self, entry: Entry) -> b.Item:
        badge = sentence(VERDICTS[entry.verdict]) if entry.verdict else ""
        tone: b.Tone = "bad" if entry.verdict == "harmful" else "strong" if entry.standing in ESTABLISHED else "plain"
        cite = b.Ref("study", entry.headline.study) if entry.headline.study else None
        said, ref = entry.headline.text or entry.says, b.Ref("therapy", entry.therapy)
        return b.Item(entry.name, said, badge, tone, ref, tuple(self.details(entry)), cite)

    def possible(self, entries: Sequence[Entry], id_: str = "possible", which: str = "") -> Iterator[b.Block]:
        """Open therapies by what they wait for: the strongest first, and last those that are options in any case."""
        certain = {entry.therapy for entry in self.evaluation.options}
        groups = grouped((entry.needs, entry) for entry in entries)
        anyway = {needs: all(entry.therapy in certain for entry in own) for needs, own in groups.items()}
        ordered = sorted(groups.items(), key=lambda item: (RANK[item[1][0].standing], anyway[item[0]], len(item[0])))
        rows = tuple(b.Items(tuple(map(self.open_item, group)), f"Enter {self.asked(needs)}") for needs, group in ordered)
        if rows:
            yield b.Section(f"{LISTS['possible'].heading}{which}", rows, len(entries), id=id_)

    def open_item(self, entry: Entry) -> b.Item:
        """An open therapy with what it would be, on what that turns, and what stands against it as a whole."""
        would = stands("possible", entry.standing)
        # Only where its rule says it of just the facts to enter. Else one heading stands over what needs opposite answers.
        parts = conjuncts(self.evaluation.knowledge.rules[entry.rule].when)
        asked = [part for part in parts if isinstance(part, Test) and part.field in entry.needs]
        given = all_of(map(self.words.setting, asked)) if {part.field for part in asked} == {*entry.needs} else ""
        if given:
            would += f" (not supported {given})" if entry.would_be == "not_supported" else f": {given}"
        certain = next((e.standing for e in self.evaluation.options if e.therapy == entry.therapy), None)
        if certain and entry.would_be != "not_supported":
            would += f"; {STANDINGS[certain].phrase} in any case"
        against = [text.replace("but as a whole", "otherwise as a whole") for text in entry.headline.against]
        said = (b.Paragraph(entry.headline.text),) if entry.headline.text else ()
        details = (*said, *self.details(entry))
        return b.Item(entry.name, "; ".join((would, *against)), ref=b.Ref("therapy", entry.therapy), details=details)

    def ruled_out(self) -> Iterator[b.Block]:
        groups = grouped((self.words.needed(entry), entry) for entry in self.evaluation.ruled_out).items()
        ordered = sorted(groups, key=lambda item: (ORDER[item[1][0].would_be or "ruled_out"], -len(item[1])))
        items = [b.Items(tuple(b.Item(e.name, ref=b.Ref("therapy", e.therapy)) for e in own), says) for says, own in ordered]
        if items:
            yield b.Section(LISTS["ruled_out"].heading, tuple(items), len(self.evaluation.ruled_out), folded=True, id="ruled-out")

    def notes(self) -> Iterator[b.Block]:
        """The source's general advice in a few lines; what else it says of such patients for those who ask."""
        advice, rest = ([n for n in self.evaluation.notes if (n.topic == ADVICE) is wanted] for wanted in (True, False))
        if advice:
            yield b.Section(f"General advice of the {self.word}", b.bullets(note.says for note in advice), id="advice")
        if rest:
            placed = ((note.says, place_words(note.source, word=self.word)) for note in rest)
            told = b.bullets(f"{says} ({place})" if place else says for says, place in placed)
            yield b.More(f"What else the {self.word} says ({len(rest)})", told)

    def legend(self) -> Iterator[b.Block]:
        told = [each.headline for name, entries in self.evaluation.entries().items() if name != "possible" for each in entries]
        open_ = [text for entry in self.evaluation.possible for text in entry.headline.against]
        meant = abbreviations(" ".join((*(line.text for line in told), *open_)))
        if meant:
            yield b.Paragraph(f"{meant}.", lead="Abbreviations", tone="quiet")

    def details(self, entry: Entry) -> Iterator[b.Block]:
        """Everything behind an entry: what the rule says, why it holds, its limits, the studies and the other rules."""
        yield b.Paragraph(entry.says)
        if entry.because:
            yield b.Paragraph(f"{self.words.holds(entry.because)}.", lead="Because")
        if entry.needs:
            yield b.Paragraph(f"{all_of(map(self.evaluation.profile.missing, entry.needs))}.", lead="Depends on")
        yield from limits(entry)
        for citation in entry.citations:
            fits = fits_words(citation.applicability, citation.kind, self.words, self.evaluation.profile)
            yield b.Paragraph(f"{fits}; {citation_words(citation, self.word)}.", lead=citation.name)
            yield from (b.Paragraph(event.says, lead=f"Later ({event.year})") for event in citation.later)
        for other in entry.other_rules:
            yield b.Paragraph(joined(other.says, other.headline.text, mark=" "), lead=f"Also, {STANDINGS[other.standing].phrase}")
