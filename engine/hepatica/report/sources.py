"""References: where something is said, in words, as a link, and in the formats of reference managers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence

from hepatica.evaluation import RulesetIdentity, identity
from hepatica.knowledge import Place, Reference, Ruleset, Study
from hepatica.notice import notice
from hepatica.records import record
from hepatica.report.blocks import Blocks, Facts, Item, Items, Notice, Title
from hepatica.report.citing import read_words, reference_link, reference_words
from hepatica.wording import counted, joined

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# What reference managers are told: the part of a reference (`number`, `link` and `notice` are made here), its name in BibTeX, its
# tag in RIS.
_EXPORTED = (
    ("id", "", "ID"),
    ("citation", "title", "TI"),
    ("year", "year", "PY"),
    ("doi", "doi", "DO"),
    ("pmid", "pmid", ""),
    ("nct", "number", ""),
    ("number", "", "AN"),
    ("link", "url", "UR"),
    ("known", "note", "N1"),
    ("notice", "", "N1"),
)
_RIS_KINDS = {
    "paper": "JOUR",
    "abstract": "ABST",
    "registry": "DBASE",
    "label": "LEGAL",
    "announcement": "NEWS",
    "guideline": "RPRT",
}
_CSV = ("citation", "year", "kind", "doi", "pmid", "nct", "url", "read", "known")


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
    places = [place for therapy in ruleset.therapies.values() for place in (therapy.source, *(r.source for r in therapy.rules))]
    places += [place for therapy in ruleset.therapies.values() for study in therapy.studies for place in sources_of(study)]
    used = [place.ref for place in places]
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
    parts = (study.criteria, study.later, study.discrepancies, study.primary_endpoints, study.results, study.toxicity)
    yield study.source
    yield from (part.source for group in parts for part in group if part.source)


def references_view(listing: ReferenceListing) -> Blocks:
    """The references with their identifiers, and how each is known."""
    title = Title(counted(len(listing.references), "reference"), listing.ruleset.named)
    return title, Items(tuple(map(_item, listing.references))), Notice(listing.notice)


def _item(cited: CitedReference) -> Item:
    reference = cited.reference
    use = joined(f"publication of {', '.join(cited.studies)}" if cited.studies else "", read_words(reference))
    details = (Facts((("Kind", reference.kind), ("Known by", reference.known), ("Given as a source", f"{cited.cited} times"))),)
    return Item(reference.id, f"{reference_words(reference)} ({use})", ref=reference_link(reference), details=details)


def _parts(reference: Reference, notice: str = "") -> dict[str, str]:
    """What reference managers are told of a reference."""
    link = reference_link(reference)
    recorded = {part: str(getattr(reference, part)) for part in ("id", *_CSV)}
    return {**recorded, "link": link.id if link else "", "number": reference.pmid or reference.nct, "notice": notice}


def bibtex(listing: ReferenceListing) -> str:
    """The references as BibTeX, for a reference manager. The notice stands in a comment."""

    def entry(reference: Reference) -> str:
        kind = "article" if reference.kind in ("paper", "abstract") else "misc"
        parts = _parts(reference)
        body = "".join(f"  {name} = {{{braced(parts[part])}}},\n" for part, name, _ in _EXPORTED if name and parts[part])
        return f"@{kind}{{{re.sub(r'[^A-Za-z0-9:_-]', '-', reference.id)},\n{body}}}\n"

    # Braces and backslashes go for good: BibTeX has no way to write them that every program understands.
    def braced(text: str) -> str:
        return re.sub(r"([&%#_])", r"\\\1", re.sub(r"[\\{}]", "", text))

    return "\n".join((f"% {listing.notice}\n", *(entry(one.reference) for one in listing.references)))


def ris(listing: ReferenceListing) -> str:
    """The references as RIS. The notice stands in the first one's notes."""

    def entry(reference: Reference, notice: str) -> str:
        parts = _parts(reference, notice)
        lines = [("TY", _RIS_KINDS.get(reference.kind, "GEN")), *((tag, parts[part]) for part, _, tag in _EXPORTED if tag)]
        return "".join(f"{tag}  - {' '.join(value.split())}\n" for tag, value in lines if value) + "ER  - \n\n"

    return "".join(entry(one.reference, "" if number else listing.notice) for number, one in enumerate(listing.references))


def reference_rows(listing: ReferenceListing) -> list[dict[str, str]]:
    """The references as rows of a table."""
    told = ((one, {part: str(getattr(one.reference, part)) for part in _CSV}) for one in listing.references)
    return [{"reference": one.reference.id, **parts, "studies": "; ".join(one.studies)} for one, parts in told]


def csv_text(rows: Sequence[Mapping[str, object]], columns: Sequence[str] = ()) -> str:
    """Rows of equal keys as CSV (RFC 4180). A cell that a spreadsheet would run as a formula is quoted with an apostrophe."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(columns or (list(rows[0]) if rows else []))
    writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return stream.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return _cell("; ".join(map(str, value)))
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
