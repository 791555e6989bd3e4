"""An explanation as a reader sees it: one sentence, then rule by rule, then the studies behind them."""

from __future__ import annotations

from collections.abc import Iterator

from hepatica.evaluation import LISTS
from hepatica.explain import ConditionTree, ExplainedRule, ExplainedStudy, Explanation
from hepatica.knowledge import LINES, STANDINGS, VERDICTS, Place, catalogue, concept_words
from hepatica.report.blocks import Block, Blocks, Mark, Notice, Paragraph, Section, Title, Tree, TreeNode, facts
from hepatica.report.citing import NOT_TRIALS, edition, fits_words, limits, place_words, standing_words
from hepatica.report.evidence import study_page, study_sections
from hepatica.wording import Wording, all_of, joined, spoken

_MARKS: dict[str, Mark] = {"true": "yes", "false": "no", "unknown": "unknown"}
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

    def source(self, place: Place) -> str:
        return place_words(place, self.ruleset.references, self.ruleset.card.source_word)

    def blocks(self) -> Iterator[Block]:
        explained = self.explained
        case = explained.profile.label or "Hypothetical patient"
        yield Title(f"{explained.name}: {LISTS[explained.list].phrase}", f"{case}; {edition(explained.ruleset)}")
        yield Paragraph(self.sentence(), tone="strong")
        if explained.list != "ruled_out" and explained.entry.headline.text:
            yield Paragraph(explained.entry.headline.text)
        yield Paragraph(explained.about)
        if explained.fate:
            yield Paragraph(explained.fate.says, lead=f"What became of it ({spoken(explained.fate.status)})")
        yield Tree((self.node(explained.scope, "In scope"),), summary="Whether the rules speak of this patient")
        yield from map(self.rule, explained.rules)
        yield from map(self.study, explained.studies)
        yield Notice(explained.notice)

    def sentence(self) -> str:
        """The verdict with its first reason."""
        entry, name = self.explained.entry, self.explained.name
        if self.explained.list == "ruled_out":
            return f"{LISTS['ruled_out'].heading}. {self.words.needed(entry)}."
        if self.explained.list == "possible":
            needs = all_of(self.words.titles(entry.needs))
            would = LISTS[entry.would_be or "possible"].phrase
            return f"{name} may be {would}; that depends on {needs}, not known."
        listed = f"{name} is {LISTS[self.explained.list].phrase}"
        if entry.verdict:
            listed += f": {VERDICTS[entry.verdict]}"
        elif self.explained.list != entry.standing:
            listed += f" ({STANDINGS[entry.standing].phrase})"
        because = f" Because: {self.words.holds(entry.because)}." if entry.because else ""
        return f"{listed}.{because}"

    def rule(self, explained: ExplainedRule) -> Section:
        """One rule: its verdict, its words, its condition, its limits."""
        rule = explained.rule
        blocks: list[Block] = [Paragraph(rule.says)]
        if explained.needs:
            blocks.append(Paragraph(f"{all_of(self.words.titles(explained.needs))}.", lead="Depends on"))
        blocks.append(self.condition(explained.condition, "The condition"))
        blocks += limits(rule)
        blocks.append(facts((("Rule", rule.id), ("Source", self.source(rule.source)), ("Written at", explained.written_at))))
        title = f"{_APPLIES[explained.applies]}: {standing_words(rule.standing, rule.verdict)}, {LINES[rule.line]}"
        return Section(title, tuple(blocks), id=rule.id)

    def condition(self, tree: ConditionTree, summary: str) -> Tree:
        """A condition without the "all of" at its top, which every rule has."""
        nodes = self.node(tree).parts if tree.kind == "all" else (self.node(tree),)
        return Tree(nodes, summary)

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
            return text if tree.verdict == "true" or tree.test is None else f"{text} (needs {self.words.test(tree.test)})"
        if tree.kind == "concept":
            return concept_words(tree.concept) if tree.wanted else f"not {concept_words(tree.concept)}"
        return {"all": "all of", "any": "any of"}[tree.kind]

    def study(self, explained: ExplainedStudy) -> Section:
        """One study: how it fits the patient, then the study in full."""
        page = study_page(self.ruleset, self.found[explained.study])
        study = page.study
        blocks: list[Block] = [Paragraph(study.summary), Paragraph(f"{self.fits(explained)}.", lead="This patient")]
        trees = [tree for tree in (explained.population, *explained.criteria) if tree]
        blocks += [self.condition(tree, "Whom it enrolled") for tree in trees]
        blocks += [part._replace(folded=True) for part in study_sections(page)]
        phase = f"phase {study.phase}" if study.phase else ""
        number = f"n = {study.n}" if study.n is not None else ""
        design = joined(phase, study.design, spoken(study.status), number, study.nct, self.source(study.source))
        return Section(explained.name, tuple(blocks), says=design, id=explained.study)

    def fits(self, explained: ExplainedStudy) -> str:
        """Whether the patient is one it enrolled, from the answer where it cites the study."""
        study = self.ruleset.studies[explained.study]
        if study.kind in NOT_TRIALS:
            return NOT_TRIALS[study.kind]
        entry = self.explained.entry
        every = (*entry.citations, *(citation for other in entry.other_rules for citation in other.citations))
        cited = next((citation for citation in every if citation.study == study.id), None)
        if cited:
            return fits_words(cited.applicability, self.words)
        said = {"inside": "Such patients were enrolled", "outside": "Did not enrol such patients", "unknown": "Cannot be told"}
        return said.get(explained.status, "Whom it enrolled is not recorded")
