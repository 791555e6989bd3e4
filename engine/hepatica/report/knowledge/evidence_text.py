"""Studies for an 80-column terminal: a list under the therapies, and one study in full, corrections beside figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hepatica.knowledge import DEMANDS, Discrepancy, Found, Result, Ruleset, Study, Toxicity, condition_words, level_of
from hepatica.notice import notice
from hepatica.report.figures import arms_in_order, corrected, event_corrected, grade, printed, shown
from hepatica.report.knowledge.evidence_document import enrolled, headline, with_doubts
from hepatica.report.style import Style
from hepatica.report.wrapping import hanging

_KEY = 14


def listing(ruleset: Ruleset, studies: Iterable[Found], style: Style) -> str:
    """The studies under their therapies, each with its telling figure."""
    return "\n".join([*_list(tuple(studies), style), "", *_notice(ruleset)]) + "\n"


def whole(ruleset: Ruleset, found: Found, style: Style) -> str:
    """One study in full."""
    return "\n".join([*_whole(ruleset, found, style), "", *_notice(ruleset)]) + "\n"


def _notice(ruleset: Ruleset) -> Iterator[str]:
    return hanging("", notice(ruleset.card.as_of), 0)


def _list(studies: tuple[Found, ...], style: Style) -> Iterator[str]:
    yield f"{len(studies)} {'study' if len(studies) == 1 else 'studies'}"
    therapy = ""
    for found in studies:
        if found.therapy.id != therapy:
            therapy = found.therapy.id
            yield ""
            yield style.bold(found.therapy.name)
        yield from hanging(f"  {style.underline(found.study.id)}  ", "; ".join(_brief(found)), 6)
        figure = headline(found)
        if figure:
            yield from hanging("      ", figure, 8)


def _brief(found: Found) -> Iterator[str]:
    study = found.study
    if study.tumour != "hcc":
        yield f"NOT HCC: {_tumour(study)}"
    yield f"phase {study.phase}" if study.phase else study.kind.replace("_", " ")
    if study.setting != "not_stated":
        yield f"{study.setting} line"
    if study.n is not None:
        yield f"n {study.n}"
    elif study.n_planned is not None:
        yield f"n {study.n_planned} planned"
    yield study.status.replace("_", " ")
    if found.outcome in ("met", "missed"):
        yield f"primary endpoint {found.outcome}"
    if study.nct:
        yield f"{study.nct}{' (misprinted)' if _wrong_number(study) else ''}"


def _whole(ruleset: Ruleset, found: Found, style: Style) -> Iterator[str]:
    study = found.study
    yield style.bold(study.name)
    yield from hanging("", study.summary, 0)
    yield ""
    for key, text in _facts(ruleset, found):
        if text:
            yield from hanging(f"  {key:<{_KEY - 2}} ", text, _KEY + 1)
    yield from _part("FIGURES AS PRINTED, EACH WITH ITS CORRECTION", _results(study), style)
    yield from _part("DOSES", _doses(found), style)
    yield from _part("ADVERSE EVENTS", (line for event in study.toxicity for line in _event(event)), style)
    yield from _part("OTHER FIGURES", _others(study), style)
    yield from _part(
        "WHERE THE PRINT CANNOT BE TAKEN AT ITS WORD", (line for d in study.discrepancies for line in _discrepancy(d)), style
    )
    yield from _part("CITED BY", _citing(found), style)


def _part(title: str, lines: Iterable[str], style: Style) -> Iterator[str]:
    rest = list(lines)
    if rest:
        yield from ("", style.bold(title), *rest)


def _facts(ruleset: Ruleset, found: Found) -> Iterator[tuple[str, str]]:
    study, endpoint = found.study, next(iter(found.study.primary_endpoints), None)
    yield "id", study.id
    yield "therapy", f"{found.therapy.name} ({found.therapy.drug_class})"
    if study.tumour != "hcc":
        yield "tumour", f"{_tumour(study)}: no evidence for HCC, and no rule may cite it"
    yield "design", f"{f'phase {study.phase}; ' if study.phase else ''}{study.kind.replace('_', ' ')}; {study.design}"
    yield "status", with_doubts(study, "status", study.status.replace("_", " "))
    yield "line", study.setting.replace("_", " ")
    yield "registry", _registry(study)
    yield "patients", with_doubts(study, "n", _patients(study))
    yield "countries", study.countries
    yield "enrolled", enrolled(study)
    yield "as a rule", condition_words(study.population.when) if study.population and study.population.when else ""
    if endpoint is not None:
        secondary = f" Secondary: {', '.join(endpoint.secondary)}." if endpoint.secondary else ""
        yield "endpoint", f"{endpoint.name}: {found.outcome.replace('_', ' ')}. {_sentence(endpoint.says)}{secondary}".strip()
    yield "arms", "; ".join(f"{arm.name or arm.id}{f' (n {arm.n})' if arm.n else ''}" for arm in study.arms)
    yield "evidence", level_of(study.kind)
    references = f"; references {', '.join(map(str, study.source.refs))}" if study.source.refs else ""
    yield "printed at", f"{study.source.section}, lines {study.source.lines}{references}"
    yield "written at", ruleset.places.get(f"study/{study.id}", "")


def _tumour(study: Study) -> str:
    return study.tumour.replace("_", " ") if study.tumour != "not stated" else "tumour not stated"


def _registry(study: Study) -> str:
    wrong = _wrong_number(study)
    return f"{study.nct} as printed; see {', '.join(wrong)} below" if wrong else study.nct


def _wrong_number(study: Study) -> list[str]:
    """The discrepancies that say the printed registry number is another study's."""
    return [item.id for item in study.discrepancies if "nct" in item.affects and study.nct]


