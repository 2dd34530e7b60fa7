"""The page's order: a card for each network, document by document, then its curves and code."""

import re

import pytest

from keras_edu_backend.compare.report import html, terminal
from keras_edu_backend.compare.report.reading import read
from tests.compare.test_report import Outline, comparison, printed, unwrapped, written


@pytest.fixture
def report():
    """Networks of two documents and a part, in an order that is none; one pair differs."""

    def of(case, right="jax", **given):
        return comparison(case=case, right=right, **given)

    return {
        "comparisons": [
            of("dropout", quantity="draws"),
            of("mnist_mlp"),
            of("iris_mlp"),
            of("iris_mlp", quantity="training", verdict="amplified"),
            of("iris_mlp", "torch", verdict="different"),
            of("iris_mlp", "torch", quantity="gradients", verdict="unsupported", passes=True),
        ],
        "cases": [
            {"case": "dropout"},
            {"case": "mnist_mlp", "document": 4, "parameters": [401920, 5130], "notice": "digits"},
            {"case": "iris_mlp", "document": 2, "parameters": [20, 640, 387]},
        ],
        "code": [
            {"case": "iris_mlp", "side": "edu", "title": "network", "source": "x = Dense(4)"},
            {
                "case": "iris_mlp",
                "side": "edu",
                "title": "Adam",
                "source": "def update_step(): ...",
            },
            {"case": "mnist_mlp", "side": "edu", "title": "network", "source": "x = Dense(4)"},
        ],
        "notes": ["mnist_mlp: digits"],
    }


def test_networks_come_by_document_and_parts_last(report):
    documents = read(report).documents()
    names = {title: [card.case.case for card in cards] for title, cards in documents.items()}
    assert names == {
        "Document 2": ["iris_mlp"],
        "Document 4": ["mnist_mlp"],
        "Parts": ["dropout"],
    }
    assert list(names) == ["Document 2", "Document 4", "Parts"]


def test_models_of_which_no_more_is_known_have_cards_too(report):
    del report["cases"]
    assert list(read(report).documents()) == ["Models"]
    assert read({}).documents() == {}


def test_a_card_holds_the_worst_verdict_of_each_pair(report):
    (iris,) = read(report).documents()["Document 2"]
    assert {pair: each.name for pair, each in iris.pairs.items()} == {
        "edu vs jax": "amplified",
        "edu vs torch": "different",
    }
    assert iris.worst.name == "different"
    report["comparisons"] = [each for each in report["comparisons"] if each["right"] == "torch"][1:]
    (alone,) = read(report).documents()["Document 2"]
    assert alone.worst.name == "unsupported", "where nothing else was compared"


def test_cards_stand_before_everything_else_and_lead_to_their_networks(report, tmp_path):
    text = written(report, tmp_path)
    cards = re.findall(r'<a class="card (\w+)" href="#([^"]+)">(.*?)</a>', text, flags=re.DOTALL)
    assert [(kind, target) for kind, target, _ in cards] == [
        ("different", "network-iris_mlp"),
        ("equal", "network-mnist_mlp"),
        ("equal", "network-dropout"),
    ]
    iris = unwrapped(re.sub("<[^>]*>", " ", cards[0][2]))
    assert (
        iris == "iris_mlp 20 / 640 / 387 parameters edu vs jax ↗ amplified edu vs torch ≠ different"
    )
    first_section = text.index('<section class="network"')
    assert text.rindex('<a class="card') < first_section < text.index('id="code-Adam"')


def test_every_link_of_the_page_has_its_target(report, tmp_path):
    elements = Outline(written(report, tmp_path)).elements
    targets = {attributes["id"] for _, attributes in elements if "id" in attributes}
    links = [attributes["href"] for tag, attributes in elements if tag == "a"]
    assert links and {link.removeprefix("#") for link in links} <= targets


def test_numbers_and_notes_are_folded_away_and_code_is_not(report, tmp_path):
    text = written(report, tmp_path)
    folded = "".join(re.findall(r"<details(?! open).*?</details>", text, flags=re.DOTALL))
    assert "digits" in folded and "What is not equal" in folded and "update_step" in folded
    assert text.count("digits") == folded.count("digits")
    assert "Dense" in text.replace(folded, "") and "Dense" not in folded
    assert "<details open" not in text


def test_curves_of_other_styles_are_folded_away(report, tmp_path):
    report["curves"] = [
        {"case": "iris_mlp", "style": style, "dtype": dtype, "losses": {"edu": [number, 0.5]}}
        for number, style in enumerate(("sequential", "functional"))
        for dtype in ("float32", "float64")
    ]
    text = written(report, tmp_path)
    first, *_, last = re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)
    assert "sequential, float32" in first and "functional, float64" in last
    assert text.index(first) < text.index("<details>", text.index('id="network-iris_mlp"'))
    assert text.index("What is not equal") < text.index(last)


def test_two_networks_that_share_their_code_show_it_once(report, tmp_path):
    page = Outline(written(report, tmp_path)).text
    assert page.count("Dense") == 1
    assert "Its code is that of iris_mlp , with other arguments." in page


def test_the_terminal_has_a_line_for_each_network_with_counts_and_verdicts(report):
    text = printed(terminal.overview(report))
    lines = [unwrapped(line) for line in text.splitlines()]
    assert "iris_mlp 20 / 640 / 387 ^ amplified ! different" in lines
    assert "mnist_mlp 401,920 / 5,130 = equal" in lines
    assert lines.index("Document 2") < lines.index("Document 4") < lines.index("Parts")


def test_a_page_of_thirty_networks_is_under_two_megabytes(report):
    """As large as a whole run: three styles that train apart, five backends, 100 steps."""
    sides = ("edu", "jax", "tensorflow", "torch", "reference")
    losses = {
        side: [1 / (step + place) for step in range(1, 101)] for place, side in enumerate(sides)
    }
    names = [f"network_{number}" for number in range(30)]
    report["cases"] = [{"case": name, "document": 1, "parameters": [9] * 5} for name in names]
    report["comparisons"] = [
        comparison(case=name, right=right, quantity=quantity, dtype=dtype, style=style, **given)
        for name in names
        for right in sides[1:]
        for quantity in ("parameters", "outputs", "activations", "gradients", "training")
        for dtype in ("float32", "float64")
        for style, given in (
            ("sequential", {}),
            ("functional", {}),
            ("subclassed", {"verdict": "rounding", "max_rel": 1e-7} if right == "torch" else {}),
        )
    ]
    report["curves"] = [
        {"case": name, "style": "sequential", "dtype": dtype, "losses": losses}
        for name in names
        for dtype in ("float32", "float64")
    ]
    assert len(html.page(read(report)).encode()) < 2_000_000
