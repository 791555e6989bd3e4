"""What `check` can find: for every code one fixed sentence, its remedy, and the page that explains it; and the whole result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hepatica.assurance.agreement import EvaluatorAgreement
from hepatica.assurance.version import ProfileSpace
from hepatica.evaluation import RulesetIdentity

Weight = Literal["fault", "remark"]


@dataclass(frozen=True, slots=True)
class FindingKind:
    """One kind of finding. `sentence` names what it is about in braces; a remark is no reason to fail a check."""

    code: str
    weight: Weight
    sentence: str
    remedy: str
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFinding:
    """One finding: what it says, where it is written, and the smallest profile that shows it.

    `names` are the ids that it is about. `profiles` is how many profiles it concerns; None where it is not about profiles,
    as is `witness`. `waived` is the reason for which the ruleset's authors accept it.
    """

    code: str
    weight: Weight
    names: Mapping[str, str]
    place: str
    says: str
    remedy: str
    profiles: int | None = None
    witness: Mapping[str, Any] | None = None
    waived: str = ""


def finding(
    code: str, /, place: str, witness: Mapping[str, Any] | None = None, profiles: int | None = None, **names: str
) -> CheckFinding:
    """A finding of a kind, its sentence filled with the names."""
    kind = KINDS[code]
    return CheckFinding(
        code=code,
        weight=kind.weight,
        names=names,
        place=place,
        says=kind.sentence.format_map(names),
        remedy=kind.remedy.format_map(names),
        profiles=profiles,
        witness=witness,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliesTo:
    """How many profiles a rule certainly applies to, and how many it may apply to."""

    certain: int
    possible: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What was checked and found.

    `supportive_only` are the profiles certainly in scope (`in_scope` of them) that nothing but supportive care is, or may be,
    an option for. `counted_twice`: whether the counts were also made by going through every point (else the space is too
    large for that). `unproved` are rules among so many others that whether they ever decide was not settled at a bounded cost.
    `passed` is what the exit code says.
    """

    notice: str
    ruleset: RulesetIdentity
    passed: bool
    faults: int
    remarks: int
    waived: int
    findings: tuple[CheckFinding, ...]
    space: ProfileSpace
    in_scope: int
    supportive_only: int
    counted_twice: bool
    applies: Mapping[str, AppliesTo]
    unproved: tuple[str, ...] = ()
    agreement: EvaluatorAgreement | None = None


