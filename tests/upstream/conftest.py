"""A small suite of test files that behave in every way a test file can, and one run of it."""

import gzip
import textwrap
from pathlib import Path

import pytest

from conformance.upstream.run import run
from conformance.upstream.suite import Suite
from conformance.upstream.workers import Settings

FILES = {
    "plain_test.py": """
        import os
        import unittest

        import pytest
        from conftest import skip_if_backend

        def test_passes():
            pass

        def test_fails():
            assert 1 + 1 == 3, "one and one"

        @pytest.mark.skip(reason="not today")
        def test_is_skipped():
            pass

        @pytest.mark.xfail(reason="known")
        def test_is_expected_to_fail():
            assert False

        @pytest.fixture
        def broken():
            raise ValueError("no fixture today")

        def test_set_up_fails(broken):
            pass

        @pytest.mark.parametrize("x", ["a::b", "c d", "e/f"])
        def test_parameters(x):
            pass

        @pytest.mark.requires_trainable_backend
        class InAClass(unittest.TestCase):
            def test_passes(self):
                pass

            def test_one_part_fails(self):
                for part in range(3):
                    with self.subTest(part=part):
                        self.assertNotEqual(part, 1)

            def test_one_part_is_skipped(self):
                for part in range(3):
                    with self.subTest(part=part):
                        if part == 1:
                            self.skipTest("not this part")

        def test_conditions():
            assert os.environ["JAX_DEFAULT_DTYPE_BITS"] == "32"
            assert os.environ["PYTHONHASHSEED"] == "0"
            assert "KERAS_NNX_ENABLED" not in os.environ
            assert not os.listdir()
    """,
    "deep/er/nested_test.py": "def test_passes(): pass",
    "crash_test.py": """
        import os

        def test_before():
            pass

        def test_dies():
            print("these are my last words", flush=True)
            os._exit(3)

        def test_after():
            pass
    """,
    "hang_test.py": """
        import signal
        import time

        def test_before():
            pass

        def test_hangs_in_python():
            time.sleep(600)

        def test_hangs_where_no_timeout_comes_through():
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
            time.sleep(600)
    """,
    "no_package_test.py": "import a_package_that_nobody_has\n\ndef test_passes(): pass",
    "broken_test.py": "def test_passes(: pass",
    "no_part_test.py": "import keras_edu_backend.no_such_part\n\ndef test_passes(): pass",
    "declines_test.py": """
        import pytest
        pytest.skip("not on this machine", allow_module_level=True)
    """,
    "some_distribution_test.py": """
        import os

        import pytest

        def test_anywhere():
            pass

        @pytest.mark.multi_device
        def test_on_eight():
            assert os.environ["XLA_FLAGS"].endswith("device_count=8")
    """,
    "backend/jax/part_test.py": """
        def test_runs_elsewhere():
            assert not __file__.endswith("backend/jax/part_test.py")
            assert __name__ == "part_test"
    """,
    "backend/torch/part_test.py": "def test_passes(): pass",
    "applications/applications_test.py": "def test_passes(): pass",
}

STOCK = {
    1: [
        "plain_test::test_passes",
        "plain_test::test_fails",
        "plain_test.InAClass::test_passes",
        "deep.er.nested_test::test_passes",
        "crash_test::test_before",
        "crash_test::test_after",
        "no_package_test::test_passes",
        "declines_test::test_passes",
        "some_distribution_test::test_anywhere",
        "backend.jax.part_test::test_runs_elsewhere",
    ],
    8: ["some_distribution_test::test_on_eight"],
}


def write(root: Path, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")


def make_suite(folder: Path, files=FILES, stock=STOCK) -> Suite:
    root = folder.resolve() / "src"
    write(root, files)
    baselines = {}
    for devices, names in stock.items():
        baselines[devices] = folder / f"stock-{devices}.txt.gz"
        with gzip.open(baselines[devices], "wt", encoding="utf-8") as file:
            file.write("".join(name + "\n" for name in names))
    return Suite(root, baselines)


def run_all(suite, units=None, **settings):
    """Every unit's result, by unit."""
    units = suite.units() if units is None else units
    # Long enough for a worker to start on a busy machine, short enough to wait for.
    settings = Settings(suite, **{"timeout": 1, "patience": 10, **settings})
    results = run(units, settings, dict.fromkeys(units, 1))
    assert [result.unit for result in results] == units
    return {result.unit: result for result in results}


@pytest.fixture(scope="session")
def suite(tmp_path_factory):
    return make_suite(tmp_path_factory.mktemp("suite"))


@pytest.fixture(scope="session")
def results(suite):
    """The whole suite, run on edu; by unit as text."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_NNX_ENABLED", "true")
        patch.setenv("PYTEST_ADDOPTS", "--no-such-option")
        return {str(unit): result for unit, result in run_all(suite, backend="edu").items()}


@pytest.fixture
def make(tmp_path):
    """Makes and runs suites of a test's own."""

    class Make:
        @staticmethod
        def suite(files, stock=None):
            return make_suite(tmp_path, files, stock or {})

        @staticmethod
        def run(files, **settings):
            return run_all(make_suite(tmp_path, files, {}), **settings)

    return Make
