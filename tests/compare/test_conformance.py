"""The cases, and the command that compares them."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from click.testing import CliRunner

import conformance.__main__ as program
import reference_models
from conformance.case import STYLES, Data, experiments
from conformance.cases import all_cases
from conformance.parts import PARTS
from conformance.reference import _running_mean
from conformance.weights import dense
from keras_edu_backend.compare import Comparison, Report, Subject, engine, slopes
from keras_edu_backend.compare.batch import instances
from keras_edu_backend.compare.experiment import QUANTITIES
from keras_edu_backend.compare.pool import Outcome
from keras_edu_backend.compare.report import code

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]


def comparison(verdict="equal", passes=True, **keywords):
    given = {"case": "iris_mlp", "style": "sequential", "left": "edu", "right": "jax"}
    given |= {"quantity": "outputs", "dtype": "float32"}
    return Comparison(
        **given | keywords, max_abs=0.0, max_rel=0.0, floors=0.0, verdict=verdict, passes=passes
    )


@pytest.fixture
def run(monkeypatch):
    """`run(*arguments, report=…)`: the command, with a report in place of the comparing."""

    def run(*arguments, report=None):
        asked = {}

        def compare(chosen, subjects, timeout, progress):
            asked.setdefault("experiments", []).extend((e.case, e.style) for e in chosen)
            asked["runs"] = asked.get("runs", 0) + 1
            asked["subjects"] = [subject.name for subject in subjects]
            asked["timeout"] = timeout
            progress(subjects[0].name, "float32", "iris_mlp-sequential")
            return report or Report(comparisons=[comparison()])

        monkeypatch.setattr(program, "compare", compare)
        ended = CliRunner().invoke(program.main, [str(argument) for argument in arguments])
        assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.output
        return ended.exit_code, ended.output, asked

    return run


# tests/reference_models/test_catalog.py has the documents' numbers, to which these are held.
COUNTS = {name: list(entry.parameter_counts) for name, entry in reference_models.catalog().items()}


def test_every_network_of_the_documents_is_a_case_with_its_parameter_counts():
    found = {name: list(case.parameter_counts.values()) for name, case in all_cases().items()}
    assert {name: found[name] for name in COUNTS} == COUNTS


def test_networks_with_branches_have_no_sequential_form_and_all_others_have_all_three():
    branching = {"classification_heads"} | {n for n in COUNTS if n.startswith("wide_and_deep")}
    for name in COUNTS:
        wanted = STYLES[1:] if name in branching else STYLES
        assert all_cases()[name].styles == wanted


def test_operations_whose_code_is_shown_are_found_on_both_sides():
    names = {operation for case in all_cases().values() for operation in case.operations}
    for side in ("edu", "jax"):
        assert not [name for name in names if not code.operation_source(side, name)[1]]


@pytest.mark.parametrize("case", all_cases().values(), ids=lambda case: case.name)
def test_every_case_is_whole(case):
    data = case.data()
    made = experiments(case, data)
    assert [e.style for e in made] == list(case.styles)
    for experiment in made:
        assert list(experiment.training.weights) == list(case.shapes)
        module, function = experiment.build.split(":")
        assert f"def {function}(" in (ROOT / f"{module.replace('.', '/')}.py").read_text()
        # Every epoch takes every row once.
        rows = np.concatenate(experiment.training.batches)
        assert len(rows) == case.epochs * instances(data.x)
        assert (np.bincount(rows) == case.epochs).all()
        # Both precisions calculate with the same numbers; class numbers are integers.
        batches = [b if isinstance(b, tuple) else (b,) for b in (data.x, data.y)]
        for array in (*batches[0], *experiment.training.weights.values()):
            assert array.dtype == np.float32
        for array in batches[1]:
            assert array.dtype == (np.int32 if array.ndim == 1 else np.float32)


def test_the_iris_case_has_the_documents_split():
    case = all_cases()["iris_mlp"]
    data = case.data()
    assert data.x.shape == (108, 4) and data.y.shape == (108, 3)
    assert [len(batch) for batch in experiments(case, data)[0].training.batches[:4]] == [
        32,
        32,
        32,
        12,
    ]


def test_probes_hold_exact_zeros_every_bias_and_saturated_units():
    case = all_cases()["iris_mlp"]
    kinks, biases, saturated = experiments(case, case.data())[0].points
    assert (kinks.x == 0).all(axis=1).sum() >= 16
    assert all((w == 0).all() for name, w in kinks.weights.items() if name.endswith("bias"))
    assert all((w != 0).all() for name, w in biases.weights.items() if name.endswith("bias"))
    assert np.abs(saturated.weights["dense_2/kernel"]).max() > 1


def test_dense_weights_are_named_as_keras_names_them():
    assert dense(4, 3, 2) == {
        "dense/kernel": (4, 3),
        "dense/bias": (3,),
        "dense_1/kernel": (3, 2),
        "dense_1/bias": (2,),
    }


def test_by_default_everything_is_compared_on_edu_jax_and_reference(run):
    status, _, asked = run()
    assert status == 0
    assert asked["subjects"] == ["edu", "jax", "reference"]
    networks = [(case.name, style) for case in all_cases().values() for style in case.styles]
    parts = [(name, each.style) for name, part in PARTS.items() for each in part()]
    assert asked["experiments"] == networks + parts


def test_names_are_given_with_commas_or_one_by_one(run):
    asked = run("--cases", "iris_mlp", "--styles", "functional,sequential", "--timeout", "5")[2]
    assert set(asked["experiments"]) == {("iris_mlp", "sequential"), ("iris_mlp", "functional")}
    assert asked["timeout"] == 5
    asked = run("--cases", "iris_mlp", "--backends", "jax", "--backends", "torch,jax,numpy")[2]
    assert asked["subjects"] == ["jax", "torch", "numpy"]


def test_a_document_is_compared_alone_or_with_others(run):
    def cases(*arguments):
        return list(dict.fromkeys(case for case, _ in run(*arguments)[2]["experiments"]))

    assert cases("--document", "2") == ["iris_mlp", "perceptron_layer", "take_home"]
    both = cases("--document", "5,2")
    assert both == cases("--document", "2", "--document", "5")
    assert {all_cases()[name].document for name in both} == {2, 5}
    assert cases("--document", "2", "--cases", "mnist_mlp,iris_mlp") == ["iris_mlp"]
    status, output, _ = run("--document", "2", "results")
    assert status == 2 and "--document belongs to the comparison" in " ".join(output.split())


def test_networks_come_by_document_whatever_order_they_are_named_in(run):
    given = "dropout,iris_mlp,mnist_mlp,softmax_regression"
    cases = [case for case, _ in run("--cases", given, "--styles", "sequential")[2]["experiments"]]
    assert list(dict.fromkeys(cases)) == ["softmax_regression", "iris_mlp", "mnist_mlp", "dropout"]


def test_the_first_network_is_judged_and_shown_before_the_others_are_run(run):
    status, output, asked = run("--cases", "iris_mlp,mnist_mlp")
    assert (status, asked["runs"]) == (0, 2)
    first = output.index("20 / 640 / 387")
    assert first < output.index("All agree") and output.count("20 / 640 / 387") == 2
    for alone in (("--cases", "iris_mlp"), ("--cases", "optimizers,dropout")):
        assert run(*alone)[2]["runs"] == 1


def test_one_note_tells_of_all_networks_on_the_same_stand_in(run, monkeypatch):
    cases = {name: dataclasses.replace(all_cases()[name]) for name in ("take_home", "iris_mlp")}
    for name, case in cases.items():
        x, y, _ = dataclasses.astuple(case.data())
        noted = Data(x, y, "digits stand in for MNIST")
        cases[name] = dataclasses.replace(case, data=lambda noted=noted: noted)
    monkeypatch.setattr(program, "CASES", cases)
    output = " ".join(run("--cases", "iris_mlp,take_home")[1].split())
    assert output.count("digits stand in for MNIST") == 1
    assert "take_home, iris_mlp: digits stand in for MNIST" in output


def test_what_two_runs_found_is_one_report():
    ok = {"name": "jax", "status": "ok", "detail": "", "versions": {"jax": "1"}}
    died = ok | {"status": "died", "detail": "in iris_mlp"}
    report = Report(comparisons=[comparison()], backends=[dict(ok)], notes=["once"])
    report.add(Report(comparisons=[comparison("rounding")], backends=[died], notes=["once", "new"]))
    report.add(Report(backends=[dict(ok)]))
    assert [each.verdict for each in report.comparisons] == ["equal", "rounding"]
    assert report.backends == [died] and report.notes == ["once", "new"]
    assert not report.agree


@pytest.mark.parametrize(
    ("report", "status", "said"),
    [
        (Report(comparisons=[comparison("rounding")]), 0, "All agree"),
        (
            Report(comparisons=[comparison("different", True, known="The cause is …")]),
            0,
            "The cause is",
        ),
        (Report(comparisons=[comparison("unsupported", True), comparison()]), 0, "All agree"),
        (
            Report(comparisons=[comparison("different", False, where="biases: call")]),
            1,
            "biases: call",
        ),
        (
            Report(
                backends=[{"name": "torch", "status": "not installed", "detail": "needs torch"}],
                comparisons=[comparison("unsupported", False, right="torch")],
            ),
            1,
            "not installed",
        ),
        (
            Report(
                backends=[{"name": "jax", "status": "died", "detail": "Segmentation fault"}],
                comparisons=[comparison()],
            ),
            1,
            "Segmentation fault",
        ),
        (Report(), 1, "Nothing was compared"),
    ],
)
def test_exit_status_says_whether_all_agree(run, report, status, said):
    ended = run("--cases", "iris_mlp", report=report)
    assert ended[0] == status
    assert said in ended[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--cases", "irises"),
            "'irises' is unknown; there are: logistic_regression, moons_circles_ann",
        ),
        (("--backends", "edu,theano"), "'theano' is unknown; there are: edu, jax, tensorflow"),
        (("--styles", "baroque"), "there are: sequential, functional, subclassed"),
        (("--cases", ""), "'' is unknown"),
        (("--backends", "edu"), "two backends or more, got only edu"),
        (("--document", "6"), "'6' is unknown; there are: 1, 2, 3, 4, 5."),
        (("--document", "2,two"), "'two' is unknown"),
        (("--document", ""), "'' is unknown"),
        (
            ("--document", "1", "--cases", "iris_mlp,dropout"),
            "None of these cases is a network of document 1.",
        ),
        (
            ("--cases", "classification_heads", "--styles", "sequential"),
            "None of these cases is written as sequential.",
        ),
        (("--timeout", "0"), "'--timeout'"),
        (("--json", "/no/such/folder/file"), "the folder /no/such/folder does not exist"),
        (("--html", "/no/such/folder/file"), "--html"),
        (("surplus",), "surplus"),
    ],
)
def test_bad_usage_says_what_there_is(run, arguments, said):
    status, output, asked = run(*arguments)
    assert status == 2
    assert said in " ".join(output.split())
    assert asked == {}


def test_reports_are_written_where_asked(run, tmp_path):
    paths = {kind: tmp_path / f"report.{kind}" for kind in ("json", "html", "junit")}
    files = [word for kind, path in paths.items() for word in (f"--{kind}", path)]
    assert run("--cases", "iris_mlp", *files)[0] == 0
    assert sorted(tmp_path.iterdir()) == sorted(paths.values())
    document = json.loads(paths["json"].read_text())
    assert document["comparisons"][0]["verdict"] == "equal"
    assert document["agree"] is True
    relu = [entry for entry in document["code"] if entry["title"] == "nn.relu"]
    assert [entry["side"] for entry in relu] == ["edu", "jax", "reference"]
    assert document["cases"][0]["parameters"] == [20, 640, 387]
    assert all("def relu(" in entry["source"] for entry in relu)


def test_numbers_that_are_not_finite_are_null_in_the_json():
    infinite = Comparison(
        "a", "b", "c", "d", "outputs", "float32", np.inf, float("nan"), 1.0, "different"
    )
    (written,) = Report(comparisons=[infinite]).to_json()["comparisons"]
    assert (written["max_abs"], written["max_rel"], written["floors"]) == (None, None, 1.0)


def test_the_plain_form_sums_an_epochs_loss_as_keras_does():
    by_epoch = np.random.default_rng(0).uniform(0.1, 3, (20, 5)).astype(np.float32)
    sizes = np.array([32, 32, 32, 32, 13], np.float32)
    expected = []
    for losses in by_epoch:
        mean = keras.metrics.Mean()
        for loss, size in zip(losses, sizes, strict=True):
            mean.update_state(loss, sample_weight=size)
        expected.append(np.asarray(mean.result()))
    np.testing.assert_array_equal(_running_mean(by_epoch, sizes), expected)
    exactly = (by_epoch.astype(float) @ sizes / sizes.sum()).astype(np.float32)
    assert (exactly != expected).any(), "these numbers could not tell the two sums apart"


class FinePool:
    """A pool that runs nothing: a gradient of 2, its finite differences, and floors where they are
    asked for, which is in float64 alone, as finite differences are."""

    processes = 1

    def __init__(self, folder, **options):
        self.floors, self.asked = folder.name == "floors", set()

    def run(self, jobs, progress):
        self.asked = {job.dtype for job in jobs}
        return {job.subject.name: Outcome(job.subject.name) for job in jobs}

    def result(self, subject, dtype, experiment):
        if dtype not in self.asked:
            return None
        gradient, quotients = np.array([2.0]), slopes.quotients(lambda w: 2 * w.sum(), np.ones(1))
        found = {"gradients": {"w": gradient}, "finite differences": {"w": quotients}}
        if self.floors:
            found = {"gradients": {"w": np.stack([gradient, np.full(1, 1e-16), np.zeros(1)])}}
        return {name: {"status": "ok", "values": values} for name, values in found.items()}


def test_a_floor_that_nobody_asked_for_is_not_missed(monkeypatch):
    monkeypatch.setattr(engine, "Pool", FinePool)
    case = all_cases()["softmax_regression"]
    chosen = experiments(case, case.data(), ("sequential",))
    chosen = [dataclasses.replace(each, quantities=("finite differences",)) for each in chosen]
    other = Subject("other", "other", quantities=QUANTITIES)
    report = engine.compare(chosen, [Subject("edu", "edu"), other])
    assert [(each.dtype, each.verdict) for each in report.comparisons] == [("float64", "rounding")]
    assert report.notes == []


@pytest.mark.timeout(900)  # six processes
def test_networks_and_parts_on_this_backend_equal_stock_keras(tmp_path):
    """The command itself, in processes of its own."""
    words = (
        "-m conformance --cases iris_mlp,wide_and_deep_auxiliary,threshold_logic_unit,optimizers,"
        "initializers,dropout --styles subclassed"
    )
    ended = subprocess.run(
        [sys.executable, *words.split(), "--json", str(tmp_path / "report.json")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=800,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "All agree" in ended.stdout
    report = json.loads((tmp_path / "report.json").read_text())
    found = {
        (c["case"], c["style"], c["right"], c["quantity"], c["dtype"]): c
        for c in report["comparisons"]
    }
    iris = [c for c in found.values() if c["case"] == "iris_mlp"]
    # 5 quantities, on the plain form also jax.grad; finite differences in float64 only
    assert len(iris) == 2 * 5 + 2 * 6 + 1
    for each in iris:
        assert each["verdict"] in ("equal", "rounding", "amplified")
    for each in found.values():
        if each["quantity"] in ("outputs", "activations", "gradients") and each["right"] == "jax":
            assert each["verdict"] == "equal", each  # one library, one program
        if each["quantity"] == "draws":
            # One generator: equal seeds, equal bits, on the plain form as well.
            assert each["verdict"] == "equal", each
        if each["quantity"] == "updates":
            assert each["verdict"] in ("equal", "rounding"), each
    # Both compute in float64, Keras because its worker makes float64 real.
    wide = "wide_and_deep_auxiliary", "subclassed"
    for quantity in ("outputs", "gradients", "jax.grad"):
        assert found[*wide, "reference", quantity, "float64"]["max_rel"] < 1e-12
    assert found[*wide, "reference", "finite differences", "float64"]["passes"]
    # The perceptron rule, written as a gradient, is the perceptron rule.
    unit = "threshold_logic_unit", "subclassed"
    for dtype in ("float32", "float64"):
        assert found[*unit, "reference", "training", dtype]["verdict"] == "equal"
        note = found[*unit, "reference", "gradients", dtype]["note"]
        assert note == "reference: step units have no gradient to write out; see training"
    curve = next(curve for curve in report["curves"] if curve["case"] == "iris_mlp")
    losses = np.array([curve["losses"][name] for name in ("edu", "jax", "reference")])
    assert losses.shape == (3, 20)
    assert np.isfinite(losses).all()


def test_another_row_order_has_the_same_rows_in_every_point_and_batch():
    case, data = all_cases()["iris_mlp"], Data(np.arange(70.0)[:, None], np.arange(70) % 3)
    (plain,) = experiments(case, data, ["sequential"])
    (moved,) = experiments(case, data, ["sequential"], row_order=1)

    def in_batches(plan):
        of_fit = np.split(plan.x[:, 0], range(plan.batch_size, 70, plan.batch_size))
        return [*of_fit, *(plan.x[batch, 0] for batch in plan.batches)]

    points = zip(plain.points, moved.points, strict=True)
    pairs = [(one.x[:, 0], other.x[:, 0]) for one, other in points]
    pairs += zip(in_batches(plain.training), in_batches(moved.training), strict=True)
    for one, other in pairs:
        assert not np.array_equal(one, other)
        np.testing.assert_array_equal(np.sort(one), np.sort(other))
    np.testing.assert_array_equal(moved.training.y, moved.training.x[:, 0] % 3)
