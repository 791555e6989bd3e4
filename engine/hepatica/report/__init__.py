"""Views: a typed result becomes blocks once, and blocks become text, Markdown or HTML. Nothing here decides anything.

Views that few commands need are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hepatica.faces import lazy
from hepatica.report.answers import answer
from hepatica.report.blocks import (
    Block,
    Blocks,
    Bullets,
    Cell,
    Code,
    Facts,
    Item,
    Items,
    More,
    Notice,
    Paragraph,
    Picture,
    Ref,
    Section,
    Table,
    Title,
    Tree,
    TreeNode,
)
from hepatica.report.case import case_blocks, known_facts
from hepatica.report.documents import document, json_bytes, json_line, json_text, named_schema, schema

if TYPE_CHECKING:
    from hepatica.report.card import About, PatientListing, about, about_view, patient_listing, patients_view
    from hepatica.report.comparison import compare_view, then_view
    from hepatica.report.evidence import (
        StudyListing,
        StudyPage,
        StudyRow,
        VerificationReport,
        studies_view,
        study_listing,
        study_page,
        study_view,
        verification_report,
        verification_view,
    )
    from hepatica.report.explanation import why_view
    from hepatica.report.render_html import html, html_page, pdf_page
    from hepatica.report.render_markdown import markdown
    from hepatica.report.render_text import Style, text
    from hepatica.report.rules import RuleListing, rule_listing, rules_found, rules_view
    from hepatica.report.sources import (
        ReferenceListing,
        bibtex,
        csv_text,
        reference_listing,
        reference_rows,
        references_view,
        ris,
    )
    from hepatica.report.what_if import whatif_view

__getattr__ = lazy(
    __name__,
    {
        "card": "About PatientListing about about_view patient_listing patients_view",
        "comparison": "compare_view then_view",
        "evidence": "StudyListing StudyPage StudyRow VerificationReport studies_view study_listing study_page study_view "
        "verification_report verification_view",
        "explanation": "why_view",
        "render_html": "html html_page pdf_page",
        "render_markdown": "markdown",
        "render_text": "Style text",
        "rules": "RuleListing rule_listing rules_found rules_view",
        "sources": "ReferenceListing bibtex csv_text reference_listing reference_rows references_view ris",
        "what_if": "whatif_view",
    },
)


__all__ = [
    "About", "Block", "Blocks", "Bullets", "Cell", "Code", "Facts", "Item", "Items", "More", "Notice", "Paragraph",
    "PatientListing", "Picture", "Ref", "ReferenceListing", "RuleListing", "Section", "StudyListing", "StudyPage",
    "StudyRow", "Style", "Table", "Title", "Tree", "TreeNode", "VerificationReport", "about", "about_view", "answer",
    "bibtex", "case_blocks", "compare_view", "csv_text", "document", "html", "html_page", "json_bytes", "json_line",
    "json_text", "known_facts", "markdown", "named_schema", "patient_listing", "patients_view", "pdf_page",
    "reference_listing", "reference_rows", "references_view", "ris", "rule_listing", "rules_found", "rules_view", "schema",
    "studies_view", "study_listing", "study_page", "study_view", "text", "then_view", "verification_report",
    "verification_view", "whatif_view", "why_view",
]  # fmt: skip
