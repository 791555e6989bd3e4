"""A tiny source text and a ruleset distilled from it: everything printed is recorded, until a test breaks it."""

from __future__ import annotations

from pathlib import Path

TEXT = """\
Alpha
In a phase III trial[1], 120 patients were randomised 2:1 to alpha 40 mg or
placebo. Survival was 9.2 mo vs 7.6 mo (HR = 0.80, 95%CI: 0.70-0.91,
P < 0.001), and fifty-one patients responded. Grade 3 rash was
seen in 5% and fever in 5% of patients; no deaths occurred. The one-year
survival rate was 62%. Response in placebo was not reported (NR).

Beta (NCT00000042) was given to thirty patients, of whom 4 (13%) responded[2].
"""
CARD = """\
ruleset: tiny
version: 1.0.0
title: Tiny
as_of: 2016-08
source:
  citation: A made-up text
  basis: recalled
  sections: [{title: Alpha, lines: 1-6}, {title: Beta, lines: 7-8}]
scope: {advanced_hcc: yes}
out_of_scope: Not here.
therapies: [alpha, beta]
"""
CONCEPTS = "concepts:\n  - {id: advanced_hcc, says: Advanced., when: {bclc_stage: [C, D]}}\n"
ALPHA = """\
therapy: alpha
name: Alpha
synonyms: [ALP-1]
class: inhibitor of something
about: Made up.
source: {section: Alpha, lines: 1-6}
studies:
  - id: alpha-3
    name: ALPHABET
    kind: randomised_controlled_trial
    phase: III
    status: completed
    design: randomised 2:1
    summary: Survival was 9.2 months.
    n: 120
    source: {section: Alpha, lines: 1-6, refs: [1]}
    primary_endpoints: [{name: OS, met: yes, lines: 3}]
    population: {when: {advanced_hcc: yes, region: japan}, lines: 2}
    regions: [japan]
    biomarkers: [afp]
    drugs: [alpha]
    arms: [{id: alpha, dose: 40 mg, lines: 2}, {id: placebo, lines: 3}]
    results:
      - id: os
        endpoint: OS
        unit: mo
        arms: {alpha: 9.2, placebo: 7.6}
        hr: 0.8
        ci: [0.7, 0.91]
        p: "< 0.001"
        lines: 3-4
        corrected: {basis: recalled, discrepancy: alpha-os, hr: 0.81, says: rounded}
      - {id: responders, endpoint: RR, unit: n, arms: {alpha: fifty-one}, lines: 4}
      - {id: rr-placebo, endpoint: RR, unit: "%", arms: {placebo: "NR"}, lines: 6}
      - {id: os-12mo, endpoint: OS_rate, at: 12 mo, unit: "%", arms: {alpha: 62}, lines: 5-6}
    toxicity:
      - {event: rash, percent: 5, grade: "3", arm: alpha, lines: 4-5}
      - {event: fever, percent: 5, arm: alpha, lines: 5}
      - {event: death, count: 0, lines: 5}
    figures: [{what: ratio, value: "2:1", lines: 2}]
    discrepancies:
      - {id: alpha-os, kind: misprint, severity: low, lines: 3, prints: HR 0.80, correction: HR 0.81 in the paper.,
         confidence: low, basis: recalled, affects: [os]}
rules:
  - id: alpha-first
    says: Survival 9.2 v 7.6 months.
    line: first
    standing: standard
    when: {child_pugh_class: A}
    cites: [alpha-3]
    source: {section: Alpha, lines: 2-4, refs: [1]}
"""
BETA = """\
therapy: beta
name: "=Beta"
class: inhibitor
about: Made up.
source: {section: Beta, lines: 8}
studies:
  - id: beta-2
    name: "@sum in beta"
    kind: single_arm_trial
    phase: II
    status: completed
    design: one arm
    summary: Few responded.
    n: 30
    nct: NCT00000042
    drugs: [beta]
    source: {section: Beta, lines: 8, refs: [2]}
    arms: [{id: beta, n: 30, lines: 8}]
    results:
      - {id: rr, endpoint: RR, unit: "%", arms: {beta: 13}, lines: 8}
      - {id: responders, endpoint: RR, unit: n, arms: {beta: 4}, lines: 8}
  - id: beta-other
    name: Beta elsewhere
    kind: review_statement
    status: recorded
    tumour: gastric
    design: remark
    summary: Elsewhere.
    source: {section: Beta, lines: 8}
rules:
  - id: beta-any
    says: A few responded.
    line: any
    standing: early_signal
    when: {ecog: 0}
    cites: [beta-2]
    source: {section: Beta, lines: 8}
"""
OMISSIONS = """\
omissions:
  - {lines: 3, numbers: ["95"], reason: level of the interval}
"""


def write(folder: Path, **changed: str) -> Path:
    """The ruleset in `folder`, with the parts named in `changed` replaced, and its text beside it; returns the ruleset."""
    parts = {"card": CARD, "concepts": CONCEPTS, "alpha": ALPHA, "beta": BETA, "omissions": OMISSIONS, "text": TEXT} | changed
    root = folder / "tiny"
    files = {
        root / "ruleset.yaml": parts["card"],
        root / "concepts.yaml": parts["concepts"],
        root / "therapies" / "alpha.yaml": parts["alpha"],
        root / "therapies" / "beta.yaml": parts["beta"],
        root / "omissions" / "all.yaml": parts["omissions"],
        folder / "text.txt": parts["text"],
    }
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return root
