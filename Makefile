# Everything runs in .venv, made from requirements.lock.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types long find-long on-day slow slow-in-ci spark newest fixtures examples reference docs bench lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	$(BIN)/balansfilter warm --quiet
	@touch $@

# The day of the fixtures: a Monday, so that the demo shows the same on every day, Sundays and holidays too.
DAY ?= 2026-11-23

demo: $(READY) ## set up, and run the main job on the fixtures, for their day (DAY=2026-11-24 for another)
	$(BIN)/balansfilter run --all --as-of $(DAY)

# A process on each core, and one thread of Polars in each; `make slow` leaves Polars its threads.
test: $(READY) ## set up, and run the tests
	POLARS_MAX_THREADS=1 $(BIN)/python -m pytest -n auto

long: $(READY) ## run the tests of a second and more, which `make test` leaves to CI
	POLARS_MAX_THREADS=1 $(BIN)/python -m pytest -n auto -m long

find-long: $(READY) ## measure again which tests those are, into tests/long.txt
	POLARS_MAX_THREADS=1 $(BIN)/python -m pytest -n auto -m 'not slow and not spark' --find-long

on-day: $(READY) ## run the tests as on another day (DAY=2026-12-25)
	POLARS_MAX_THREADS=1 $(BIN)/python -m tests.run.on_another_day $(DAY) $(TESTS)

slow: $(READY) ## run the slow tests, which take minutes each
	$(BIN)/python -m pytest -n auto -m slow --hypothesis-profile=new

# What people read and what runs at night; without the campaigns, which are many tries of what other tests try once.
IN_CI := tests/book tests/cli/test_warm.py tests/nightly tests/document tests/report tests/remote/test_its_page.py
slow-in-ci: $(READY) ## run the slow tests that CI has time for
	$(BIN)/python -m pytest -n auto -m 'slow and not campaign' $(IN_CI)

# Spark is large, and wants an older pandas than the rest: it has a venv of its own, which stands on the first.
SPARK := .venv-spark
OF_VENV := -c 'import sysconfig; print(sysconfig.get_path("purelib"))'
$(SPARK)/.ready: $(READY)
	@command -v java >/dev/null || { echo "make spark: there is no java; Spark needs Java 17 or later" >&2; exit 1; }
	$(BIN)/python -m venv $(SPARK)
	$(BIN)/python $(OF_VENV) > $$($(SPARK)/bin/python $(OF_VENV))/first.pth
	$(SPARK)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[spark]'
	@touch $@

spark: $(SPARK)/.ready ## set up Spark, and run its tests on a cluster of this machine
	$(SPARK)/bin/python -m pytest -n 0 -m spark tests/engines/spark

# Another interpreter has a venv of its own: make newest TESTS=tests/decision for a part.
newest: $(READY) ## run the tests on the newest Python that this machine has
	@found=$$(.ci/newest); if [ -z "$$found" ]; then echo "there is no other Python here that pyproject.toml names"; else \
	  echo "on $$($$found --version)"; $(MAKE) --no-print-directory tests-on VENV=.venv-newest PYTHON=$$found; fi

tests-on: $(READY)
	$(BIN)/python -m pytest -n auto $(TESTS)

check: lint types test ## lint, types and tests

lint: $(READY) ## ruff and the layers of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

types: $(READY) ## mypy --strict
	$(BIN)/mypy

fixtures: $(READY) ## make the fixtures again, byte for byte the same
	$(BIN)/python -m fixtures.generate

examples: $(READY) ## make the example brands' overviews and documents again from the fixtures
	$(BIN)/python -m fixtures.examples

reference: $(READY) ## make the reference pages of the book again from the program
	$(BIN)/python -m fixtures.reference

docs: $(READY) ## build the book into site/, and fail where a link leads nowhere
	$(BIN)/zensical build --clean --strict

bench: $(READY) ## measure against hand-written peers (10 M rows; BENCH="--rows 1000000" for less)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pandas>=2.2,<4' 'pyarrow>=18,<30'
	$(BIN)/python -m tests.benchmarks.bench $(BENCH)

lock: $(READY) ## resolve the dependencies again into requirements.lock
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --extra dev --extra docs --extra bench --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --quiet pyproject.toml -o requirements.lock

clean: ## remove what was made
	rm -rf $(VENV) .venv-* .tools site out audit cache .pytest_cache .mypy_cache .ruff_cache .hypothesis
