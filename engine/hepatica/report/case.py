"""The case that a result is about: its title, the facts as they were read, what was computed, and what is in doubt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hepatica.evaluation import Evaluation
from hepatica.patient import Profile
from hepatica.report.blocks import Block, Facts, Paragraph, Title
from hepatica.report.citing import edition
from hepatica.wording import Wording, all_of, grouped, joined, sentence, shown


def case_title(evaluation: Evaluation, lead: str = "") -> Title:
    """The case's name over the ruleset that answers."""
    return Title(f"{lead}{evaluation.profile.label or 'Hypothetical patient'}", edition(evaluation.ruleset))


def known_facts(profile: Profile, names: Iterable[str] = ()) -> tuple[tuple[str, str], ...]:
    """Title and value of every known fact, or of those named."""
    held = ((profile.fields[name], profile[name]) for name in names or profile.facts)
    return tuple((known.title, shown(known, value)) for known, value in held if value is not None)


def case_blocks(evaluation: Evaluation) -> Iterator[Block]:
    """Facts that the rules read, what was computed and understood, what is not known, and every doubt."""
    profile, ruleset = evaluation.profile, evaluation.knowledge
    words = Wording(ruleset)
    used = [name for name in profile.facts if name in ruleset.used_fields]
    # What the rules do not read is told apart below: nobody should think that it had a part in the answer.
    known = [name for name in used if profile[name] is not None]
    pairs = known_facts(profile, known)
    yield Facts(pairs, inline=True) if pairs else Paragraph("Nothing is known of the facts that the rules read.")
    yield from measured(profile)
    titled = [(one, f"{words.fields[one.field].title} " if one.field in words.fields else "") for one in profile.understood]
    yield from (Paragraph(f"{title}{one}.", lead="Read") for one, title in titled if not one.implied)
    # In one line: what follows already stands among the facts, and only its grounds are new.
    following = grouped((one.typed, f"{title}{one.read}") for one, title in titled if one.implied)
    if following:
        said = "; ".join(f"{all_of(read)} from {typed}" for typed, read in following.items())
        yield Paragraph(f"{said}.", lead="Follows", tone="quiet")
    unknown = [sentence(profile.missing(name)) for name in used if profile[name] is None]
    if unknown and pairs:
        yield Paragraph(f"{', '.join(unknown)}.", lead="Not known", tone="quiet")
    unused = [words.fact(name, value) for name, value in profile.facts.items() if name not in used and value is not None]
    if unused:
        yield Paragraph(f"{'; '.join(unused)}.", lead="Recorded, not used by these rules", tone="quiet")
    for warning in profile.warnings:
        yield Paragraph(warning.message, lead="Warning", tone="warning")


def measured(profile: Profile) -> Iterator[Paragraph]:
    """What was computed from measurements: the points of Child-Pugh, the staining of c-MET."""
    found = profile.measurements.get("child_pugh")
    if found:
        points = [f"{_part(name)} {found['components'][name]} = {number}" for name, number in found["points"].items()]
        score, span = found["score"], f"score {found['lowest']} to {found['highest']}, class open"
        known = span if score is None else f"score {score}, class {found['class']}"
        missing = [_part(name) for name in found["components"] if name not in found["points"]]
        left = f"; not known: {all_of(missing)}" if missing else ""
        yield Paragraph(f"{known} (points: {', '.join(points)}{left}).", lead="Child-Pugh computed")
    stained = profile.measurements.get("cmet")
    if stained and stained["status"]:
        intensity = f"{stained['intensity']}+" if stained["intensity"] is not None else ""
        share = f"in {stained['percent']:g} % of cells" if stained["percent"] is not None else ""
        yield Paragraph(f"{stained['status']} (staining {joined(intensity, share, mark=' ')}).", lead="c-MET computed")


def _part(name: str) -> str:
    return "INR" if name == "inr" else name
