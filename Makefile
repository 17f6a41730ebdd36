# Needs python3 (3.11 or later, with venv) and make; uses uv where it is there.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
UV     := $(shell command -v uv 2>/dev/null)
PYTEST_WORKERS ?= 3

.PHONY: help install demo up test soak lint bench wheel lock clean

help:            ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 12

install: $(STAMP) ## set up .venv from the lock file

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; $(PYTHON) is $$($(PYTHON) -V). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
ifneq ($(UV),)
	test -x $(BIN)/python || $(UV) venv -q --python "$$(command -v $(PYTHON))" $(VENV)
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(UV) pip install -q --no-deps --require-hashes -r requirements.lock
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(UV) pip install -q --no-deps --no-build-isolation -e .
else
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
endif
	@touch $@

demo: install    ## sample postings and people through every asset, ranked matches at the end
	$(BIN)/ty demo

up: install      ## Dagster UI, daemon and match view together, until Ctrl-C
	$(BIN)/ty up

test: install    ## the whole test suite
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist loadgroup

soak: install    ## the long versions: mutated uploads, thirty days over three workers, 170,000 requests through 24 kills
	TY_SOAK=1 $(BIN)/python -m pytest -n 1 --timeout 7200 tests/profiles/reading/test_mutated_uploads.py tests/fleet/test_pool.py
	TY_SOAK=1 $(BIN)/python -m pytest -s --timeout 7200 tests/candidate_evaluations/test_batch_crash.py

lint: install    ## ruff, mypy, import contracts, Dagster definitions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/dg check defs

bench: install   ## every benchmark against its baseline
	$(BIN)/ty bench all

wheel: install   ## a wheel in dist/
	$(BIN)/python -m build --wheel --no-isolation

lock:            ## pin the newest allowed versions again (needs uv)
	uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	    --custom-compile-command "make lock" --extra dev pyproject.toml -o requirements.lock

clean:           ## remove what was built; .ty (the embedded database) stays
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
