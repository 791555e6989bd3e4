"""Views: a typed result becomes blocks once, and blocks become text, Markdown or HTML. Nothing here decides anything.

A module is loaded when one of its names is first used: few commands need many of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hepatica.faces import lazy

if TYPE_CHECKING:
    from hepatica.report.answers import answer, answer_body, case_blocks, case_title, known_facts
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
    from hepatica.report.citing import reference_link, stands
    from hepatica.report.documents import document, json_bytes, json_line, json_text, named_schema, schema
    from hepatica.report.listings import (
        About,
        PatientListing,
        RuleListing,
        StudyListing,
        StudyRow,
        VerificationReport,
        about,
        about_view,
        patient_listing,
        patients_view,
        rule_listing,
        rules_found,
        rules_view,
        studies_view,
        study_listing,
        verification_report,
        verification_view,
    )
    from hepatica.report.readings import compare_view, then_view, whatif_body, whatif_view, why_view
    from hepatica.report.render_html import html, html_page, pdf_page, web_address
    from hepatica.report.render_markdown import markdown
    from hepatica.report.render_text import text
    from hepatica.report.study import (
        ReferenceListing,
        StudyPage,
        bibtex,
        csv_text,
        reference_listing,
        reference_rows,
        references_view,
        ris,
        study_page,
        study_view,
    )

__getattr__ = lazy(__name__)
