"""The gallery: drawn into a folder, one failure costing one picture, inlined in a page."""

import base64
import dataclasses
import io

from rich.console import Console

from conformance.pictures import command, gallery
from keras_edu_backend.compare.report import html
from keras_edu_backend.compare.report.reading import read


def drawn(folder, only):
    file = io.StringIO()
    found = command.draw_all(folder, Console(file=file), only)
    return found, file.getvalue()


def test_every_picture_has_a_name_and_a_caption_of_its_own():
    names = [picture.name for picture in gallery.GALLERY]
    assert len(set(names)) == len(names)
    assert all(picture.caption and picture.document in range(1, 6) for picture in gallery.GALLERY)


def test_pictures_lie_in_the_folder(tmp_path):
    found, _ = drawn(tmp_path / "new" / "folder", ["data_iris", "activations"])
    files = sorted((tmp_path / "new" / "folder").iterdir())
    assert [file.name for file in files] == ["activations.png", "data_iris.png"]
    assert {png for _, png in found} == {file.read_bytes() for file in files}


def test_a_picture_that_fails_costs_only_itself(tmp_path, monkeypatch):
    def planted():
        raise ValueError("planted")

    first, *rest = gallery.GALLERY
    broken = dataclasses.replace(first, draw=planted)
    monkeypatch.setattr(gallery, "GALLERY", (broken, *rest))
    found, text = drawn(tmp_path, [first.name, "data_moons"])
    assert f"{first.name}: not drawn: ValueError: planted" in text
    assert [file.name for file in tmp_path.iterdir()] == ["data_moons.png"]
    assert len(found) == 1


def test_pictures_of_digits_do_not_call_them_mnist(monkeypatch):
    class Stub:
        data = type("Data", (), {"notice": "digits stand in"})

    monkeypatch.setattr(gallery, "trained", lambda key: Stub)
    assert gallery.images_of("mnist_mlp") == "scikit-learn's digits (MNIST is not at hand)"
    Stub.data.notice = None
    assert gallery.images_of("mnist_mlp") == "MNIST"


def test_the_page_holds_the_pictures_themselves():
    png = b"\x89PNG and so on"
    page = html.page(read({}), [("a <caption>", png)])
    assert f"data:image/png;base64,{base64.b64encode(png).decode()}" in page
    assert "a &lt;caption&gt;" in page and "a <caption>" not in page


def test_a_page_without_pictures_does_not_speak_of_them():
    assert "pictures" not in html.page(read({}))
