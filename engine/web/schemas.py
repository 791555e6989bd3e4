"""JSON Schemas of the documents: what every view's twin promises."""

from __future__ import annotations

from engine.report.document import Document

TEXT: Document = {"type": "string"}
TEXTS: Document = {"type": "array", "items": TEXT}
WHOLE: Document = {"type": "integer"}
ANY_OBJECT: Document = {"type": "object"}


def listed(items: Document) -> Document:
    """A list of `items`."""
    return {"type": "array", "items": items}


def record(**properties: Document) -> Document:
    """An object that has at least these properties."""
    return {"type": "object", "required": list(properties), "properties": properties}


def or_null(kind: str) -> Document:
    """A value of one JSON type, or null."""
    return {"type": [kind, "null"]}


def view(**properties: Document) -> Document:
    """A view's document: the notice, the ruleset and what the view adds."""
    return record(notice=TEXT, ruleset=RULESET, **properties)


RULESET = record(id=TEXT, version=TEXT, as_of=TEXT, source=TEXT, digest={"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"})
REASON = record(field=TEXT, value=TEXT, requires=TEXT)
APPLICABILITY = record(
    status={"enum": ["inside", "outside", "unknown", "not_stated"]}, outside_by=listed(REASON), unknown=TEXTS
)
_STUDY = {
    "study": TEXT,
    "name": TEXT,
    "phase": or_null("string"),
    "design": TEXT,
    "kind": TEXT,
    "status": TEXT,
    "n": or_null("integer"),
    "nct": TEXT,
    "refs": listed(WHOLE),
    "section": TEXT,
    "lines": TEXT,
    "level": TEXT,
    "results": listed(record(id=TEXT, endpoint=TEXT, arms=ANY_OBJECT, printed_lines=TEXT)),
    "toxicity": listed(ANY_OBJECT),
    "discrepancies": listed(record(prints=TEXT, correction=TEXT, basis=TEXT)),
}
CITATION = record(**_STUDY, applicability=APPLICABILITY)
_RULE = {"therapy": TEXT, "name": TEXT, "rule": TEXT, "line": TEXT, "standing": TEXT, "says": TEXT}
APPLYING = record(**_RULE, because=listed(REASON), citations=listed(CITATION))
POSSIBLE = record(**_RULE, needs=TEXTS, would_be={"enum": ["options", "not_supported"]}, citations=listed(CITATION))
RULED_OUT = record(therapy=TEXT, name=TEXT, rule=TEXT, blocked_by=listed(REASON))
ANSWER = view(
    profile=ANY_OBJECT,
    warnings=listed(record(code=TEXT, message=TEXT, fields=TEXTS)),
    derived={"type": "object", "additionalProperties": {"enum": [True, False, "unknown"]}},
    scope={"enum": ["in", "out", "unknown"]},
    options=listed(APPLYING),
    possible=listed(POSSIBLE),
    not_supported=listed(APPLYING),
    ruled_out=listed(RULED_OUT),
    notes=listed(record(id=TEXT, says=TEXT, lines=TEXT)),
)
STUDIES = view(studies=listed(record(therapy=TEXT, **_STUDY)))
STUDY = view(therapy=TEXT, **_STUDY)
_THERAPY = {
    "therapy": TEXT,
    "name": TEXT,
    "class": TEXT,
    "about": TEXT,
    "rules": listed(record(rule=TEXT, says=TEXT, line=TEXT, standing=TEXT, when=TEXT, cites=TEXTS)),
    "studies": TEXTS,
}
THERAPIES = view(therapies=listed(record(**_THERAPY)))
THERAPY = view(**_THERAPY)
ABOUT = view(title=TEXT, covers=TEXTS, leaves_out=TEXTS, cautioned_against=TEXTS, known_limits=TEXTS)
PROBLEMS = record(notice=TEXT, problems=listed(record(field=TEXT, code=TEXT, message=TEXT)))
ERROR = record(notice=TEXT, error=TEXT)
