"""A backend that nobody here wrote, compared: what is wrong with it is found, and nothing else."""

from pathlib import Path

import pytest

from conformance.subjects import SUBJECTS, subject
from keras_edu_backend.compare import compare
from keras_edu_backend.compare.experiment import BASIC

OTHERS = Path(__file__).parents[1] / "others"

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def report(small_experiments, import_paths):
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(OTHERS))
        faulty = subject("standin=keras_standin+standin_fault")
    experiments = [
        *small_experiments(["relu"], "planted:adam"),
        *small_experiments(["sigmoid"], "planted:sigmoid_scores"),
    ]
    return compare(
        experiments,
        [SUBJECTS["edu"], faulty],
        timeout=400,
        import_paths=[*import_paths, OTHERS],
    )


def verdicts(report, case):
    assert [backend["status"] for backend in report.backends] == ["ok", "ok"], report.backends
    return {(c.quantity, c.dtype): c.verdict for c in report.comparisons if c.case == case}


def test_what_it_does_as_the_others_agrees(report):
    found = verdicts(report, "relu")
    assert {quantity for quantity, _ in found} == set(BASIC)
    assert not {"different", "unsupported"} & set(found.values()), found


def test_its_fault_is_found(report):
    found = verdicts(report, "sigmoid")
    for quantity in ("outputs", "gradients", "training"):
        assert found[quantity, "float64"] == "different"


def test_what_it_imports_is_named_with_its_version(report):
    assert report.versions["keras_standin"] == "unknown"
