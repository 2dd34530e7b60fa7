"""How a comparison run is shown: what must be on the table, the page and the JUnit file."""

import copy
import json
import os
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from rich.console import Console

from keras_edu_backend.compare.report import html, junit, terminal
from keras_edu_backend.compare.report.files import write_whole
from keras_edu_backend.compare.report.reading import number, read

EXPLANATION = "the right side rounds beta to float32"
STYLES = ("sequential", "functional", "subclassed")


def comparison(right="jax", quantity="outputs", verdict="equal", **given):
    made = {
        "case": "iris_mlp",
        "style": "sequential",
        "left": "edu",
        "right": right,
        "quantity": quantity,
        "dtype": "float32",
        "max_abs": 0.0,
        "max_rel": 0.0,
        "floors": 0.0,
        "verdict": verdict,
        "where": "",
        "note": "",
        "known": "",
    }
    return made | given


@pytest.fixture
def agreeing():
    """A run without a blemish: one case, three styles, two dtypes, rounding at most."""
    comparisons = [
        comparison(quantity=quantity, style=style, dtype=dtype)
        for style in STYLES
        for quantity in ("parameters", "outputs", "gradients")
        for dtype in ("float32", "float64")
    ]
    comparisons.append(comparison(quantity="training", verdict="rounding", max_rel=2.4e-7))
    return {
        "versions": {"keras": "3.15.1"},
        "backends": [{"name": "edu", "status": "ok"}, {"name": "jax", "status": "ok"}],
        "comparisons": comparisons,
        "curves": [],
        "code": [],
        "notes": [],
    }


@pytest.fixture
def mixed(agreeing):
    """A run with one of everything that can happen."""
    report = copy.deepcopy(agreeing)
    report["comparisons"] += [
        comparison(
            quantity="gradients",
            case="mnist_mlp",
            verdict="different",
            max_rel=0.3125,
            where="dense/kernel",
            note="<script>alert('relu')</script> [bold]slope[/bold] & at 0",
        ),
        comparison(
            right="tensorflow",
            quantity="training",
            dtype="float64",
            verdict="different",
            max_rel=2.1e-6,
            known=EXPLANATION,
        ),
        comparison(
            right="tensorflow",
            quantity="training",
            verdict="amplified",
            max_rel=4.5e-4,
            where="step 12, dense/bias",
        ),
        comparison(
            right="numpy",
            quantity="gradients",
            verdict="unsupported",
            max_abs=None,
            max_rel=None,
            floors=None,
            note="NumPy has no gradients",
        ),
    ]
    report["backends"] += [
        {"name": "torch", "status": "died", "detail": "\x1b[31mMemoryError: \x00<none>\x1b[0m"},
        {"name": "tensorflow", "status": "not installed", "detail": ""},
    ]
    report["curves"] = [
        {
            "case": "iris_mlp",
            "style": "<b>$bold$</b>",
            "dtype": "float32",
            "losses": {"edu": [1.5, 1.0, None], "jax": [1.5, 1.25, 0.5]},
        }
    ]
    report["code"] = [
        {"case": "iris_mlp", "side": "edu", "title": "nn.relu", "source": "relu = a < b"},
        {"case": "iris_mlp", "side": "jax", "title": "nn.relu", "source": "relu = b > a"},
    ]
    report["notes"] = ["digits stand in for MNIST"]
    return report


