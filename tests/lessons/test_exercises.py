"""Answers to exercises: right ones, usual mistakes, others, and files that cannot be checked."""

import sys

import numpy as np
import pytest

from keras_edu_backend import cli
from keras_edu_backend.lessons import course, notebook
from keras_edu_backend.lessons.checking import compare

EXERCISES = {
    f"{name}: {exercise.function}": exercise
    for name in course.NAMES
    for exercise in course.find(name).exercises
}
MISTAKES = [
    pytest.param(exercise, wrong, id=f"{name}: {wrong.sentence}")
    for name, exercise in EXERCISES.items()
    for wrong in exercise.wrong
]


@pytest.fixture
def check(monkeypatch, capsys, tmp_path):
    """`check(lesson, text)`: exit status, output lines and error lines of ``keras-edu check``."""

    def run(lesson, text=None):
        file = tmp_path / "answers.py"
        if text is not None:
            file.write_text(text, encoding="utf-8")
        monkeypatch.setattr(sys, "argv", ["keras-edu", "check", lesson, str(file)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        shown = capsys.readouterr()
        return ended.value.code, shown.out.splitlines(), shown.err.splitlines()

    return run


def test_every_lesson_has_an_exercise():
    assert all(course.find(name).exercises for name in course.NAMES)


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_the_right_answer_is_accepted(exercise):
    assert compare(exercise, exercise.answer).right


@pytest.mark.parametrize(("exercise", "wrong"), MISTAKES)
def test_each_mistake_is_told_apart(exercise, wrong):
    verdict = compare(exercise, wrong.function)
    assert not verdict.right
    assert verdict.says == f"{exercise.function}: {wrong.sentence}"


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_another_answer_is_shown_beside_keras_on_the_first_input_that_differs(exercise):
    verdict = compare(exercise, lambda *inputs: np.asarray(exercise.answer(*inputs)) + 0.125)
    assert not verdict.right
    assert verdict.says.startswith(f"{exercise.function}(") and "Keras says" in verdict.says


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_a_starter_defines_the_function_and_is_no_answer(exercise, tmp_path, check):
    lesson = next(n for n in course.NAMES if exercise in course.find(n).exercises)
    status, _, errors = check(lesson, exercise.starter)
    assert status == 2
    assert errors and exercise.function in errors[0] and "is there a return statement?" in errors[0]


def test_an_answer_of_another_shape_is_told_so():
    exercise = EXERCISES["layers: dense"]
    verdict = compare(exercise, lambda x, kernel, bias: (x @ kernel + bias).ravel())
    assert "has shape (6,); Keras's answer has shape (3, 2)" in verdict.says


def test_an_answer_may_change_what_it_is_given():
    exercise = EXERCISES["activations: relu_slope"]

    def in_place(z):
        z[:] = z > 0
        return z

    assert compare(exercise, in_place).right
    assert compare(exercise, exercise.answer).right


def test_a_right_answer_of_a_learner(check):
    text = "import numpy as np\n\ndef relu_slope(z):\n    return np.where(z > 0, 1.0, 0.0)\n"
    status, said, errors = check("activations", text)
    assert (status, errors) == (0, [])
    assert said == ["relu_slope: right, on all 2 inputs.", "sigmoid_slope: not written yet."]


def test_a_function_is_checked_by_its_name_in_a_notebook():
    def relu_slope(z):
        return np.where(z >= 0, 1.0, 0.0)

    says = notebook.check("activations", relu_slope)
    assert says == "relu_slope: right but at 0: your slope there is 1, Keras takes 0."
    assert notebook.check("unit", relu_slope) == (
        "Lesson unit asks for unit or line, not for relu_slope."
    )


def test_a_wrong_answer_of_a_learner(check):
    text = "import numpy as np\n\ndef relu_slope(z):\n    return np.where(z >= 0, 1.0, 0.0)\n"
    status, said, _ = check("activations", text)
    assert status == 1
    assert said[0] == "relu_slope: right but at 0: your slope there is 1, Keras takes 0."


@pytest.mark.parametrize(
    ("lesson", "text", "expected"),
    [
        ("unit", None, "there is no such file"),
        ("unit", "1 / 0\n", "ZeroDivisionError: division by zero"),
        ("unit", "def unit(:\n", "SyntaxError"),
        ("unit", "import sys\nsys.exit(3)\n", "SystemExit: 3"),
        ("unit", "unit = 3\n", "defines no function unit or line"),
        ("unit", "def unit(x, kernel, bias):\n    return x @ nothing\n", "raises NameError"),
        ("unit", "def unit():\n    return 1\n", "raises TypeError"),
        ("unit", "def unit(x, kernel, bias):\n    return 'a'\n", "has to return numbers"),
        ("unit", "def unit(x, kernel, bias):\n    return [[1], [2, 3]]\n", "raises ValueError"),
        ("unti", "", "There is no lesson 'unti'; the lessons are unit, layers"),
    ],
)
def test_what_cannot_be_checked_is_one_line_and_status_2(check, lesson, text, expected):
    status, said, errors = check(lesson, text)
    assert status == 2 and not said
    assert len(errors) == 1 and expected in errors[0]
    assert "Traceback" not in errors[0]
