"""Views: a typed result becomes blocks once, and blocks become text, Markdown or HTML. Nothing here decides anything.

A module is loaded when one of its names is first used: few commands need many of them.
"""

# ruff: noqa: F403 -- a type checker sees all of the modules; what others may use is what the table below names

from __future__ import annotations

from typing import TYPE_CHECKING

from hepatica.faces import lazy

if TYPE_CHECKING:
    from hepatica.report.answers import *
    from hepatica.report.blocks import *
    from hepatica.report.card import *
    from hepatica.report.case import *
    from hepatica.report.comparison import *
    from hepatica.report.documents import *
    from hepatica.report.evidence import *
    from hepatica.report.explanation import *
    from hepatica.report.render_html import *
    from hepatica.report.render_markdown import *
    from hepatica.report.render_text import *
    from hepatica.report.rules import *
    from hepatica.report.sources import *
    from hepatica.report.what_if import *

__getattr__ = lazy(
    __name__,
    {
        "answers": "answer",
        "blocks": "Block Blocks Bullets Cell Code Facts Item Items More Notice Paragraph Picture Ref Section Table Title Tree "
        "TreeNode",
        "card": "About PatientListing about about_view patient_listing patients_view",
        "case": "case_blocks known_facts",
        "comparison": "compare_view then_view",
        "documents": "document json_bytes json_line json_text named_schema schema",
        "evidence": "StudyListing StudyPage StudyRow VerificationReport studies_view study_listing study_page study_view "
        "verification_report verification_view",
        "explanation": "why_view",
        "render_html": "html html_page pdf_page",
        "render_markdown": "markdown",
        "render_text": "text",
        "rules": "RuleListing rule_listing rules_found rules_view",
        "sources": "ReferenceListing bibtex csv_text reference_listing reference_rows references_view ris",
        "what_if": "whatif_view",
    },
)
