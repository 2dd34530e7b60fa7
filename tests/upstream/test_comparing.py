"""This run beside stock Keras, and results that are used again."""

import pytest

from conformance.upstream.baseline import compare, excuses, stock_passes
from conformance.upstream.cache import Cache
from conformance.upstream.names import name_of
from conformance.upstream.record import FileResult, Test
from conformance.upstream.report import document
from conformance.upstream.suite import Unit
from conformance.upstream.workers import Settings

pytestmark = pytest.mark.long

UNIT = Unit("a_test.py")


def result(state="ran", message="", missing=None, **outcomes):
    tests = {f"a_test::{name}": Test(outcome, "why") for name, outcome in outcomes.items()}
    return FileResult(UNIT, tests, state, message, missing)


def below_stock(result, *names, only=(), excused=()):
    stock = {UNIT: {f"a_test::{name}" for name in names}}
    only = {UNIT: list(only)} if only else {}
    comparison = compare([result], stock, only, dict.fromkeys(excused, "reason"))
    return {r.name.partition("::")[2]: r.outcome for r in comparison.regressions}


def test_the_whole_suite_beside_its_baseline(suite, results):
    stock = stock_passes(suite, suite.units())
    comparison = compare(list(results.values()), stock, {}, {})
    assert {(r.name, r.outcome) for r in comparison.regressions} == {
        ("plain_test::test_fails", "failed"),
        ("crash_test::test_after", "lost"),
        ("no_package_test::test_passes", "not collected"),
        ("declines_test::test_passes", "skipped"),
    }
    assert (comparison.expected, comparison.passed) == (11, 7)
    messages = {r.name: r.message for r in comparison.regressions}
    assert "no module named a_package_that" in messages["no_package_test::test_passes"]


def test_what_stock_does_not_pass_does_not_count():
    assert below_stock(result(x="failed", y="passed"), "y") == {}


def test_a_test_that_is_skipped_here_counts():
    assert below_stock(result(x="skipped"), "x") == {"x": "skipped"}


def test_a_test_that_is_not_there_counts():
    assert below_stock(result(x="passed"), "x", "y") == {"y": "not there"}


def test_only_the_selected_tests_count():
    assert below_stock(result(x="failed"), "x", "y", only=["::x"]) == {"x": "failed"}


def test_what_cannot_apply_does_not_count_and_is_told():
    stock = {UNIT: {"a_test::x"}}
    comparison = compare([result(x="failed")], stock, {}, {"a_test::x": "the reason"})
    assert comparison.regressions == []
    assert comparison.expected == 0
    assert comparison.not_applicable == {"a_test::x": "the reason"}


def test_the_json_document_holds_every_regression_and_whatever_did_not_pass():
    stock = {UNIT: {"a_test::x", "a_test::y"}}
    outcome = result(x="failed", y="passed", z="skipped", more="passed")
    comparison = compare([outcome], stock, {}, {})
    whole = document("edu", {"keras": "1"}, {"keras": "2"}, [outcome], comparison, 1.5)
    assert [r["test"] for r in whole["regressions"]] == ["a_test::x"]
    assert whole["counts"]["stock_passes"] == 2
    assert whole["counts"]["passes_of_these"] == 1
    assert whole["counts"]["passes_beyond"] == 1
    assert set(whole["files"][0]["not_passed"]) == {"a_test::x", "a_test::z"}


def test_the_list_of_what_cannot_apply_stays_honest():
    # Issue 3: "shorter than ten".
    assert len(excuses()) < 10


def test_an_excuse_without_a_reason_is_refused(tmp_path):
    path = tmp_path / "excuses.toml"
    path.write_text('[[test]]\nname = "a_test::x"\nreason = " "\n')
    with pytest.raises(ValueError, match="needs a name and a reason"):
        excuses(path)


def test_memory_addresses_are_no_part_of_a_name():
    one, other = (
        name_of("a_test.py", f"a_test.py::test_x[<function f at {address}>]")
        for address in ("0x7ff816bdbba0", "0x7a0012345678")
    )
    assert one == other


