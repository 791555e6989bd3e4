"""An answer as text for an 80-column terminal: what is backed, what a test would settle, what failed, what is ruled out."""

from __future__ import annotations

from collections.abc import Iterator

from hepatica.evaluation import Entry, Evaluation, Reason
from hepatica.knowledge import DEMANDS
from hepatica.notice import notice
from hepatica.patient import FIELD_BY_NAME, FIELDS
from hepatica.report.sentences import applicability_words, blocked, evidence_line, facts_line, held, plain
from hepatica.report.style import Style
from hepatica.report.words import standing_words
from hepatica.report.wrapping import hanging, wrapped

_NAME = 24


def answer(evaluation: Evaluation, style: Style, *, verbose: bool = False) -> str:
    """The whole answer as text ending in a line break."""
    page = _Page(evaluation, style, verbose)
    return "\n".join(page.lines()) + "\n"


class _Page:
    def __init__(self, evaluation: Evaluation, style: Style, verbose: bool) -> None:
        self.evaluation = evaluation
        self.style = style
        self.verbose = verbose

    def lines(self) -> Iterator[str]:
        yield from self._head()
        yield from self._options()
        yield from self._possible()
        yield from self._not_supported()
        yield from self._ruled_out()
        yield from self._notes()
        yield ""
        yield from wrapped(notice(self.evaluation.ruleset.card.as_of))

    def _head(self) -> Iterator[str]:
        card, profile = self.evaluation.ruleset.card, self.evaluation.profile
        yield from (self.style.bold(line) for line in wrapped(profile.label or "Hypothetical patient"))
        yield from hanging("", facts_line(self.evaluation.profile), 0)
        yield self.style.dim(f"{card.id} {card.version}, evidence as of {card.as_of}")
        for warning in profile.warnings:
            yield from hanging("! ", warning.message, 2)
        if self.evaluation.scope == "out":
            yield ""
            yield from hanging("OUT OF SCOPE  ", card.out_of_scope, 2)
        elif self.evaluation.scope == "unknown":
            needs = ", ".join(FIELD_BY_NAME[name].title for name in self.evaluation.scope_needs)
            yield ""
            yield from hanging("SCOPE UNKNOWN  ", f"Whether the rules speak of this patient depends on: {needs}.", 2)

    def _options(self) -> Iterator[str]:
        entries = self.evaluation.options
        yield from self._heading("OPTIONS THE EVIDENCE BACKS", len(entries))
        standing = ""
        for entry in entries:
            demand = DEMANDS[entry.finding.rule.standing]
            if demand.title != standing:
                standing = demand.title
                yield from hanging(f" {self.style.underline(standing)}: ", demand.means, 3)
            yield from _row(entry)
            yield from _failures(entry, _NAME, "but as a whole")
            if self.verbose:
                yield from self._detail(entry)

    def _possible(self) -> Iterator[str]:
        entries = self.evaluation.possible
        hopeful = [entry for entry in entries if entry.finding.rule.standing != "not_supported"]
        doubtful = [entry for entry in entries if entry.finding.rule.standing == "not_supported"]
        if hopeful:
            yield from self._heading("WOULD BE SETTLED BY A TEST OR A FACT", len(hopeful))
            yield from self._by_needs(hopeful)
        if doubtful:
            yield from self._heading("NEVER AN OPTION HERE; NOT KNOWN WHETHER ITS TRIAL APPLIES", len(doubtful))
            yield from self._by_needs(doubtful)

    def _by_needs(self, entries: list[Entry]) -> Iterator[str]:
        groups: dict[tuple[str, ...], list[Entry]] = {}
        for entry in entries:
            groups.setdefault(entry.finding.needs, []).append(entry)
        for needs, group in sorted(groups.items(), key=lambda item: (len(item[0]), _positions(item[0]))):
            titles = " + ".join(FIELD_BY_NAME[name].title for name in needs)
            names = ", ".join(f"{entry.therapy.name} ({standing_words(entry.finding.rule.standing)})" for entry in group)
            yield from hanging(f"  {self.style.underline(titles)}: ", names, 6)
            for entry in group:
                yield from _failures(entry, 6, f"{entry.therapy.name} otherwise")
                if self.verbose:
                    yield from self._detail(entry)

    def _not_supported(self) -> Iterator[str]:
        entries = self.evaluation.not_supported
        if not entries:
            return
        yield from self._heading("TESTED IN THIS SETTING AND NOT SUPPORTED", len(entries))
        for entry in entries:
            yield from _row(entry)
            if self.verbose:
                yield from self._detail(entry)

    def _ruled_out(self) -> Iterator[str]:
        entries = self.evaluation.ruled_out
        if not entries:
            return
        yield from self._heading("RULED OUT", len(entries))
        groups: dict[tuple[Reason, ...], list[str]] = {}
        for entry in entries:
            groups.setdefault(plain(entry.finding.blocked_by), []).append(entry.therapy.name)
        for reasons, names in sorted(groups.items(), key=lambda item: -len(item[1])):
            yield from hanging("  ", f"{', '.join(names)}: {blocked(reasons)}", 6)

    def _notes(self) -> Iterator[str]:
        notes = [note for note in self.evaluation.notes if note.when is not None]
        if not self.verbose or not notes:
            return
        yield from self._heading("THE REVIEW ALSO SAYS", len(notes))
        for note in notes:
            yield from hanging("  ", f"{note.says} (lines {note.source.lines})", 6)

    def _heading(self, title: str, count: int) -> Iterator[str]:
        yield ""
        yield self.style.bold(f"{title} ({count})")

    def _detail(self, entry: Entry) -> Iterator[str]:
        finding = entry.finding
        yield from hanging("      ", finding.rule.says, 6)
        if finding.because:
            yield from hanging("      because ", held(finding.because), 8)
        for caveat in finding.rule.caveats:
            yield from hanging("      but ", caveat.says, 8)
        if finding.rule.extrapolates:
            yield from hanging("      extrapolates: ", finding.rule.extrapolates.says, 8)
        for citation in finding.citations:
            yield from hanging("      ", f"{citation.study.name}: {applicability_words(citation.applicability)}", 8)
        for other in entry.others:
            yield from hanging("      also ", f"({standing_words(other.rule.standing)}) {other.rule.says}", 8)


def _failures(entry: Entry, indent: int, lead: str) -> Iterator[str]:
    """Beside what speaks for a therapy, the trials of its other rules that speak against it."""
    for other in entry.others:
        if other.reaches == "not_supported":
            yield from hanging(" " * indent, f"{lead} not supported: {evidence_line(other)}", indent)


def _row(entry: Entry) -> Iterator[str]:
    """A therapy's name beside its evidence; a name too long for its column has a line of its own."""
    name, evidence = entry.therapy.name, evidence_line(entry.finding)
    if len(name) > _NAME - 3:
        yield f"  {name}"
        name = ""
    yield from hanging(f"  {name:<{_NAME - 2}}", evidence, _NAME)


def _positions(names: tuple[str, ...]) -> tuple[int, ...]:
    order = [field.name for field in FIELDS]
    return tuple(order.index(name) for name in names)
