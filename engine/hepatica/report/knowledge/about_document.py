"""A ruleset's card as JSON-ready values: identity, scope, source, limits, source attributes, and what it holds."""

from __future__ import annotations

from hepatica.knowledge import DEMANDS, Ruleset, condition_words, counts
from hepatica.report.old_document import Document, framed


def card(ruleset: Ruleset) -> Document:
    """The whole card."""
    label = ruleset.card
    source = label.source
    return framed(
        ruleset,
        {
            "title": label.title,
            "released": label.released,
            "extends": label.extends,
            "developer": label.developer,
            "funding": label.funding,
            "intended_use": label.intended_use,
            "intended_users": label.intended_users,
            "cautioned_against": list(label.cautioned_against),
            "source": source
            and {
                "citation": source.citation,
                "doi": source.doi,
                "basis": source.basis,
                "text": source.text,
                "sections": [{"title": part.title, "lines": part.lines} for part in source.sections],
            },
            "scope": condition_words(label.scope),
            "out_of_scope": label.out_of_scope,
            "covers": list(label.covers),
            "leaves_out": list(label.leaves_out),
            "known_limits": list(label.known_limits),
            "update_process": label.update_process,
            "source_attributes": [
                {"attribute": item.attribute, "used": item.used, "says": item.says} for item in label.source_attributes
            ],
            "standings": [
                {"standing": name, "title": d.title, "means": d.means, "needs": d.needs} for name, d in DEMANDS.items()
            ],
            "counts": counts(ruleset)._asdict(),
        },
    )