class TestCache:
    @pytest.fixture
    def settings(self, make):
        return Settings(make.suite({"a_test.py": "def test_x(): pass"}), backend="edu")

    @pytest.fixture
    def sources(self, tmp_path):
        folder = tmp_path / "backend"
        (folder / "compare").mkdir(parents=True)
        (folder / "nn.py").write_text("relu")
        (folder / "compare" / "engine.py").write_text("compare")
        return folder

    @pytest.fixture
    def cache(self, tmp_path, sources):
        return lambda: Cache(tmp_path / "cache", sources)

    def test_a_result_comes_back_as_it_was(self, cache, settings):
        cache().put(UNIT, settings, result(x="passed", y="failed"))
        back = cache().get(UNIT, settings)
        assert back.cached
        assert back.tests == result(x="passed", y="failed").tests

    def test_what_nobody_ran_is_not_known(self, cache, settings):
        assert cache().get(UNIT, settings) is None

    def test_a_changed_test_file_is_run_again(self, cache, settings):
        cache().put(UNIT, settings, result(x="passed"))
        settings.suite.path("a_test.py").write_text("def test_y(): pass")
        assert cache().get(UNIT, settings) is None

    def test_a_changed_backend_is_run_again(self, cache, settings, sources):
        cache().put(UNIT, settings, result(x="passed"))
        (sources / "nn.py").write_text("another relu")
        assert cache().get(UNIT, settings) is None

    def test_a_result_of_a_backend_that_changed_meanwhile_is_not_kept(
        self, cache, settings, sources
    ):
        during_the_run = cache()
        (sources / "nn.py").write_text("another relu")
        during_the_run.put(UNIT, settings, result(x="passed"))
        assert during_the_run.get(UNIT, settings) is None

    def test_a_changed_comparison_engine_changes_nothing(self, cache, settings, sources):
        cache().put(UNIT, settings, result(x="passed"))
        (sources / "compare" / "engine.py").write_text("another engine")
        assert cache().get(UNIT, settings) is not None

    def test_stock_keras_does_not_depend_on_this_backend(self, cache, settings, sources):
        on_stock = Settings(settings.suite, backend="jax")
        cache().put(UNIT, on_stock, result(x="passed"))
        (sources / "nn.py").write_text("another relu")
        assert cache().get(UNIT, on_stock) is not None

    def test_another_version_is_another_result(self, cache, settings, monkeypatch):
        cache().put(UNIT, settings, result(x="passed"))
        monkeypatch.setattr(
            "conformance.upstream.environment.versions", lambda: {"keras": "another"}
        )
        assert cache().get(UNIT, settings) is None

    def test_the_backends_and_the_numbers_of_devices_are_kept_apart(self, cache, settings):
        cache().put(UNIT, settings, result(x="passed"))
        assert cache().get(UNIT, Settings(settings.suite, backend="jax")) is None
        assert cache().get(Unit("a_test.py", 8), settings) is None

    @pytest.mark.parametrize(
        "of_chance",
        [
            result("lost", x="lost"),
            result("not collected", missing="grain"),
            FileResult(UNIT, {"a_test::x": Test("failed", "Failed: Timeout (>300.0s)")}),
        ],
    )
    def test_what_may_come_out_otherwise_is_not_kept(self, cache, settings, of_chance):
        cache().put(UNIT, settings, of_chance)
        assert cache().get(UNIT, settings) is None

    def test_a_part_of_a_file_is_not_kept_for_the_whole_but_taken_from_it(self, cache, settings):
        part = Settings(settings.suite, only={UNIT: ["::x"]})
        cache().put(UNIT, part, result(x="passed"))
        assert cache().get(UNIT, settings) is None
        cache().put(UNIT, settings, result(x="passed", y="failed"))
        assert set(cache().get(UNIT, part).tests) == {"a_test::x"}

    def test_a_spoilt_file_is_as_good_as_none(self, cache, settings, tmp_path):
        cache().put(UNIT, settings, result(x="passed"))
        (file,) = (tmp_path / "cache").rglob("*.json")
        file.write_text(file.read_text()[:-20])
        assert cache().get(UNIT, settings) is None
