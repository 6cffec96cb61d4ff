# What people type. Everything runs offline once `.venv` is there.
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 3000
export NST_DATA ?= $(CURDIR)/data
export DAGSTER_HOME ?= $(CURDIR)/dagster_home
export TF_CPP_MIN_LOG_LEVEL ?= 2

# pip says nothing while it unpacks: tell every ten seconds how much is there.
TELL_SIZE = while sleep 10; do echo "  $$(du -sm .venv | cut -f1) of about 3900 MB ..."; done

# `dagster dev` warns that `dg dev` supersedes it. That runs the same code, but its package brings 26
# others (46 MB, among them clients for Dagster's cloud and for GitHub).
SUPERSEDED = ignore:Function `dev_command` is superseded

.PHONY: demo setup test test-fast check dev screenshots lock clean help
help:            ## list these commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/'

setup: .venv/ready  ## prepare .venv: locked packages, models

.venv/ready: requirements.lock pyproject.toml
	@echo "Installing the locked packages: a few minutes, 3.9 GB in .venv ..."
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(TELL_SIZE) & telling=$$!; $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock; code=$$?; kill $$telling; exit $$code
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@echo "Compiling the matting kernels, once for this environment ..."
	$(BIN)/python -c "import pymatting"
	@echo "Building Magenta's network from its package's weights ..."
	$(BIN)/nst models --build
	touch $@

demo: setup      ## sample photos through the whole graph; prints what was made and where
	$(BIN)/nst samples
	$(BIN)/nst run

test: setup      ## all tests, a few files at a time; says what it had to leave out
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile -rs

test-fast: setup ## the tests that need no whole collection, network, or browser: under a minute
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile -m "not slow"

check: setup     ## lint, format, types, import layers, dead code, unused dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/deptry .

dev: setup       ## start the Dagster UI at http://localhost:3000 (another port: PORT=3001); Ctrl-C stops it
	$(BIN)/python -W '$(SUPERSEDED)' -m dagster dev --workspace workspace.yaml --port $(PORT)

screenshots: setup  ## the pictures in docs/ that show the UI, made anew by the tests of the UI
	$(BIN)/python -m pytest tests/ui --screenshots docs/images

lock: setup      ## write requirements.lock anew from pyproject.toml
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" --extra postgres --group dev --output-file requirements.lock pyproject.toml

clean:           ## remove all results and runs; photos and settings stay
	rm -rf data/artifacts data/catalog data/reports dagster_home/storage dagster_home/history dagster_home/schedules dagster_home/.nux dagster_home/logs
