"""References: where something is said, in words, as a link, and in the formats of reference managers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from hepatica.evaluation import RulesetIdentity, identity
from hepatica.knowledge import Place, Reference, Ruleset, Study
from hepatica.notice import notice
from hepatica.records import record
from hepatica.report.blocks import Blocks, Facts, Item, Items, Notice, Ref, Title
from hepatica.wording import counted


@record(kw_only=True)
class CitedReference:
    """A reference with what names it: studies whose publication it is, and every record that gives it as its source."""

    reference: Reference
    studies: tuple[str, ...]
    cited: int


@record(kw_only=True)
class ReferenceListing:
    """The references of a ruleset."""

    notice: str
    ruleset: RulesetIdentity
    references: tuple[CitedReference, ...]


def reference_listing(ruleset: Ruleset) -> ReferenceListing:
    """Every reference in the order in which the ruleset lists them."""
    used = [place.ref for place in _places(ruleset)]
    cited = tuple(
        CitedReference(
            reference=reference,
            studies=tuple(study.id for study in ruleset.studies.values() if study.reference == reference.id),
            cited=used.count(reference.id),
        )
        for reference in ruleset.references.values()
    )
    return ReferenceListing(notice=notice(ruleset.card.as_of), ruleset=identity(ruleset), references=cited)


def sources_of(study: Study) -> Iterator[Place]:
    """Every place that a study's parts give as their source."""
    own: list[Place | None] = [study.source, *(part.source for part in study.criteria), *(part.source for part in study.later)]
    own += [part.source for part in study.discrepancies]
    own += [part.source for part in study.primary_endpoints]
    own += [*(part.source for part in study.results), *(part.source for part in study.toxicity)]
    yield from (place for place in own if place)


def _places(ruleset: Ruleset) -> Iterator[Place]:
    for therapy in ruleset.therapies.values():
        yield therapy.source
        yield from (rule.source for rule in therapy.rules)
        for study in therapy.studies:
            yield from sources_of(study)


def references_view(listing: ReferenceListing) -> Blocks:
    """The references with their identifiers, and how each is known."""
    title = Title(counted(len(listing.references), "reference"), f"{listing.ruleset.id} {listing.ruleset.version}")
    return title, Items(tuple(_item(one) for one in listing.references)), Notice(listing.notice)


def _item(cited: CitedReference) -> Item:
    reference = cited.reference
    use = "; ".join([*([f"publication of {', '.join(cited.studies)}"] if cited.studies else []), read_words(reference)])
    details = (Facts((("Kind", reference.kind), ("Known by", reference.known), ("Given as a source", f"{cited.cited} times"))),)
    return Item(reference.id, f"{reference_words(reference)} ({use})", ref=reference_link(reference), details=details)


def read_words(reference: Reference) -> str:
    """How much of a reference was seen."""
    return f"read: {reference.read}" if reference.was_read else "not read"


def reference_words(reference: Reference) -> str:
    """A citation with its identifiers: "Llovet JM. N Engl J Med 2008. doi:10.1056/..., PMID 18650514"."""
    return " ".join(part for part in (f"{reference.citation.rstrip('.')}.", ", ".join(identifiers(reference))) if part)


def identifiers(reference: Reference) -> list[str]:
    """The identifiers by which a reader finds it."""
    named = (("doi:", reference.doi), ("PMID ", reference.pmid), ("", reference.nct))
    found = [f"{name}{value}" for name, value in named if value]
    return found or [reference.url] * bool(reference.url)


def reference_link(reference: Reference) -> Ref | None:
    """Where a reader finds it on the web."""
    for value, address in (
        (reference.doi, "https://doi.org/"),
        (reference.pmid, "https://pubmed.ncbi.nlm.nih.gov/"),
        (reference.nct, "https://clinicaltrials.gov/study/"),
        (reference.url, ""),
    ):
        if value:
            return Ref("url", f"{address}{value}")
    return None


def place_words(place: Place | None, references: Mapping[str, Reference] | None = None, word: str = "review") -> str:
    """Where a source says it: "review lines 281-301 (refs 13)" or the citation of a reference with the place in it."""
    if place is None:
        return ""
    if place.ref:
        reference = (references or {}).get(place.ref)
        said = reference_words(reference) if reference else place.ref
        return f"{said} ({place.place})" if place.place else said
    parts = [place.section, lines_words(place.lines, word)]
    if place.refs:
        parts.append(f"refs {', '.join(map(str, place.refs))}")
    return ", ".join(part for part in parts if part)


def lines_words(lines: str, word: str = "review") -> str:
    """Lines of the source text: "review line 413", "review lines 281-301"; empty for none."""
    return f"{word} line{'s' if '-' in lines or ',' in lines else ''} {lines}".strip() if lines else ""


def bibtex(listing: ReferenceListing) -> str:
    """The references as BibTeX, for a reference manager. The notice stands in a comment."""
    return "\n".join((f"% {listing.notice}\n", *(_bibtex(one.reference) for one in listing.references)))


def _bibtex(reference: Reference) -> str:
    kind = "article" if reference.kind in ("paper", "abstract") else "misc"
    fields = (("title", reference.citation), *_pairs(reference))
    body = "".join(f"  {name} = {{{_braced(value)}}},\n" for name, value in fields)
    return f"@{kind}{{{re.sub(r'[^A-Za-z0-9:_-]', '-', reference.id)},\n{body}}}\n"


def _braced(text: str) -> str:
    """Text that cannot leave its braces."""
    return re.sub(r"[\\{}]", "", text).replace("&", r"\&").replace("%", r"\%").replace("#", r"\#").replace("_", r"\_")


def _pairs(reference: Reference) -> Iterable[tuple[str, str]]:
    pairs = (("year", str(reference.year)), ("doi", reference.doi), ("pmid", reference.pmid), ("number", reference.nct))
    link = reference_link(reference)
    return [(name, value) for name, value in (*pairs, ("url", link.id if link else ""), ("note", reference.known)) if value]


_RIS_KINDS = {
    "paper": "JOUR",
    "abstract": "ABST",
    "registry": "DBASE",
    "label": "LEGAL",
    "announcement": "NEWS",
    "guideline": "RPRT",
}


def ris(listing: ReferenceListing) -> str:
    """The references as RIS. The notice stands in the first one's notes."""
    return "".join(_ris(one.reference, listing.notice if number == 0 else "") for number, one in enumerate(listing.references))


def _ris(reference: Reference, first: str) -> str:
    link = reference_link(reference)
    lines = (
        ("TY", _RIS_KINDS.get(reference.kind, "GEN")),
        ("ID", reference.id),
        ("TI", reference.citation),
        ("PY", str(reference.year)),
        ("DO", reference.doi),
        ("AN", reference.pmid or reference.nct),
        ("UR", link.id if link else ""),
        ("N1", reference.known),
        ("N1", first),
    )
    return "".join(f"{tag}  - {' '.join(value.split())}\n" for tag, value in lines if value) + "ER  - \n\n"


def reference_rows(listing: ReferenceListing) -> list[dict[str, str]]:
    """The references as rows of a table."""
    return [
        {
            "reference": one.reference.id,
            "citation": one.reference.citation,
            "year": str(one.reference.year),
            "kind": one.reference.kind,
            "doi": one.reference.doi,
            "pmid": one.reference.pmid,
            "nct": one.reference.nct,
            "url": one.reference.url,
            "read": one.reference.read,
            "known": one.reference.known,
            "studies": "; ".join(one.studies),
        }
        for one in listing.references
    ]
