"""Every section of the documents has its lesson; every claim and network has its section."""

import pytest

from conformance.cases import all_cases
from conformance.claims.themes import all_claims
from keras_edu_backend.lessons import course
from keras_edu_backend.lessons.documents import DOCUMENTS

SECTIONS = {
    (number, section.title): section
    for number, sections in enumerate(DOCUMENTS.values(), 1)
    for section in sections
}


def test_every_section_has_a_lesson_that_exists():
    for section in SECTIONS.values():
        assert section.lessons and set(section.lessons) <= set(course.NAMES), section


@pytest.mark.parametrize("name", course.NAMES)
def test_what_a_lesson_claims_stands_in_a_section_that_names_the_lesson(name):
    for claim in course.find(name).claims:
        assert name in SECTIONS[claim.document, claim.section].lessons, claim


def test_every_measured_claim_has_its_place():
    listed = {name for section in SECTIONS.values() for name in section.claims}
    assert listed == set(all_claims())


def test_a_claim_stands_where_it_says():
    for (document, title), section in SECTIONS.items():
        for name in section.claims:
            claim = all_claims()[name]
            if claim.document == document:
                assert title in claim.section, (name, title)


def test_every_network_has_its_place():
    listed = {(d, name) for (d, _), section in SECTIONS.items() for name in section.networks}
    # Variants of a network have its name and more.
    assert listed == {
        (case.document, case.models or case.name)
        for case in all_cases().values()
        if not case.models or case.models in all_cases()
    }