def _patients(study: Study) -> str:
    planned = f"{study.n_planned} planned" if study.n_planned is not None and study.n is None else ""
    counted = str(study.n) if study.n is not None else planned
    return f"{counted} ({study.n_says})" if counted and study.n_says else counted or study.n_says


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""


def _results(study: Study) -> Iterator[str]:
    for result in study.results:
        where = f" [{result.subgroup}]" if result.subgroup else ""
        order = f" ({arms_in_order(result)})" if arms_in_order(result) else ""
        figures = printed(result) or f"{result.label or result.endpoint}: no figure printed"
        yield from hanging("  ", f"{figures}{order}{where}{_of(result)}{_place(result.lines)}", 6)
        mend = corrected(result)
        if mend:
            yield from hanging("      -> ", mend, 9)


def _of(result: Result) -> str:
    return f", of {result.n}" if result.n is not None else ""


def _place(lines: str) -> str:
    return f"; line{'s' if '-' in lines or ',' in lines else ''} {lines}" if lines else ""


def _doses(found: Found) -> Iterator[str]:
    for regimen in found.therapy.regimens:
        if regimen.study == found.study.id:
            mark = f" (! see {regimen.discrepancy})" if regimen.discrepancy else ""
            yield from hanging("  ", f"{regimen.says}{mark}{_place(regimen.lines)}", 6)
    for arm in found.study.arms:
        if arm.dose:
            yield from hanging("  ", f"{arm.name or arm.id}: {arm.dose}{_place(arm.lines)}", 6)


def _event(event: Toxicity) -> Iterator[str]:
    amount = f"{shown(event.percent)} %" if event.percent is not None else ""
    count = f"{event.count} patient{'' if event.count == 1 else 's'}" if event.count is not None else ""
    stated = ", ".join(part for part in (amount, count, grade(event)) if part)
    yield from hanging("  ", f"{event.event}{f': {stated}' if stated else ''}{_place(event.lines)}", 6)
    if event.discrepancy:
        yield from hanging("      -> ", f"{event_corrected(event)} (see {event.discrepancy})".strip(), 9)


def _others(study: Study) -> Iterator[str]:
    for figure in study.figures:
        value = f": {shown(figure.value)} {figure.unit}".rstrip() if figure.value is not None else ""
        yield from hanging("  ", f"{figure.what}{value}{_place(figure.lines)}", 6)


def _discrepancy(item: Discrepancy) -> Iterator[str]:
    yield from hanging("  ", f"{item.id} ({item.severity}{_place(item.lines)})", 6)
    yield from hanging("      prints: ", item.prints, 8)
    yield from hanging("      ", item.correction, 8)
    if item.use:
        yield from hanging("      use: ", item.use, 8)
    note = f"; {item.basis_note}" if item.basis_note else ""
    yield from hanging("      known by: ", f"{item.basis}, confidence {item.confidence}{note}", 8)


def _citing(found: Found) -> Iterator[str]:
    for therapy, rule in found.cited_by:
        standing = DEMANDS[rule.standing].phrase
        yield from hanging("  ", f"{rule.id}: {therapy.name}, {standing}, {rule.line} line", 6)
    if not found.cited_by:
        yield "  no rule"
