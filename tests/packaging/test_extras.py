"""A program needs Keras, JAX and next to nothing else; a tool names the extra that it misses."""

import importlib.metadata
import os
import re
import subprocess

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from keras_edu_backend.extras import EXTRAS, MissingExtra, needed_for
from tests.conftest import clean_environment, see_dependencies, site_packages
from tests.packaging.test_environment import project


def closure(names):
    """The distributions that pip installs for these requirements here, with what they require."""
    waiting, found = list(names), set()
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in found:
            continue
        found.add(name)
        for line in importlib.metadata.requires(name) or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
    return found


def always():
    return [Requirement(line).name for line in project()["dependencies"]]


@pytest.fixture(scope="module")
def bare(installed, tmp_path_factory):
    """The Python of an environment in which `pip install keras-edu-backend` was all."""
    folder = tmp_path_factory.mktemp("bare_dependencies")
    for name in closure(always()):
        distribution = importlib.metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files if file.parts[0] != ".."}:
            if top != "__pycache__":
                os.symlink(distribution.locate_file(top), folder / top)
    python = clean_environment(tmp_path_factory.mktemp("bare"))
    for entry in site_packages(installed).glob("*keras_edu*"):
        os.symlink(entry, site_packages(python) / entry.name)
    os.symlink(
        site_packages(installed) / "reference_models", site_packages(python) / "reference_models"
    )
    see_dependencies(python, folder)
    return python


def test_pip_installs_what_keras_and_jax_need_and_platformdirs():
    assert closure(always()) - closure(["keras", "jax", "jaxlib", "numpy"]) == {"platformdirs"}


def test_a_program_trains_saves_and_predicts_with_that(bare, run_python):
    program = """
    import os
    os.environ["KERAS_BACKEND"] = "edu"
    import keras, numpy, sys
    model = keras.Sequential([keras.layers.Dense(3, "relu"), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    x = numpy.ones((8, 2), "float32")
    model.fit(x, x[:, :1], epochs=2, verbose=0)
    model.save("model.keras")
    again = keras.saving.load_model("model.keras")
    same = again.predict(x, verbose=0) == model.predict(x, verbose=0)
    print(same.all(), [name for name in ("sklearn", "jaxtyping") if name in sys.modules])
    """
    assert run_python(program, python=bare).lines() == ["True []"]


@pytest.mark.parametrize(
    ("words", "package", "extra"),
    [
        (["-c", "import reference_models"], "jaxtyping", "reference"),
        (["-c", "from keras_edu_backend.compare.report import html"], "jinja2", "compare"),
    ],
)
def test_a_missing_extra_is_named_in_one_line(bare, run_python, words, package, extra):
    ended = run_python(*words, python=bare)
    assert ended.status == 1
    message = ended.errors.strip().splitlines()[-1]
    assert package in message
    assert message.endswith(f'pip install "keras-edu-backend[{extra}]"')


def test_the_command_says_what_to_install(bare):
    ended = subprocess.run(
        [bare, "-m", "keras_edu_backend.cli"], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.endswith('pip install "keras-edu-backend[all]"')


def test_the_extras_named_are_those_of_the_project():
    names = {"sklearn": "scikit-learn"}
    stated = project()["optional-dependencies"]
    for extra, packages in EXTRAS.items():
        own = {Requirement(line).name for line in stated[extra]} - {project()["name"]}
        assert own == {names.get(package, package) for package in packages}, extra
    (everything,) = stated["all"]
    assert set(re.search(r"\[(.*)\]", everything).group(1).split(",")) == set(EXTRAS)


def test_a_package_of_no_extra_is_missing_as_ever():
    with pytest.raises(ModuleNotFoundError) as raised, needed_for("This"):
        import no_such_package_anywhere  # noqa: F401
    assert not isinstance(raised.value, MissingExtra)
