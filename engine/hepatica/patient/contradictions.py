"""Facts that do not fit together although each is possible: shown as warnings, never resolved silently.

Grounds: the definition of the BCLC stages (general knowledge). A table without one of the fields has no such doubt.
"""

from __future__ import annotations

from collections.abc import Callable

from hepatica.patient.profile import Facts, ProfileWarning

Check = tuple[str, tuple[str, ...], Callable[[Facts], bool], str]

_CHECKS: tuple[Check, ...] = (
    (
        "stage-child-pugh",
        ("bclc_stage", "child_pugh_class"),
        lambda f: f.get("child_pugh_class") == "C" and f.get("bclc_stage") in ("0", "A", "B", "C"),
        "BCLC counts Child-Pugh C as stage D (unless a transplant is possible); the stage entered is {bclc_stage}.",
    ),
    (
        "stage-not-terminal",
        ("bclc_stage", "child_pugh_class", "ecog"),
        lambda f: f.get("bclc_stage") == "D" and f.get("child_pugh_class") in ("A", "B") and f.get("ecog") in (0, 1, 2),
        "BCLC D rests on Child-Pugh C or ECOG 3-4; entered are Child-Pugh {child_pugh_class} and ECOG {ecog}.",
    ),
    (
        "stage-ecog",
        ("bclc_stage", "ecog"),
        lambda f: f.get("ecog") in (3, 4) and f.get("bclc_stage") in ("0", "A", "B", "C"),
        "BCLC counts ECOG 3-4 as stage D; the stage entered is {bclc_stage}.",
    ),
    (
        "stage-symptoms",
        ("bclc_stage", "ecog"),
        lambda f: f.get("ecog") in (1, 2) and f.get("bclc_stage") in ("0", "A", "B"),
        "BCLC counts ECOG 1-2 due to the tumour as stage C; the stage entered is {bclc_stage}.",
    ),
    (
        "stage-spread",
        ("bclc_stage", "extrahepatic_spread"),
        lambda f: f.get("extrahepatic_spread") is True and f.get("bclc_stage") in ("0", "A", "B"),
        "By the definition of BCLC, extrahepatic spread means stage C or D; the stage entered is {bclc_stage}.",
    ),
    (
        "stage-portal-vein",
        ("bclc_stage", "portal_vein_invasion"),
        lambda f: f.get("portal_vein_invasion") is True and f.get("bclc_stage") in ("0", "A", "B"),
        "By the definition of BCLC, portal vein invasion means stage C or D; the stage entered is {bclc_stage}.",
    ),
    (
        "stage-locoregional",
        ("bclc_stage", "locoregional_suitable"),
        lambda f: f.get("locoregional_suitable") is True and f.get("bclc_stage") in ("C", "D"),
        "BCLC {bclc_stage} is by definition beyond resection, transplantation, ablation and TACE, yet such therapy is "
        "entered as suitable; where it is, it comes first.",
    ),
)


def doubts(facts: Facts) -> tuple[ProfileWarning, ...]:
    """Every staging or history disagreement in `facts`, in a fixed order."""
    return tuple(
        ProfileWarning(code, message.format_map(facts), fields) for code, fields, holds, message in _CHECKS if holds(facts)
    )