def printed(renderable, width=80):
    console = Console(width=width, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    console.print(renderable)
    return console.export_text()


def unwrapped(text):
    return " ".join(text.split())


def written(report, tmp_path):
    path = tmp_path / "report.html"
    html.write(report, path)
    return path.read_text(encoding="utf-8")


class Outline(HTMLParser):
    """What a browser would see of a page: its elements with their attributes, and its text."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.words = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return unwrapped(" ".join(self.words))


# What a run amounts to


def test_a_run_agrees_only_if_all_was_compared_and_nothing_differs_unexplained(agreeing):
    def headline(**changes):
        reading = read(agreeing | changes)
        return reading.agrees, reading.headline

    assert headline() == (True, "All agree")
    known = comparison(verdict="different", known=EXPLANATION)
    assert headline(comparisons=[known])[0]
    assert headline(comparisons=[comparison(verdict="amplified")])[0]
    assert read({"comparisons": [comparison(verdict="amplified", known=EXPLANATION)]}).counts == {
        "amplified": 1
    }
    unexplained = comparison(verdict="different")
    assert headline(comparisons=[known, unexplained]) == (
        False,
        "Not all agree: 1 unexplained difference",
    )
    for status in ("died", "timed out", "not installed"):
        agrees, words = headline(backends=[{"name": "torch", "status": status}])
        assert not agrees and f"torch: {status}" in words
    assert headline(comparisons=[comparison(verdict="unsupported")])[0] is False
    lost = comparison(verdict="unsupported", passes=False)
    assert headline(comparisons=[known, lost]) == (False, "Not all agree: 1 without a result")
    assert headline(comparisons=[known, lost | {"passes": True}])[0]
    assert headline(comparisons=[]) == (False, "Nothing was compared")


def test_of_two_results_in_one_cell_the_worse_is_shown(agreeing):
    agreeing["comparisons"] = [comparison(verdict=verdict) for verdict in ("different", "equal")]
    (row,) = read(agreeing).rows()
    assert row.cell("outputs", "float32").verdict == "different"


def test_no_column_is_lost_on_a_console_that_is_too_narrow(agreeing):
    quantities = ("activations", "gradients", "updates")
    agreeing["comparisons"] += [
        comparison(quantity=quantity, dtype=dtype, verdict="rounding", max_rel=1.5e-7)
        for quantity in quantities
        for dtype in ("float32", "float64")
    ]
    console = Console(width=40, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    terminal.show(console, agreeing)
    text = console.export_text()
    assert "training" in text
    assert max(line.count("~ 1.5e-07") for line in text.splitlines()) == len(quantities)


def test_a_report_that_is_none_is_refused_by_name():
    with pytest.raises(ValueError, match="'close'.*equal, rounding"):
        read({"comparisons": [comparison(verdict="close")]})
    with pytest.raises(ValueError, match="Not a comparison"):
        read({"comparisons": [{"case": "iris_mlp"}]})


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (0.0, "0"), (3, "3"), (0.3125, "0.31"), (2.44e-7, "2.4e-07"), (1e10, "1.0e+10")]
    + [(float("nan"), "NaN"), (float("inf"), "inf")],
)
def test_a_size_is_short_and_absent_where_there_is_none(value, text):
    assert number(value) == text


# The terminal


def test_the_table_holds_every_model_and_pair_and_fits_80_columns(mixed):
    text = printed(terminal.table(mixed))
    assert max(map(len, text.splitlines())) <= 80
    for word in ("iris_mlp", "mnist_mlp", "float32", "float64", *STYLES):
        assert word in text
    words = unwrapped(text)
    for right in ("jax", "tensorflow", "numpy"):
        assert re.search(rf"edu vs.*{right}", words)


def test_the_table_tells_verdicts_apart_by_sign_and_gives_sizes(mixed):
    text = printed(terminal.table(mixed))
    for cell in ("= equal", "~ 2.4e-07", "! 0.31", "* 2.1e-06", "^ 4.5e-04", "- n/a", "? none"):
        assert cell in text
    # Everything the table itself adds must survive a log file in any encoding, box lines apart.
    assert set(text) - set("─\n") <= set(map(chr, range(32, 127)))


def test_a_plain_run_gets_a_short_legend(agreeing):
    agreeing["comparisons"] = [
        comparison(quantity=quantity)
        for quantity in ("parameters", "outputs", "gradients", "training")
    ]
    text = printed(terminal.table(agreeing))
    assert "the same bits" in text
    assert "amplified" not in text and "sizes" not in text


def test_nan_and_missing_sizes_have_a_cell(agreeing):
    agreeing["comparisons"] = [
        comparison(verdict="different", max_rel="NaN"),
        comparison(verdict="different", quantity="gradients", max_abs=None, max_rel=None),
    ]
    text = printed(terminal.table(agreeing))
    assert "! NaN" in text and "! differs" in text


def test_the_summary_names_each_difference_and_each_broken_backend(mixed):
    text = unwrapped(printed(terminal.summary(mixed)))
    assert text.startswith("Not all agree: 1 unexplained difference; torch: died")
    assert "mnist_mlp / sequential, float32: 0.31 at dense/kernel" in text
    assert "[bold]slope[/bold]" in text, "square brackets of a note are text, not markup"
    assert "iris_mlp / sequential, float32: 4.5e-04 at step 12, dense/bias" in text
    assert EXPLANATION in text
    assert "Backend torch: died MemoryError: <none>" in text
    assert "Backend tensorflow: not installed" in text
    assert "edu vs numpy: gradients (1): NumPy has no gradients" in text
    assert "digits stand in for MNIST" in text


def test_an_explanation_is_told_once_for_all_it_covers(agreeing):
    agreeing["comparisons"] = [
        comparison(style=style, quantity=quantity, verdict="different", known=EXPLANATION)
        for style in STYLES
        for quantity in ("outputs", "training")
    ]
    text = unwrapped(printed(terminal.summary(agreeing)))
    assert text.count(EXPLANATION) == 1
    assert all(text.count(f"iris_mlp / {style}") == 2 for style in STYLES)


def test_an_empty_report_can_be_shown_everywhere(tmp_path):
    assert "Nothing was compared" in printed(terminal.summary({}))
    printed(terminal.table({}))
    assert "Nothing was compared" in written({}, tmp_path)
    junit.write({}, tmp_path / "empty.xml")
    assert ElementTree.parse(tmp_path / "empty.xml").find("testsuite").get("tests") == "0"


# The page


def test_the_page_shows_the_facts_of_a_run(mixed, tmp_path):
    page = Outline(written(mixed, tmp_path))
    for fact in (
        "Not all agree: 1 unexplained difference",
        "keras 3.15.1",
        "edu vs tensorflow",
        "dense/kernel",
        "step 12, dense/bias",
        EXPLANATION,
        "MemoryError: <none>",
        "digits stand in for MNIST",
    ):
        assert fact in page.text
    told = [row["data-standing"] for _, row in page.elements if "data-standing" in row]
    unequal = [each for each in read(mixed).comparisons if each.verdict != "equal"]
    assert sorted(told) == sorted(each.standing.name for each in unequal)


def test_nothing_of_a_report_becomes_markup(mixed, tmp_path):
    page = Outline(written(mixed, tmp_path))
    tags = [tag for tag, _ in page.elements]
    assert tags.count("script") == 1, "the page's own"
    assert "<script>alert('relu')</script>" in page.text
    assert "<b>$bold$</b>" in page.text, "the title of the drawing, dollars and all"
    labels = [attributes.get("aria-label", "") for _, attributes in page.elements]
    assert "Loss curves of iris_mlp, <b>$bold$</b>, float32" in labels


def test_the_page_needs_nothing_from_elsewhere(mixed, tmp_path):
    text = written(mixed, tmp_path)
    assert not re.search(r"https?:|//\w+\.\w|@import|url\((?!#)", text)
    for tag, attributes in Outline(text).elements:
        assert tag not in {"link", "iframe", "img", "object", "embed", "base"}
        assert "src" not in attributes
        assert all(at.startswith("#") for name, at in attributes.items() if name.endswith("href"))


def test_the_page_lays_the_loss_curves_over_each_other(mixed, tmp_path):
    text = written(mixed, tmp_path)
    (drawing,) = re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)
    seen = Outline(drawing)
    for label in ("edu", "jax", "loss of the batch", "|loss − edu's|", "training step"):
        assert label in seen.text
    # Two lines of the losses, one of the difference, and their samples in the legend.
    assert drawing.count('class="line-0') == 2 and drawing.count('class="line-1') == 3


def test_equal_curves_are_called_equal_and_gaps_are_survived(mixed, tmp_path):
    curve = mixed["curves"][0]
    for losses, words in (
        ({"edu": [1.0, 0.5], "jax": [1.0, 0.5]}, "jax: exactly 0 at every step"),
        ({"edu": [None, None], "jax": ["NaN", 1.0]}, "jax: nothing to compare"),
        ({"edu": [1.0, 0.5, 0.25], "jax": [1.0, 0.75]}, "jax"),
        ({"edu": [1.0]}, "edu"),
        ({}, "training step"),
    ):
        curve["losses"] = losses
        assert words in Outline(written(mixed, tmp_path)).text


def test_a_drawing_has_no_identifier_that_another_could_have(mixed, tmp_path):
    (drawing,) = re.findall(r"<svg.*?</svg>", written(mixed, tmp_path), flags=re.DOTALL)
    assert not any("id" in attributes for _, attributes in Outline(drawing).elements)


def test_the_code_of_both_sides_stands_side_by_side_once(mixed, tmp_path):
    mixed["code"] += [entry | {"case": "mnist_mlp"} for entry in mixed["code"]]
    page = Outline(written(mixed, tmp_path))
    panes = [attributes for tag, attributes in page.elements if attributes.get("class") == "code"]
    assert len(panes) == 2, "the two cases share the two sources"
    assert unwrapped(page.text.replace(" ", "")).count("relu=a<b") == 1
    assert "nn.relu in iris_mlp, mnist_mlp" in page.text


# JUnit


def test_junit_counts_failures_errors_and_skips(mixed, tmp_path):
    path = tmp_path / "report.xml"
    junit.write(mixed, path)
    suite = ElementTree.parse(path).find("testsuite")
    assert {name: suite.get(name) for name in ("failures", "errors", "skipped")} == {
        "failures": "1",
        "errors": "2",
        "skipped": "1",
    }
    cases = suite.findall("testcase")
    assert len(cases) == int(suite.get("tests")) == len(mixed["comparisons"]) + 2
    (failed,) = [case for case in cases if case.find("failure") is not None]
    assert failed.get("classname") == "mnist_mlp.sequential"
    assert failed.get("name") == "edu vs jax: gradients, float32"
    assert "<script>alert('relu')</script>" in failed.find("failure").get("message")
    (skipped,) = suite.iter("skipped")
    assert skipped.get("message") == "NumPy has no gradients"
    died = suite.find("testcase[@name='torch']/error")
    assert (died.get("type"), died.text) == ("died", "MemoryError: <none>")


def test_a_lost_result_is_shown_as_such_everywhere(agreeing, tmp_path):
    agreeing["comparisons"] += [
        comparison(case="lost", verdict="unsupported", passes=False, note="jax: died in step 3")
    ]
    assert "? none" in printed(terminal.table(agreeing))
    assert "edu vs jax: outputs (1): jax: died in step 3" in printed(terminal.summary(agreeing))
    page = Outline(written(agreeing, tmp_path)).text
    assert "Without a result" in page and "jax: died in step 3" in page
    junit.write(agreeing, tmp_path / "report.xml")
    suite = ElementTree.parse(tmp_path / "report.xml").find("testsuite")
    assert (suite.get("errors"), suite.get("skipped")) == ("1", "0")
    assert [error.get("message") for error in suite.iter("error")] == ["jax: died in step 3"]


def test_a_known_difference_passes_in_junit_and_keeps_its_explanation(mixed, tmp_path):
    path = tmp_path / "report.xml"
    junit.write(mixed, path)
    outputs = [element.text for element in ElementTree.parse(path).iter("system-out")]
    assert any(f"known: {EXPLANATION}" in text for text in outputs)


# Files


@pytest.mark.parametrize("write", [html.write, junit.write])
def test_a_report_cannot_go_where_no_file_can_lie(write, agreeing, tmp_path):
    with pytest.raises(FileNotFoundError, match="folder .*absent does not exist"):
        write(agreeing, tmp_path / "absent" / "report")
    with pytest.raises(ValueError, match="not a file"):
        write(agreeing, tmp_path)


def test_a_failed_write_leaves_the_old_file_and_no_other(agreeing, tmp_path, monkeypatch):
    path = tmp_path / "report.xml"
    path.write_text("old")

    def full_disk(source, target):
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(OSError, match="no space"):
        junit.write(agreeing, path)
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["report.xml"]


def test_a_report_file_is_as_readable_as_any_other(tmp_path):
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    write_whole(tmp_path / "report", "text")
    assert (tmp_path / "report").stat().st_mode == ordinary.stat().st_mode


def test_a_report_read_back_from_json_is_shown_the_same(mixed, tmp_path):
    again = json.loads(json.dumps(mixed))
    assert printed(terminal.table(again)) == printed(terminal.table(mixed))
