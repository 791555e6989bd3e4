"""JSON Schemas of the documents: what every view's twin promises."""

from __future__ import annotations

from hepatica.report.old_document import Document

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
APPLICABILITY = record(status={"enum": ["inside", "outside", "unknown", "not_stated"]}, outside_by=listed(REASON), unknown=TEXTS)
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
_ROW = record(study=TEXT, name=TEXT, therapy=TEXT, kind=TEXT, status=TEXT, line=TEXT, outcome=TEXT, figure=TEXT, cited_by=TEXTS)
STUDIES = view(count=WHOLE, studies=listed(_ROW))
STUDY = view(therapy=TEXT, **_STUDY, applicability={"enum": [None, "inside", "outside", "unknown", "not_stated"]})
_WRITTEN = record(therapy=TEXT, rule=TEXT, says=TEXT, line=TEXT, standing=TEXT, when=ANY_OBJECT, cites=TEXTS, written_at=TEXT)
_RULES: Document = {"scope": ANY_OBJECT, "concepts": listed(record(concept=TEXT, when=ANY_OBJECT)), "rules": listed(_WRITTEN)}
_THERAPY = {
    "therapy": TEXT,
    "name": TEXT,
    "class": TEXT,
    "about": TEXT,
    "studies": TEXTS,
}
RULES = view(**_RULES)
THERAPY = view(**_RULES, **_THERAPY)
ABOUT = view(title=TEXT, covers=TEXTS, leaves_out=TEXTS, cautioned_against=TEXTS, known_limits=TEXTS)
STANDS = view(profile=ANY_OBJECT)
_NAMED = {"therapy": TEXT, "name": TEXT}
_STEP = record(fields=TEXTS, title=TEXT, kind=TEXT, was=TEXT, becomes=TEXT)
_CHANGE = record(**_NAMED, kind=TEXT, smallest={"type": "boolean"}, steps=listed(_STEP), reaches=TEXT, settings=TEXTS)
_QUESTION = record(titles=TEXTS, settles_at_least=WHOLE, settles_at_most=WHOLE, results=listed(ANY_OBJECT))
WHAT_IF = view(
    profile=ANY_OBJECT,
    adds=listed(_CHANGE),
    removes=listed(_CHANGE),
    never=listed(record(**_NAMED)),
    always=listed(record(**_NAMED)),
    tests=record(possible=listed(record(**_NAMED)), singles=listed(_QUESTION), pairs=listed(_QUESTION)),
)
_SIDES = record(facts=ANY_OBJECT, derived=ANY_OBJECT, therapies=listed(record(**_NAMED, difference=TEXT)))
COMPARISON = record(notice=TEXT, columns=listed(record(name=TEXT, ruleset=RULESET)), differs=_SIDES, shared=_SIDES)
FOREST = view(rows=listed(record(study=TEXT, name=TEXT, endpoint=TEXT, arms=TEXTS, verdict=TEXT, line=TEXT)))
_STATUS = {"state": {"enum": ["", "lit", "open", "closed"]}, "why": listed(REASON), "needs": TEXTS}
_BRANCHES = listed(record(title=TEXT, **_STATUS, therapies=listed(record(**_NAMED, rule=TEXT, standing=TEXT))))
PATHWAY = view(
    scope=record(title=TEXT, **_STATUS),
    lines=listed(record(line=TEXT, title=TEXT, doors=listed(record(title=TEXT, **_STATUS, branches=_BRANCHES)))),
)
_STAND = record(place=TEXT, standing=or_null("string"), citations=TEXTS)
CHANGES = record(
    notice=TEXT,
    old=RULESET,
    new=RULESET,
    headline=TEXT,
    changed={"type": "boolean"},
    edits=listed(ANY_OBJECT),
    changes=listed(record(kind=TEXT, id=TEXT, before=_STAND, after=_STAND, profiles=WHOLE, where=listed(ANY_OBJECT))),
)
QUIZ = view(stage={"enum": ["start", "question", "reveal", "twist", "summary"]})
PROBLEMS = record(notice=TEXT, problems=listed(record(field=TEXT, code=TEXT, message=TEXT)))
ERROR = record(notice=TEXT, error=TEXT)
