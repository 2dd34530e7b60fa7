"""Both sides of a name put together."""

import dataclasses
import inspect
from typing import Any

import numpy as np

from keras_edu_backend.explain import arithmetic, sources
from keras_edu_backend.explain.measure import measure, one_line
from keras_edu_backend.explain.samples import candidates
from keras_edu_backend.explain.subjects import Subject, find
from keras_edu_backend.explain.worker import ask


@dataclasses.dataclass
class Side:
    """What is shown of one side.

    Attributes:
        name: ``"edu"``, or the production backend.
        answer: what `measure.measure` said.
        functions: the functions that ran, in order, each with ``file``, ``line``, ``name`` and
            ``source``; never empty.
        note: what the reader has to know about them; may be empty.
    """

    name: str
    answer: dict[str, Any]
    functions: list[dict[str, Any]]
    note: str = ""


@dataclasses.dataclass
class Explanation:
    """Everything there is to show about a name.

    Attributes:
        subject: what the name means.
        formula: one line.
        notes: paragraphs of our function's docstring: what is decided at a kink, and why.
        arithmetic: the formula with the sample's numbers, line by line.
        ours: our `Side`.
        theirs: the production backend's.
        differences: for outputs and gradients, the largest difference of the two sides, or a
            sentence that says why there is none.
    """

    subject: Subject
    formula: str
    notes: list[str]
    arithmetic: list[str]
    ours: Side
    theirs: Side
    differences: dict[str, Any]

    def _repr_html_(self):
        from keras_edu_backend.explain.show import html

        return html(self)


def explained(text, backend="jax"):
    """The `Explanation` of a name: as `explain.explain`."""
    subject = find(text)
    answer = measure(subject.path)
    (theirs,) = ask(backend, [(subject.path, answer["index"])])
    return put_together(subject, answer, theirs, backend)


def put_together(subject, answer, theirs, backend):
    """The `Explanation` of a subject, given what both sides said.

    Args:
        subject: a `Subject`.
        answer: what our side said; without gradients, no arithmetic is done either.
        theirs: what the production side said.
        backend: its name.
    """
    ours = answer["functions"]
    formula = sources.formula(subject, ours)
    lines = _arithmetic(subject, answer, formula)
    differences = {key: difference(answer, theirs, key) for key in ("outputs", "gradients")}
    if backend != "jax" and any("random_bits" in line for line in lines):
        # Of other draws a difference says nothing.
        differences |= {
            key: f"other draws: {backend} has a random generator of its own"
            for key, found in differences.items()
            if not isinstance(found, str) and found
        }
    return Explanation(
        subject,
        formula,
        sources.notes(ours, subject.name),
        lines,
        _our_side(subject, answer),
        _their_side(subject, answer, theirs, backend),
        differences,
    )


def _our_side(subject, answer):
    functions = [f for f in answer["functions"] if f["file"].startswith("keras_edu_backend")]
    note = ""
    if not functions:
        functions = [
            f for f in answer["functions"] if f["file"].startswith("keras/src")
        ] or sources.of_thing(subject)
        note = "No function of a backend runs: this is Keras's own, and the same on every backend."
    return Side("edu", answer, _with_source(functions), note)


def _their_side(subject, answer, theirs, backend):
    functions, note = theirs["functions"], ""
    if not functions:
        functions = sources.of_backend(backend, answer["functions"])
        note = f"{backend} did not run here: these are its functions of the same names."
    if not any("/backend/" in f["file"] for f in functions):
        note = note or "Keras's own code, and the same on every backend."
    return Side(backend, theirs, _with_source(functions or sources.of_thing(subject)), note)


def _with_source(functions):
    return [{**function, "source": sources.source(function)} for function in functions]


def _arithmetic(subject, answer, formula):
    """The formula with numbers, then the primitives of the call."""
    if answer.get("index") is None:
        return [f"It does not run here: {answer['error']}"]
    if "gradients" not in answer:
        return ["not asked"]
    lines = []
    try:
        parameters = [] if subject.is_class else list(inspect.signature(subject.thing).parameters)
        line = arithmetic.first_entry(formula, parameters, answer["inputs"], answer["outputs"])
        lines += [line] if line else []
        lines += arithmetic.steps(candidates(subject)[answer["index"]]())
    except Exception as error:
        lines.append(f"The call cannot be traced: {one_line(error)}")
    if not lines:
        lines = [f"{answer['text']} = {_written(answer['outputs'])}: no arithmetic is done."]
    return lines


def _written(outputs):
    return ", ".join(arithmetic.text_of(output) for output in outputs)


def difference(ours, theirs, key):
    """The largest difference of two sides' numbers, or a sentence that says why there is none.

    Args:
        ours: an answer of `measure.measure`.
        theirs: another.
        key: ``"outputs"`` or ``"gradients"``.
    """
    for answer in (ours, theirs):
        if "error" in answer:
            return answer["error"]
    left, right = ours.get(key, "not asked"), theirs.get(key, "not asked")
    for found in (left, right):
        if isinstance(found, str):
            return found
    if isinstance(left, dict):
        left, right = list(left.values()), list(right.values())
    if any((a is None) != (b is None) for a, b in zip(left, right, strict=False)):
        return "one side has none"
    largest = 0.0
    for a, b in zip(left, right, strict=False):
        if a is None:
            continue
        a, b = np.asarray(a), np.asarray(b)
        if a.shape != b.shape:
            return f"shapes differ: {a.shape} and {b.shape}"
        if a.dtype.kind not in "biuf" or b.dtype.kind not in "biuf":
            if not np.array_equal(a, b):
                return "they differ"
            continue
        a, b = a.astype("float64"), b.astype("float64")
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        if not same.all():
            largest = max(largest, float(np.nanmax(np.where(same, 0.0, np.abs(a - b)))))
    return largest
