"""Files between parent and worker: everything comes back, and nothing is ever executed."""

import json

import numpy as np
import pytest

from keras_edu_backend.workers import files


def test_nested_values_come_back(tmp_path):
    value = {
        "text": "ω",
        "number": 1.5,
        "nothing": None,
        "list": [1, True, {"deep/name": np.arange(6, dtype=np.float32).reshape(2, 3)}],
        "nan": np.array([np.nan, np.inf, -0.0]),
        "integers": np.array([1, 2], np.int64),
        "numbers": [float("nan"), float("-inf")],
    }
    files.save(tmp_path / "pair", value)
    found = files.load(tmp_path / "pair")
    np.testing.assert_equal(found, value)
    assert found["list"][2]["deep/name"].dtype == np.float32
    assert np.signbit(found["nan"][2])


def test_a_pair_exists_only_when_complete(tmp_path):
    assert not files.exists(tmp_path / "pair")
    with pytest.raises(TypeError, match="not JSON serializable"):
        files.save(tmp_path / "pair", {"a": np.ones(2), "b": object()})
    assert not files.exists(tmp_path / "pair")
    files.save(tmp_path / "pair", [np.ones(2)])
    assert files.exists(tmp_path / "pair")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pair.arrays", "pair.json"]
    files.save(tmp_path / "single", [])
    assert files.exists(tmp_path / "single") and not (tmp_path / "single.arrays").exists()


def test_arrays_of_objects_are_not_written(tmp_path):
    with pytest.raises(TypeError, match="without pickling"):
        files.save(tmp_path / "pair", np.array([object()]))


def test_objects_are_not_read(tmp_path):
    files.save(tmp_path / "pair", np.arange(2))
    (tmp_path / "pair.json").write_text(json.dumps({"$array": [0, "|O", [2]]}))
    with pytest.raises(ValueError, match="not readable as"):
        files.load(tmp_path / "pair")


def test_arrays_of_every_form_come_back_and_writing_to_one_changes_no_file(tmp_path):
    arrays = [
        np.float32(3.0),
        np.zeros((0, 3), np.float16),
        np.arange(24.0).reshape(4, 6).T[::2],
        np.array(["a", "ωω"]),
        np.array([True, False]),
        np.array([1 + 2j]),
    ]
    files.save(tmp_path / "pair", arrays)
    for expected, found in zip(arrays, files.load(tmp_path / "pair"), strict=True):
        np.testing.assert_array_equal(found, expected)
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
        found[...] = 0
    np.testing.assert_array_equal(files.load(tmp_path / "pair")[2], arrays[2])
    files.save(tmp_path / "pair", [np.zeros((0, 3))])
    assert files.load(tmp_path / "pair")[0].shape == (0, 3)


@pytest.mark.parametrize("ending", ["arrays", "json"])
def test_damaged_files_are_a_clear_error(tmp_path, ending):
    files.save(tmp_path / "pair", {"a": np.arange(100.0)})
    damaged = tmp_path / f"pair.{ending}"
    damaged.write_bytes(damaged.read_bytes()[:-9])
    with pytest.raises(ValueError, match=r"pair: not readable as"):
        files.load(tmp_path / "pair")


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        files.load(tmp_path / "pair")
