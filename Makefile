# make demo   set up and open the desk on a made-up trading day: no keys, no network
# make test   set up and run every check and test
# make help   the rest

VENV := .venv
PY := $(VENV)/bin/python
SOURCES := engine desk widgets
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	command -v $$p >/dev/null 2>&1 && $$p -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$p && break; done)

# Bytecode is what makes every start fast.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: pins fuzz audit demo test check format lint types layers tests faults soak bench bench-screen docs scores picture pictures lock setup setup-dev clean help

demo: setup  ## set up and open the desk on a made-up trading day
	@$(VENV)/bin/desk demo

test: check  ## set up and run every check and test (10 to 25 minutes); the same as check

check: setup-dev format lint types layers pins tests  ## format, lint, types, layers, pins, tests

format: setup-dev  ## is every file formatted
	$(VENV)/bin/ruff format --check .

lint: setup-dev  ## ruff
	$(VENV)/bin/ruff check .

types: setup-dev  ## mypy
	$(VENV)/bin/mypy

layers: setup-dev  ## does a room import only what it may
	$(VENV)/bin/lint-imports

pins: setup-dev  ## does every pin have its hash
	@$(PY) -m tools.audit --tell

# Tests wait for processes and sockets half of their time: four at once keep two cores busy.
tests: setup-dev  ## every test, without the checks
	@$(VENV)/bin/pytest --cache-clear -n 4 || { found=$$?; test $$found = 1 && $(PY) -m tests.again; }

faults: setup-dev  ## break the engine in every way of the fault matrix (about 25 minutes); writes docs/faults.md
	@rm -rf .faults
	@export DESK_FAULTS=all; found=0; \
		DESK_FAULTS_LEDGERS=.faults $(VENV)/bin/pytest tests/faults --cache-clear -n 2 || { found=$$?; \
		test $$found = 1 && DESK_FAULTS_LEDGERS=.faults/again $(PY) -m tests.again && found=0; }; \
		$(PY) -m tests.faults.report .faults .faults/again > docs/faults.md; exit $$found

soak: setup-dev  ## an engine under 500 posts a second and faults, for MINUTES (20); writes docs/soak.md
	@$(PY) -m tests.faults.soak --minutes $(or $(MINUTES),20) --out docs/soak.md

fuzz: setup-dev  ## other bytes than yesterday through every parser, FUZZ_S seconds each (30); keeps what it finds
	@DESK_FUZZ_SECONDS=$${FUZZ_S:-30} $(VENV)/bin/pytest tests/fuzz -n 2

audit: setup-dev  ## every pin has its hash, and no known vulnerability where the database can be reached
	@$(PY) -m tools.audit

bench: setup-dev  ## measure every stage, the whole engine and the naive design; prints a table, writes JSON
	$(PY) -m bench

bench-screen: setup-dev  ## measure every view in a real pseudo-terminal (about 6 minutes; QUICK=1: two)
	$(PY) -m bench.screen $(if $(QUICK),--quick)

docs: setup-dev  ## write the generated pages again
	$(PY) -m tools.docs

scores: setup-dev  ## measure the scorers on the labelled sets in DATA and write the tables of docs/sentiment.md
	$(PY) -m tools.scores $(or $(DATA),$(error name the directory with the labelled sets: make scores DATA=…))

picture: setup-dev  ## take docs/desk.svg again: the desk on its demo day
	$(PY) -m tools.picture

pictures: setup-dev  ## take docs/pictures/ again: every view and dialog on a made-up day
	$(PY) -m tools.view_pictures

lock: setup-dev  ## resolve the pins again from pyproject.toml
	$(PY) -m pip install --quiet uv
	$(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
		--python-version 3.11 --upgrade pyproject.toml -o requirements/base.lock
	$(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
		--python-version 3.11 --upgrade pyproject.toml --group dev -c requirements/base.lock -o requirements/dev.lock

setup: $(VENV)/.base  ## the environment that the desk needs, once and again after an upgrade
setup-dev: $(VENV)/.dev  ## the same, and what the checks and tests need

$(VENV)/.base: requirements/base.lock pyproject.toml
	@$(PY) -c 'import pip; $(NEW_ENOUGH)' 2>/dev/null || { \
		python=$(or $(PYTHON),false); $$python -c '$(NEW_ENOUGH)' 2>/dev/null || { found=$$($$python --version 2>&1) || found=none; \
			echo "make: expected Python 3.11 or newer, found $$found; install it, or: make PYTHON=/path/to/python3 …" >&2; exit 1; }; \
		$$python -m venv --clear $(VENV); }
	@echo "setting up $(VENV) (once)"
	@$(PY) -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r requirements/base.lock
	@$(PY) -m pip install --quiet --quiet --disable-pip-version-check --no-deps -e .
	@$(PY) -m compileall -q $(SOURCES)
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.base
	@$(PY) -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $@

clean:  ## remove the environment and every cache
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 16
