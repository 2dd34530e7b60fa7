"""What docs/differences.md says that each library computes: values, slopes, and programs."""

import json
import os
import re
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import two_backends

pytestmark = pytest.mark.long

NUMBER = r" (-?[\d.]+(?:e[-+]\d+)?|-?inf|nan) \|"
# A function, where its slope is taken, and the slope on each library; or an expression's values.
ROW = re.compile(rf"^\| `(.+)` \|(?:{NUMBER})?{3 * NUMBER}$", re.M)
TEXT = (two_backends.ROOT / "docs" / "differences.md").read_text(encoding="utf-8")
ROWS = [(text, at and float(at), *map(float, told)) for text, at, *told in ROW.findall(TEXT)]
# float32 stays the default.
IN_64_BITS = {"JAX_ENABLE_X64": "1", "JAX_DEFAULT_DTYPE_BITS": "32"}
COLUMNS = {"edu": 2, "jax": 2, "torch": 3, "tensorflow": 4}


def test_the_tables_are_found():
    slopes = [row for row in ROWS if row[1] != ""]
    assert len(slopes) > 20 and len(ROWS) - len(slopes) > 10


@pytest.mark.parametrize("backend", COLUMNS)
def test_each_library_has_the_numbers_of_its_column(backend, tmp_path):
    module = {"edu": "jax"}.get(backend, backend)
    pytest.importorskip(module, reason=f"{backend} is an optional extra")
    questions = json.dumps([(text, None if at == "" else at) for text, at, *_ in ROWS])
    found = two_backends.run(
        "values_and_slopes", backend, tmp_path, questions, environment=IN_64_BITS
    )["numbers"]
    # The tables have five digits.
    other = {
        row[:2]: (number, row[COLUMNS[backend]])
        for row, number in zip(ROWS, found, strict=True)
        if not np.isclose(number, row[COLUMNS[backend]], rtol=5e-5, atol=0, equal_nan=True)
    }
    assert not other


# A program whose last lines say what it prints: "# jax, edu: 0.995656".
PROGRAMS = [
    program
    for program in map(textwrap.dedent, re.findall(r"^ *```python\n(.*?)```", TEXT, re.S | re.M))
    if re.search(r"^# [a-z, ]+: [-\d. ]+$", program, re.M)
]


def test_the_programs_are_found():
    assert len(PROGRAMS) >= 2


@pytest.mark.parametrize("backend", COLUMNS)
@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
def test_each_library_prints_what_is_said_of_it(program, backend):
    pytest.importorskip({"edu": "jax"}.get(backend, backend), reason=f"{backend} is optional")
    told = {
        name: numbers.split()
        for names, numbers in re.findall(r"^# ([a-z, ]+): +([-\d. ]+(?:nan)?)$", program, re.M)
        for name in names.split(", ")
    }
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(two_backends.ROOT), "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    found = list(map(float, re.findall(r"-?\d+\.\d+|nan", ended.stdout.splitlines()[-1])))
    digits = max(len(number.partition(".")[2]) for number in told[backend])
    # As many digits as the page has.
    np.testing.assert_allclose(found, list(map(float, told[backend])), atol=0.51 * 10.0**-digits)
