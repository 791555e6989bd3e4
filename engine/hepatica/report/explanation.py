"""An explanation as a reader sees it: one sentence, then rule by rule, then the studies behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hepatica.explain import ConditionTree, ExplainedRule, ExplainedStudy, Explanation
from hepatica.knowledge import catalogue
from hepatica.patient import UNKNOWN
from hepatica.report.blocks import Block, Blocks, Mark, More, Notice, Paragraph, Ref, Section, Title, Tree, TreeNode, facts
from hepatica.report.citing import NOT_TRIALS, edition, fits_words, limits, place_words, rule_words, stands
from hepatica.report.study import StudyView, study_page
from hepatica.wording import Wording, all_of, joined, sentence, spoken

_MARKS: dict[str, Mark] = {"true": "yes", "false": "no", "unknown": "unknown"}
_TURNED = ("confirmed", "failed", "overtaken", "withdrawn")
_APPLIES = {"true": "Applies", "false": "Does not apply", "unknown": "Cannot be told"}


def why_view(explained: Explanation) -> Blocks:
    """The whole explanation."""
    return tuple(_WhyView(explained).blocks())


class _WhyView:
    def __init__(self, explained: Explanation) -> None:
        self.explained = explained
        self.ruleset = explained.evaluation.knowledge
        self.words = Wording(self.ruleset)
        self.found = {one.study.id: one for one in catalogue(self.ruleset)}
        self._opened: set[tuple[str, bool]] = set()

    def blocks(self) -> Iterator[Block]:
        explained, entry, fate = self.explained, self.explained.entry, self.explained.fate
        case = explained.profile.label or "Hypothetical patient"
        place = stands(explained.list, entry.standing, entry.verdict)
        # No heading speaks of a hope as if it were still one.
        hoped = explained.list in ("options", "trials", "possible") and entry.standing != "supportive"
        since = f", {fate.status} since" if fate and hoped and fate.status in _TURNED else ""
        yield Title(f"{explained.name}: {place}{since}", f"{case}; {edition(explained.ruleset)}")
        yield Paragraph(self.reason(), tone="strong")
        if explained.list != "ruled_out" and entry.headline.text:
            yield Paragraph(entry.headline.text)
        if entry.because:
            yield Paragraph(f"{self.words.holds(entry.because)}.", lead="Because")
        yield Paragraph(explained.about)
        if fate:
            yield Paragraph(fate.says, lead=f"What became of it ({spoken(fate.status)})")
        if explained.scope.verdict != "true":
            yield Tree((self.node(explained.scope, "In scope"),), summary="Whether the rules speak of this patient")
        applying = [rule for rule in explained.rules if rule.applies != "false"]
        for rule in sorted(explained.rules, key=applying.__contains__, reverse=True):
            # Beside rules that apply or may, the others are for those who ask; where none does, they are the answer.
            yield self.rule(rule, folded=bool(applying) and rule not in applying)
        yield from map(self.study, explained.studies)
        yield Notice(explained.notice)

    def reason(self) -> str:
        """Why it stands where it does: what was found, the facts it waits for, or what it would take."""
        entry = self.explained.entry
        if self.explained.list == "ruled_out":
            return f"{self.words.needed(entry)}."
        return f"Depends on {self.missing(entry.needs)}, not known." if self.explained.list == "possible" else entry.says

    def missing(self, needs: Iterable[str]) -> str:
        return all_of(map(self.explained.profile.missing, needs))

    def rule(self, explained: ExplainedRule, *, folded: bool) -> Section:
        """One rule: its verdict, its words, its condition, its limits."""
        rule = explained.rule
        source = place_words(rule.source, self.ruleset.references, self.ruleset.card.source_word)
        place = facts((("Source", source), ("Rule", rule.id), ("Written at", explained.written_at)))
        blocks: Blocks = (
            # What the deciding rule says stands on top of the page.
            *(() if rule.says == self.reason() else (Paragraph(rule.says),)),
            *((Paragraph(f"{self.missing(explained.needs)}.", lead="Depends on"),) if explained.needs else ()),
            *limits(rule),
            Tree(self.nodes(explained.condition), "The condition"),
            More("Where this is recorded", (place,)),
        )
        return Section(f"{_APPLIES[explained.applies]}: {rule_words(rule)}", blocks, id=rule.id, folded=folded)

    def nodes(self, tree: ConditionTree) -> tuple[TreeNode, ...]:
        """A condition without the "all of" at its top, which every rule has."""
        return self.node(tree).parts if tree.kind == "all" else (self.node(tree),)

    def node(self, tree: ConditionTree, text: str = "") -> TreeNode:
        """A part of a condition with its parts; what a concept means is opened the first time only."""
        children = tree.children
        if tree.kind == "concept":
            # Rules share their concepts: opened under each of them, the same tree would fill most of the page.
            again = (tree.concept, tree.wanted) in self._opened
            self._opened.add((tree.concept, tree.wanted))
            children = () if again else tree.children[0].children if tree.children[0].kind == "all" else tree.children
        return TreeNode(text or self.says(tree), _MARKS[tree.verdict], tuple(map(self.node, children)))

    def says(self, tree: ConditionTree) -> str:
        """A part of a condition in words: "Tumour c-MET low (needs high)"."""
        if tree.kind == "test":
            field = self.words.fields[tree.field]
            text = f"{field.title} {self.words.token(field, tree.value)}"
            if tree.verdict == "true" or tree.test is None:
                return text
            # Some tests ask what is known: what is not is none the less no "no".
            known = "a known " if tree.verdict == "false" and tree.value == UNKNOWN else ""
            return f"{text} (needs {known}{self.words.test(tree.test)})"
        if tree.kind == "concept":
            return self.words.concept(tree.concept, tree.wanted)
        return {"all": "all of", "any": "any of"}[tree.kind]

    def study(self, explained: ExplainedStudy) -> Section:
        """One study: how it fits the patient, and what it found; its own page has the rest."""
        view = StudyView(study_page(self.ruleset, self.found[explained.study]))
        study = view.study
        fits = NOT_TRIALS.get(study.kind) or fits_words(explained.applicability, self.words, self.explained.profile)
        enrolled = (node for tree in (explained.population, *explained.criteria) if tree for node in self.nodes(tree))
        # The record and a publication may ask the same.
        told = tuple(dict.fromkeys(enrolled))
        folded = (part._replace(folded=True) for part in (*view.corrections(), *view.cited()))
        blocks: Blocks = (
            Paragraph(study.summary),
            Paragraph(f"{fits}.", lead="This patient"),
            *((Tree(told, "Whom it enrolled"),) if told else ()),
            *(*view.later(), *view.results(), *folded),
        )
        phase = f"phase {study.phase}" if study.phase else ""
        number = f"n = {study.n}" if study.n is not None else ""
        design = sentence(joined(phase, study.design, spoken(study.status), number, study.nct))
        return Section(explained.name, blocks, says=design, id=explained.study, ref=Ref("study", study.id))
