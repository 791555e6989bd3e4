"""An answer as text for an 80-column terminal: what is backed, what a test would settle, what failed, what is ruled out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import wrap

from engine.evaluation.model import Applicability, Entry, Evaluation, Finding, Reason
from engine.knowledge.standing import DEMANDS
from engine.notice import notice
from engine.profile.fields import FIELD_BY_NAME, FIELDS, show
from engine.profile.model import Profile
from engine.report.figures import key_result, line
from engine.report.style import Style

WIDTH = 80
_NAME = 24
_LONGEST_LEAD = 50
_ESCAPE = re.compile("\x1b\\[[0-9;]*m")


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
        yield self.style.bold(profile.label or "Hypothetical patient")
        yield from hanging("", facts_line(self.evaluation.profile), 0)
        yield self.style.dim(f"{card.id} {card.version}, evidence as of {card.as_of}")
        for warning in profile.warnings:
            yield from hanging("! ", warning.message, 2)
        if self.evaluation.scope == "out":
            yield ""
            yield from hanging("OUT OF SCOPE  ", card.out_of_scope, 2)
        elif self.evaluation.scope == "unknown":
            needs = ", ".join(_titles(self.evaluation, "advanced_hcc"))
            yield ""
            yield from hanging("SCOPE UNKNOWN  ", f"Whether this is advanced HCC depends on: {needs}.", 2)

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
            names = ", ".join(f"{entry.therapy.name} ({_short(entry.finding)})" for entry in group)
            yield from hanging(f"  {self.style.underline(titles)}: ", names, 6)

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
            groups.setdefault(_plain(entry.finding.blocked_by), []).append(entry.therapy.name)
        for reasons, names in sorted(groups.items(), key=lambda item: -len(item[1])):
            yield from hanging("  ", f"{', '.join(names)}: {_blocked(reasons)}", 6)

    def _notes(self) -> Iterator[str]:
        notes = [note for note in self.evaluation.notes if note.when is not None]
        if not self.verbose or not notes:
            return
        yield from self._heading("THE REVIEW ALSO SAYS", len(notes))
        for note in notes:
            yield from hanging("  ", f"{note.says} (lines {note.review.lines})", 6)

    def _heading(self, title: str, count: int) -> Iterator[str]:
        yield ""
        yield self.style.bold(f"{title} ({count})")

    def _detail(self, entry: Entry) -> Iterator[str]:
        finding = entry.finding
        yield from hanging("      ", finding.rule.says, 6)
        if finding.because:
            yield from hanging("      because ", _held(finding.because), 8)
        for caveat in finding.rule.caveats:
            yield from hanging("      but ", caveat.says, 8)
        if finding.rule.extrapolates:
            yield from hanging("      extrapolates: ", finding.rule.extrapolates, 8)
        for citation in finding.citations:
            yield from hanging("      ", f"{citation.study.name}: {applicability_words(citation.applicability)}", 8)
        for other in entry.others:
            yield from hanging("      also ", f"({_short(other)}) {other.rule.says}", 8)


def _row(entry: Entry) -> Iterator[str]:
    """A therapy's name beside its evidence; a name too long for its column has a line of its own."""
    name, evidence = entry.therapy.name, evidence_line(entry.finding)
    if len(name) > _NAME - 3:
        yield f"  {name}"
        name = ""
    yield from hanging(f"  {name:<{_NAME - 2}}", evidence, _NAME)


def evidence_line(finding: Finding) -> str:
    """The trial and its key figure in one line; says where the patient is outside the trial's population."""
    studies = [citation.study for citation in finding.citations]
    key = key_result(finding.rule, studies)
    study = key[0] if key else studies[0]
    text = f"{study.name}: {line(key[1])}" if key else f"{study.name}; no figures printed"
    fits = next(citation.applicability for citation in finding.citations if citation.study is study)
    return f"{text} [patient outside its population]" if fits.status == "outside" else text


def applicability_words(fits: Applicability) -> str:
    """Whether the patient is one the study enrolled, in words."""
    if fits.status == "inside":
        return "the patient is inside the population it enrolled"
    if fits.status == "not_stated":
        return "the review does not say whom it enrolled"
    if fits.status == "unknown":
        titles = ", ".join(FIELD_BY_NAME[name].title for name in fits.unknown)
        return f"whether it enrolled such a patient depends on {titles}"
    return f"the patient is outside its population ({_blocked(fits.outside_by)})"


def facts_line(profile: Profile) -> str:
    """What is known and what is not, as one sentence."""
    facts = profile.facts
    known = [f"{f.title} {show(facts[f.name])}{_unit(f.name)}" for f in FIELDS if facts[f.name] is not None]
    unknown = [f.title for f in FIELDS if facts[f.name] is None]
    text = "; ".join(known) or "nothing is known"
    return f"{text}. Not known: {', '.join(unknown)}." if unknown else f"{text}."


def _unit(name: str) -> str:
    return " ng/mL" if name == "afp" else ""


def _titles(evaluation: Evaluation, concept: str) -> list[str]:
    derived = evaluation.derived.get(concept)
    names = dict.fromkeys(reason.field for reason in derived.because) if derived else {}
    return [FIELD_BY_NAME[name].title for name in names]


def _positions(names: tuple[str, ...]) -> tuple[int, ...]:
    order = [field.name for field in FIELDS]
    return tuple(order.index(name) for name in names)


def _short(finding: Finding) -> str:
    return DEMANDS[finding.rule.standing].title.lower()


def _plain(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    return tuple(Reason(r.field, r.value, r.requires) for r in reasons)


def _blocked(reasons: tuple[Reason, ...]) -> str:
    return "; ".join(f"{FIELD_BY_NAME[r.field].title} is {r.value}, needs {r.requires}" for r in reasons)


def _held(reasons: tuple[Reason, ...]) -> str:
    return "; ".join(f"{FIELD_BY_NAME[r.field].title} is {r.value}" for r in dict.fromkeys(_plain(reasons)))


def wrapped(text: str) -> Iterator[str]:
    """`text` wrapped at the width."""
    yield from wrap(text, WIDTH, break_on_hyphens=False)


def hanging(lead: str, text: str, indent: int) -> Iterator[str]:
    """`lead` and `text`, wrapped at the width with the following lines indented."""
    shown = visible(lead)
    if shown > _LONGEST_LEAD:
        yield from wrapped(lead.rstrip())
        lead, shown = " " * indent, indent
    lines = wrap(text, WIDTH, initial_indent=" " * shown, subsequent_indent=" " * indent, break_on_hyphens=False)
    first = lines[0][shown:] if lines else ""
    yield f"{lead}{first}".rstrip()
    yield from lines[1:]


def visible(text: str) -> int:
    """The width of a text on the screen, without its escape sequences."""
    return len(_ESCAPE.sub("", text))