_ALL = (
    FindingKind(
        "never-applies",
        "fault",
        "The rule {rule} applies to no profile: its conditions exclude each other.",
        "Mend the condition of {rule}, or remove the rule.",
        "No profile, however complete, meets every condition of the rule (the scope is one of them): two of them ask for "
        "different values of one field, or a number outside what the field can be. Proved over the whole profile space. The "
        "witness is a profile that meets the conditions on every other field, so it shows which ones collide.",
    ),
    FindingKind(
        "always-subsumed",
        "fault",
        "The rule {rule} adds nothing: wherever it applies or may apply, {others} of the same therapy stands before it.",
        "Narrow {others}, give {rule} a better standing, or remove {rule}.",
        "An answer rests on the first list that any rule of a therapy reaches and, within it, on the best standing; the "
        "others are shown beside it. This rule is never the one, and it cites no study that those before it do not cite. "
        "Proved by asking, at every profile, which rule decides. The witness is the smallest profile at which the rule "
        "applies and another decides.",
    ),
    FindingKind(
        "never-decides",
        "remark",
        "The rule {rule} never decides: wherever it applies or may apply, {others} of the same therapy stands before it.",
        "Nothing, where its study is meant to be shown beside {others}; otherwise narrow {others} or raise its standing.",
        "As always-subsumed, but the rule cites a study that those before it do not, so it still shows a reader something: "
        "for example a trial in progress within a wider early signal. A remark: it does not fail a check unless --strict is "
        "given.",
    ),
    FindingKind(
        "always-together",
        "fault",
        "The rules {rule} and {other} always apply together: their conditions describe the same profiles.",
        "Join {rule} and {other} into one rule that cites the studies of both, or tell them apart.",
        "Two rules of one therapy with the same certain and the same possible region. However differently they are written, "
        "no profile tells them apart. The witness is the smallest profile at which both apply.",
    ),
    FindingKind(
        "no-option",
        "fault",
        "Some patients in scope get nothing: no rule makes any therapy an option for them, or may make it one.",
        "Add a rule for them (supportive care, at least), or take them out of the scope.",
        "A profile that is certainly in scope, and for which no rule with a standing other than not supported applies or may "
        "apply. The answer would be empty without saying why. The witness is the smallest such profile.",
    ),
    FindingKind(
        "outside-trials",
        "fault",
        "The rule {rule} offers an option to patients whom none of its studies enrolled ({studies}).",
        "Narrow {rule} to the populations of its studies, or say why it goes further with `extrapolates`.",
        "There is a profile at which the rule certainly applies while every study it rests on states a population that "
        "certainly leaves the patient out. A rule in_trial rests on its ongoing trials alone, a licensed one on its "
        "approvals alone, any other on all it cites. A rule may promise more only if it says so: `extrapolates` names the "
        "studies or the fields in which it goes further, excuses those and nothing else, and is shown with the option. "
        "Studies that state no population never raise it.",
    ),
    FindingKind(
        "standing-not-borne-out",
        "fault",
        "The rule {rule} has the standing {standing}, but the figures of the studies it cites do not bear it out: {why}.",
        "Record the figures that back it, cite the study that has them, or lower the standing of {rule}.",
        "Loading a ruleset already holds each standing against the kind and status of the cited studies. Of the studies that "
        "allow the standing at least one must also report a result; an announcement needs none.",
    ),
    FindingKind(
        "p-against-interval",
        "fault",
        "P and interval of {about} disagree: {says}.",
        "Mend the figure, or record the discrepancy that explains it (affects: [...]).",
        "A P value on one side of significance and an interval on the other cannot both be right: an interval at 95 % "
        "that leaves out 1 goes with P below 0.05. Held at the interval's own level, by more than rounding. Only a "
        "recorded discrepancy that names the result excuses it.",
    ),
    FindingKind(
        "arms-against-ratio",
        "fault",
        "The arms of {about} contradict their hazard ratio: {says}.",
        "Check which arm each figure belongs to; record the discrepancy where the source prints it so.",
        "The medians of the arms and the hazard ratio point to different arms. Curves may cross, so small differences are "
        "let pass; a clear contradiction is usually two arms that changed places.",
    ),
    FindingKind(
        "missed-yet-better",
        "fault",
        "{about} is recorded as having missed an endpoint that its figures bear out: {says}.",
        "Correct `met`, or record why the figure does not count (a discrepancy, another analysis).",
        "An endpoint recorded as missed beside figures that show a benefit: one of the two is wrong, or the figure is of "
        "another analysis, which then wants saying.",
    ),
    FindingKind(
        "met-yet-no-better",
        "fault",
        "{about} is recorded as having met an endpoint that its figures do not bear out: {says}.",
        "Correct `met`, or record the margin, or the figure that bears it out.",
        "An endpoint recorded as met beside figures whose interval includes no difference or whose P is not significant. "
        "A trial of non-inferiority needs its `margin`.",
    ),
    FindingKind(
        "number-without-record",
        "fault",
        "A sentence of {about} gives a number that is not recorded: {says}.",
        "Record the number with the study, or take it out of the sentence.",
        "A sentence that a reader sees may only give numbers that a study it cites records, printed or corrected, so that "
        "the two cannot drift apart when one of them is edited.",
    ),
    FindingKind(
        "print-without-record",
        "fault",
        "A misprint of {about} quotes a number that is not recorded: {says}.",
        "Record the printed figure, or correct what the discrepancy says is printed.",
        "A misprint quotes what the source prints; that number must stand among the figures of the study.",
    ),
    FindingKind(
        "uncited",
        "fault",
        "The {what} is given as the source's own statement, but says nowhere in which lines.",
        "Add `lines` to the {what}, or name another `basis` (reading, general_knowledge).",
        "What a ruleset says is from its source must be possible to look up. A concept or a caveat whose basis is the review "
        "needs the lines; our own reading or general knowledge must be marked as that. (A rule without a study does not load "
        "at all.)",
    ),
    FindingKind(
        "unused-concept",
        "fault",
        "The concept {concept} is used by no rule, note, population or scope.",
        "Use {concept} where its condition is written out, or remove it.",
        "A concept that nothing refers to, directly or through another concept, changes no answer. It usually is a rule that "
        "still spells out the condition, or one that was removed.",
    ),
    FindingKind(
        "unused-field",
        "remark",
        "The field {field} is asked of the patient, but no rule, note, population or scope reads it.",
        "Nothing, where {field} plays no part in the source; otherwise write the rule that needs it.",
        "The fields are the same for every ruleset, so a ruleset need not use them all; a reader who enters one should know "
        "that it changes nothing. A remark: it does not fail a check unless --strict is given.",
    ),
    FindingKind(
        "unused-study",
        "fault",
        "The study {study} backs nothing: no rule cites it, and no regimen names it.",
        "Cite {study} in the rule it bears on, or remove it.",
        "Evidence that is recorded but cited nowhere never reaches a reader of an answer. Studies of other tumours are "
        "exempt: they are recorded because the source mentions them, and can back no rule.",
    ),
    FindingKind(
        "untested-threshold",
        "fault",
        "No case tries {field} {sides} the threshold {value}.",
        "Add a case with {field} {sides} {value} to the ruleset's cases/.",
        "A threshold is where rules are got wrong: below, exactly at and above it, one case each must say what is expected. "
        "The finding names the sides that no case reaches (whole numbers: the neighbouring values). The witness has the "
        "missing value.",
    ),
    FindingKind(
        "unresolvable-unknown",
        "fault",
        "The rule {rule} stays open while {fields} is unknown, although no result could ever make it apply.",
        "Take the contradiction out of {rule}, so that it is ruled out at once.",
        "A therapy is shown as possible when a rule is undecided, and the reader is told which fact would settle it. Here a "
        "contradiction hides behind an unknown field: whatever the fact turns out to be, the rule will not apply. The "
        "witness is the smallest profile at which the answer asks for a fact in vain.",
    ),
    FindingKind(
        "stale-waiver",
        "fault",
        "The card waives {code} of {about}, and there is no such finding.",
        "Remove the waiver, or mend what it names.",
        "`waivers` in the card accept findings one by one: `code`, `about` (the rule, study, concept or field) and `why`. One "
        "that meets no finding would hide the next one that it happens to fit.",
    ),
)

KINDS: Mapping[str, FindingKind] = {kind.code: kind for kind in _ALL}
