"""Where something is said, in words and as a link: places in a source, references, rulesets, and how a study fits."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hepatica.evaluation import LISTS, Applicability, Citation, Entry, ListName, RuleAnswer, RulesetIdentity
from hepatica.knowledge import LINES, STANDINGS, VERDICTS, Place, Reference, Rule, Standing, Verdict
from hepatica.patient import Profile
from hepatica.report.blocks import Blocks, Ref, bullets
from hepatica.wording import Wording, all_of, joined, phrase

NO_OPTION = "no option either way"
_LINKS = {
    "doi": "https://doi.org/",
    "pmid": "https://pubmed.ncbi.nlm.nih.gov/",
    "nct": "https://clinicaltrials.gov/study/",
    "url": "",
}


def edition(ruleset: RulesetIdentity) -> str:
    """A ruleset with its date, and the folder it was read from where that is not the shipped one."""
    return f"{ruleset.id} {ruleset.version}, evidence as of {ruleset.as_of}{ruleset.read_from}"


def standing_words(standing: Standing, verdict: Verdict | None = None) -> str:
    """A standing inside a sentence, with the verdict that makes it precise: "not supported (no better than the comparator)"."""
    return f"{STANDINGS[standing].phrase} ({VERDICTS[verdict]})" if verdict else STANDINGS[standing].phrase


def rule_words(rule: Rule) -> str:
    """What a rule gives a therapy, and in which line: "early signal, second line"."""
    return f"{standing_words(rule.standing, rule.verdict)}, {LINES[rule.line]}"


def stands(place: ListName, standing: Standing, verdict: Verdict | None = None) -> str:
    """Where a therapy stands, in the words of every output: "early signal", "in trial", "possible (standard of care)"."""
    # Every other list is one standing, or says by its standings more than its own name would.
    if place == "ruled_out":
        return LISTS[place].phrase
    if place == "possible":
        # Whatever is missing, such a therapy becomes no option: "possible" would promise one.
        return NO_OPTION if standing == "not_supported" else f"{LISTS[place].phrase} ({STANDINGS[standing].phrase})"
    return standing_words(standing, verdict)


def place_words(place: Place | None, references: Mapping[str, Reference] | None = None, word: str = "review") -> str:
    """Where a source says it: "review lines 281-301 (refs 13)" or the citation of a reference with the place in it."""
    if place is None:
        return ""
    if place.ref:
        reference = (references or {}).get(place.ref)
        said = reference_words(reference) if reference else place.ref
        return f"{said} ({place.place})" if place.place else said
    refs = f"refs {', '.join(map(str, place.refs))}" if place.refs else ""
    return joined(place.section, lines_words(place.lines, word), refs, mark=", ")


def lines_words(lines: str, word: str = "review") -> str:
    """Lines of the source text: "review line 413", "review lines 281-301"; empty for none."""
    return f"{word} line{'s' if '-' in lines or ',' in lines else ''} {lines}".strip() if lines else ""


def reference_words(reference: Reference) -> str:
    """A citation with its identifiers: "Llovet JM. N Engl J Med 2008. doi:10.1056/..., PMID 18650514"."""
    named = (("doi:", reference.doi), ("PMID ", reference.pmid), ("", reference.nct))
    identifiers = ", ".join(f"{name}{value}" for name, value in named if value)
    return joined(f"{reference.citation.rstrip('.')}.", identifiers or reference.url, mark=" ")


def short_reference(reference: Reference | None) -> str:
    """A reference as a text names it: "Llovet 2008", "announcement 2016", "report 2016"; empty for none."""
    if reference is None:
        return ""
    author = re.match(r"([^\W\d][\w'-]*) [A-Z]{1,3}\b(?=[., ])", reference.citation)
    return f"{author[1] if author else reference.what} {reference.year}"


def read_words(reference: Reference) -> str:
    """How much of a reference was seen."""
    if reference.read == "secondary":
        return "read at second hand"
    return f"read: {reference.read}" if reference.was_read else "not read"


def reference_link(reference: Reference) -> Ref | None:
    """Where a reader finds it on the web."""
    found = (Ref("url", f"{address}{getattr(reference, part)}") for part, address in _LINKS.items() if getattr(reference, part))
    return next(found, None)


def citation_words(citation: Citation, word: str = "review") -> str:
    """What a study is, in one line: "phase III, n = 565, NCT01140347, review lines 281-301"."""
    phase = f"phase {citation.phase}" if citation.phase else ""
    number = f"n = {citation.n}" if citation.n is not None else ""
    return joined(phase, number, citation.nct, place_words(citation.source, word=word), mark=", ")


def fits_words(fits: Applicability, kind: str, words: Wording, profile: Profile) -> str:
    """Whether the patient is one that a study of this kind enrolled, in words."""
    if other := phrase("no_trial", kind):
        return other
    if fits.status == "partly_stated":
        return f"Meets the little that is recorded of whom it enrolled ({', '.join(words.titles(fits.stated))})"
    if fits.status == "unknown":
        return f"Whether it enrolled such patients depends on {all_of(map(profile.missing, fits.unknown))}"
    if fits.status == "outside":
        return f"Did not enrol such patients ({words.only(fits.outside_by)})"
    return "Such patients were enrolled" if fits.status == "inside" else "Whom it enrolled is not recorded"


def limits(rule: Rule | Entry | RuleAnswer) -> Blocks:
    """What keeps a rule from being taken further than it goes."""
    told = [caveat.says for caveat in rule.caveats]
    if rule.extrapolates:
        told.append(f"Goes beyond its studies: {rule.extrapolates.says}")
    return bullets(told, "Limits")
