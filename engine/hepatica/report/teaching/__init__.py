"""Views for a seminar: the treatment lines and the hazard ratios as words and pictures, and the quiz."""

from __future__ import annotations

from hepatica.report.teaching.drawing import INKS, Drawing, pdf, png, svg
from hepatica.report.teaching.fate import FateListing, fate_drawing, fate_listing, fate_view, fate_words
from hepatica.report.teaching.forest import estimate_text, forest_drawing, forest_pages, forest_view, verdict
from hepatica.report.teaching.handout import Handout, handout, handout_view
from hepatica.report.teaching.pathway import (
    LANDSCAPE,
    LOOKS,
    PHONE,
    mermaid,
    pathway_drawing,
    pathway_pages,
    pathway_svg,
    pathway_view,
)
from hepatica.report.teaching.quiz import (
    EXPORTS,
    PICKS_QUESTION,
    anki,
    gift,
    head_view,
    moodle,
    position,
    question_view,
    quiz_view,
    reveal_view,
    summary_view,
    twist_view,
    vignette_view,
)
