"""Findings and failed cases in the formats that CI systems take: GitHub annotations, SARIF, JUnit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from hepatica.assurance.cases import CaseRun
from hepatica.assurance.check import KINDS, CheckFinding, CheckResult
from hepatica.printable import printable
from hepatica.report.assurance.cases import failure_lines
from hepatica.wording import counted

_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def check_annotations(result: CheckResult) -> Iterator[str]:
    """One workflow command to a finding: an error for a fault, a notice for a remark."""
    for one in result.findings:
        if not one.waived:
            file, line = _place(one, result)
            level = "error" if one.weight == "fault" else "notice"
            yield _annotation(level, file, line, one.code, f"{one.says} Remedy: {one.remedy}")
    if result.agreement is not None:
        yield from (_annotation("error", "", 1, "disagreement", one.says) for one in result.agreement.differences)
    yield f"{counted(result.faults, 'fault')}, {counted(result.remarks, 'remark')}. {result.notice}\n"


def case_annotations(run: CaseRun) -> Iterator[str]:
    """One workflow command to a failed case."""
    for group in run.rulesets:
        for one in group.outcomes:
            if not one.passed:
                yield _annotation("error", one.file, one.line, "case failed", "\n".join(failure_lines(one)))
    yield f"{counted(run.cases, 'case')}, {run.failed} failed. {run.notice}\n"


def _annotation(level: str, file: str, line: int, title: str, message: str) -> str:
    where = f"file={_property(file)},line={line}," if file else ""
    return f"::{level} {where}title={_property(title)}::{_data(message)}\n"


def _data(text: str) -> str:
    """Text with the characters of workflow commands escaped, so that it can neither end one nor begin another."""
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _place(found: CheckFinding, result: CheckResult) -> tuple[str, int]:
    """The file, from the working folder where the ruleset is read from there, and the line."""
    file, _, line = found.place.rpartition(":")
    folder = f"{result.ruleset.folder}/" if result.ruleset.folder else ""
    return (f"{folder}{file}", int(line)) if file else (f"{folder}ruleset.yaml", 1)


def sarif(result: CheckResult) -> str:
    """The findings as SARIF 2.1.0."""
    # SARIF tells a kind of finding once, and each finding names its kind by where it stands in that list.
    codes = list(dict.fromkeys(one.code for one in result.findings))
    rules = [
        {
            "id": code,
            "shortDescription": {"text": KINDS[code].sentence},
            "fullDescription": {"text": KINDS[code].page},
            "help": {"text": KINDS[code].remedy},
            "defaultConfiguration": {"level": "error" if KINDS[code].weight == "fault" else "note"},
        }
        for code in codes
    ]
    driver = {"name": "hepatica check", "rules": rules}
    run = {
        "tool": {"driver": driver},
        "results": [_sarif_result(one, codes, result) for one in result.findings],
        "properties": {"notice": result.notice, "ruleset": result.ruleset.id, "digest": result.ruleset.digest},
    }
    return json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _sarif_result(found: CheckFinding, codes: list[str], result: CheckResult) -> dict[str, Any]:
    file, line = _place(found, result)
    place = {"physicalLocation": {"artifactLocation": {"uri": file}, "region": {"startLine": line}}}
    told: dict[str, Any] = {
        "ruleId": found.code,
        "ruleIndex": codes.index(found.code),
        "level": "error" if found.weight == "fault" else "note",
        "message": {"text": f"{found.says} Remedy: {found.remedy}"},
        "locations": [place],
    }
    return told | ({"suppressions": [{"kind": "inSource", "justification": found.waived}]} if found.waived else {})


def junit(run: CaseRun) -> str:
    """The cases as JUnit XML, one suite to a ruleset."""
    root = ElementTree.Element("testsuites", tests=str(run.cases), failures=str(run.failed))
    for group in run.rulesets:
        suite = ElementTree.SubElement(
            root, "testsuite", name=group.ruleset.id, tests=str(group.cases), failures=str(group.failed)
        )
        properties = ElementTree.SubElement(suite, "properties")
        ElementTree.SubElement(properties, "property", name="notice", value=run.notice)
        for one in group.outcomes:
            attributes = {"name": printable(one.case), "classname": printable(one.file), "line": str(one.line)}
            case = ElementTree.SubElement(suite, "testcase", attributes)
            if not one.passed:
                failure = ElementTree.SubElement(case, "failure", message=f"{len(one.mismatches)} expectations not met")
                failure.text = printable("\n".join(failure_lines(one)))
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'
