"""The report as JUnit XML, the form in which CI systems list test results."""

import os
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from keras_edu_backend.compare.report.files import write_whole
from keras_edu_backend.compare.report.reading import Backend, Comparison, number, read


def write(report: Mapping[str, Any], path: str | os.PathLike) -> None:
    """Write a run as one test suite: a test case per comparison and per broken backend.

    A failure is a difference nobody has explained; an error, a backend that is missing, died or
    hung, and each result lost that way; what a backend does not support counts as skipped.

    Args:
        report: the JSON-shaped report of a comparison run.
        path: where the file is to lie; its folder must exist.
    Raises:
        ValueError: `report` is not a report, or `path` is no place for a file.
        FileNotFoundError: the folder of `path` does not exist.
    """
    reading = read(report)
    suite = ElementTree.Element(
        "testsuite",
        name="keras_edu_backend.compare",
        tests=str(len(reading.comparisons) + len(reading.broken)),
        failures=str(len(reading.standing("different"))),
        errors=str(len(reading.broken) + len(reading.standing("missing"))),
        skipped=str(len(reading.standing("unsupported"))),
    )
    properties = ElementTree.SubElement(suite, "properties")
    for name, version in reading.versions.items():
        ElementTree.SubElement(properties, "property", name=name, value=str(version))
    suite.extend(_test_case(comparison) for comparison in reading.comparisons)
    suite.extend(_broken(backend) for backend in reading.broken)
    if reading.notes:
        ElementTree.SubElement(suite, "system-out").text = "\n".join(reading.notes)
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    ElementTree.indent(suites)
    text = ElementTree.tostring(suites, encoding="unicode")
    write_whole(path, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n')


def _test_case(comparison: Comparison) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        classname=f"{comparison.case}.{comparison.style}",
        name=f"{comparison.pair}: {comparison.quantity}, {comparison.dtype}",
    )
    facts = _facts(comparison)
    if comparison.standing.name == "different":
        message = " ".join(part for part in (comparison.where, comparison.note) if part)
        failure = ElementTree.SubElement(
            case, "failure", type="different", message=message or "the two sides differ"
        )
        failure.text = facts
    elif comparison.standing.name == "missing":
        ElementTree.SubElement(
            case, "error", type="no result", message=comparison.note or "no result"
        )
    elif comparison.standing.name == "unsupported":
        ElementTree.SubElement(case, "skipped", message=comparison.note or "not supported")
    else:
        ElementTree.SubElement(case, "system-out").text = facts
    return case


def _broken(backend: Backend) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname="backends", name=backend.name)
    error = ElementTree.SubElement(case, "error", type=backend.status, message=backend.status)
    error.text = backend.detail
    return case


def _facts(comparison: Comparison) -> str:
    facts = {
        "verdict": comparison.standing.name,
        "max_abs": number(comparison.max_abs),
        "max_rel": number(comparison.max_rel),
        "floors": number(comparison.floors),
        "where": comparison.where,
        "note": comparison.note,
        "known": comparison.known,
    }
    return "\n".join(f"{name}: {fact}" for name, fact in facts.items() if fact)
