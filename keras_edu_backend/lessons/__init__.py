"""A course: what Keras does, from one unit to a trained network, as pages that need no network.

``keras-edu learn --export DIR`` writes an ``index.html``, and a page and a notebook for each
lesson. A page has the documents' claim, the formula, our few lines beside Keras's code path,
controls, the numbers of both sides, a picture, and exercises. ``keras-edu check LESSON FILE``
checks a learner's answers.

One description of a lesson, a `lesson.Lesson`, feeds all of it, the tests included:

* `course` has one module for each lesson, in the order of the ideas: plain functions and a
  ``LESSON`` at the end. Read ``course/unit.py`` first.
* `measure` runs in a worker process for each backend and computes a lesson's numbers for every
  state of its controls. `sides` starts the workers and puts their answers side by side.
* `code` reads our functions and Keras's from their files.
* `export` writes the pages. `state` makes the part that changes with the controls, and `picture`
  its curves, as inline SVG.
* `serve` serves the pages on 127.0.0.1, where they have a button that checks an exercise.
* `own_data` reads a learner's own points, which a page that is served trains on.
* `notebook` makes a notebook of a lesson, and has what its cells call.
* `checking` compares a learner's function with Keras and with the usual mistakes.
"""
