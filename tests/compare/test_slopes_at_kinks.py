"""The tables of slopes at kinks in docs/differences.md are what each library says."""

import json
import re

import numpy as np
import pytest
import two_backends

pytestmark = pytest.mark.long

ROW = re.compile(r"\| `(.+)` \| (\S+) \| (\S+) \| (\S+) \| (\S+) \|")
TEXT = (two_backends.ROOT / "docs" / "differences.md").read_text(encoding="utf-8")
ROWS = [(text, *map(float, numbers)) for text, *numbers in ROW.findall(TEXT)]
COLUMNS = {"edu": 2, "jax": 2, "torch": 3, "tensorflow": 4}


def test_the_tables_are_found():
    assert len(ROWS) > 10 and all(len(row) == 5 for row in ROWS)


@pytest.mark.parametrize("backend", COLUMNS)
def test_each_library_takes_the_slope_of_its_column(backend, tmp_path):
    module = {"edu": "jax"}.get(backend, backend)
    pytest.importorskip(module, reason=f"{backend} is an optional extra")
    questions = json.dumps([(text, at) for text, at, *_ in ROWS])
    found = two_backends.run("slopes_at_kinks", backend, tmp_path, questions)["slopes"]
    told = [row[COLUMNS[backend]] for row in ROWS]
    # As many digits as the tables have.
    np.testing.assert_allclose(found, told, atol=5e-5)
