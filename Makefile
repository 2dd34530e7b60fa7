# Every target sets up what it needs in .venv, from nothing, and works when run again.
#   make compare    the main job        make test    the tests        make help    all targets
# Options: PYTHON=... the interpreter that .venv is made with, anew if it holds another; ARGS=... more arguments for the program.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help compare compare-processors compare-all-backends test test-all test-all-backends matrix bench upstream lint docs format wheel lock clean

PYTHON ?=
ARGS ?=
python := .venv/bin/python

# The set-up is done again when what it installs changes, or when the checkout has been moved (an
# editable install knows the folder it came from): the stamp's name says for which state it stands.
state := $(shell { pwd; echo "$(PYTHON)"; cat pyproject.toml requirements/*.txt startup/*; } | cksum | cut -d' ' -f1)
ready := .venv/ready-$(state)
backends := .venv/backends-$(state)
suite := .venv/upstream-$(state)

help: ## this list
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/\1|\2/p' Makefile | \
		while IFS='|' read -r name text; do printf 'make %-22s%s\n' "$$name" "$$text"; done

$(ready):
	@PYTHON="$(PYTHON)" requirements/setup.sh .venv
	@rm -f .venv/ready-* .venv/backends-* .venv/upstream-*
	@touch $@

$(backends): $(ready)
	@echo "Adding TensorFlow and PyTorch (CPU builds) to .venv ..."
	@requirements/install_backends.sh $(python) -rrequirements/backends.txt
	@touch $@

$(suite): $(ready)
	@echo "Adding what Keras's own tests need to .venv ..."
	@requirements/install_backends.sh $(python) -rrequirements/backends.txt -rrequirements/upstream.txt
	@touch $@

compare: $(ready) ## the main job: edu, stock Keras on JAX and the reference models side by side
	@mkdir -p reports
	$(python) -m conformance --backends edu,jax,reference --json reports/compare.json \
		--html reports/compare.html --junit reports/compare.xml $(ARGS)

compare-processors: $(ready) ## a few networks as older processors compute: the verdicts must be the same
	@for isa in SSE4_2 AVX; do \
		echo "XLA limited to $$isa, the rows of each batch in another order:"; \
		XLA_FLAGS=--xla_cpu_max_isa=$$isa $(python) -m conformance --styles functional --row-order 1 \
			--cases perceptron_layer,iris_mlp,softmax_regression --backends edu,jax,reference; \
	done

compare-all-backends: $(backends) ## three networks on TensorFlow and PyTorch as well
	@mkdir -p reports
	$(python) -m conformance --cases iris_mlp,moons_circles_ann,mnist_softmax_free \
		--backends edu,jax,reference,tensorflow,torch \
		--json reports/all-backends.json --html reports/all-backends.html $(ARGS)

pytest := $(python) -m pytest -n 2 --dist loadfile --durations 20 --durations-min 5

test: $(ready) ## the tests that a person waits for
	$(pytest) -m "not long" $(ARGS)

test-all: $(ready) ## those and the long ones, as in CI
	$(pytest) $(ARGS)

test-all-backends: $(suite) ## the tests that need TensorFlow, TensorBoard or pydot
	$(pytest) tests/test_export.py tests/compare/test_known.py tests/compare/test_reported.py \
		tests/compare/test_keras_gradients.py tests/compare/test_differences_page.py \
		tests/explain/test_explain.py tests/lessons/test_other_libraries.py \
		tests/documents/test_document_3_tensorboard.py \
		tests/documents/test_document_3_plot_model.py $(ARGS)

matrix: ## the everyday tests on every Python from 3.11 on that is found, as a table
	@requirements/matrix.py $(ARGS)

bench: $(ready) ## training, patterns of use, ops, layers and memory beside stock Keras, and loops by hand
	@mkdir -p reports
	$(python) -m benchmarks.ops --json reports/bench-ops.json
	$(python) -m benchmarks.layers --json reports/bench-layers.json
	$(python) -m benchmarks.memory --growth --rounds 3 --json reports/bench-memory.json
	$(python) -m benchmarks.patterns --json reports/bench-patterns.json
	$(python) -m benchmarks.training --json reports/bench-training.json $(ARGS)
	$(python) -m benchmarks.training --growth --only samples,units --sides "edu,jax,by hand" \
		--rounds 3 --json reports/bench-growth.json

upstream: $(suite) ## Keras's own tests on edu, beside what stock Keras passes of them
	@mkdir -p reports
	$(python) -m conformance.upstream --json reports/upstream.json $(ARGS)

lint: $(ready) ## ruff (lint and format) and mypy
	$(python) -m ruff check .
	$(python) -m ruff format --check .
	$(python) -m mypy

docs: $(ready) ## pages of the API from its docstrings, in reports/api
	@$(python) -m pip install --quiet -rrequirements/docs.txt
	KERAS_BACKEND=edu $(python) -m pdoc --docformat google --output-directory reports/api \
		keras_edu_backend reference_models conformance $(ARGS)

format: $(ready) ## let ruff rewrite the files as `make lint` wants them
	$(python) -m ruff check --fix .
	$(python) -m ruff format .

wheel: $(ready) ## dist/*.whl
	$(python) -m build --wheel --no-isolation --outdir dist .

lock: ## resolve requirements/*.txt anew from pyproject.toml (OLDEST=... NEWEST=... name Pythons)
	requirements/lock.py "$${OLDEST:-python3.11}" "$${NEWEST:-python3.13}"

clean: ## remove the environment, the reports and everything else that was made
	rm -rf .venv .cache reports build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
