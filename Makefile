# Every target does its own set-up; a second call costs nothing. `make help` lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

BIN := .venv/bin
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
# The first Python >= 3.11 found; `make PYTHON=/path/to/python ...` takes another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c '$(NEW_ENOUGH)' 2>/dev/null && { command -v $$p; break; }; done)
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
SLOW_TESTS := integration or browser or slow
UV_VERSION := 0.13.9
LOCK := $(BIN)/uv pip compile --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-emit-find-links

.PHONY: setup demo test test-fast check format bench bench-convert fuzz sabotage lock browser clean help

setup: .venv/.installed .venv/.fetched ## make .venv from the lock and fetch Kafka and the schema registry
	@echo "ready: $(BIN)/wardline"

demo: setup ## everything, fed by a simulated hospital; prints the board's address
	$(BIN)/wardline demo

test: setup browser ## all tests: the fast suite, then those with real brokers, browsers and minutes
	@echo "== fast suite"
	$(BIN)/pytest -q -n 2 --dist loadfile
	@echo "== $(SLOW_TESTS)"
	$(BIN)/pytest -m "$(SLOW_TESTS)"

test-fast: .venv/.installed ## the fast suite: no network, no broker, under 30 s
	$(BIN)/pytest -q -n 2 --dist loadfile

check: .venv/.installed ## style, types, layers, dead code, dependencies, architecture, contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/vulture
	$(BIN)/deptry .
	$(BIN)/pytest -q tests/architecture
	$(BIN)/wardline schemas check --offline
	$(BIN)/wardline coverage --check >/dev/null

format: .venv/.installed ## put every file into the project's form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## measure what the README promises
	for measure in bench/[a-z]*.py; do echo "== $$measure"; $(BIN)/python "$$measure"; done

bench-convert: .venv/.installed ## the conversion beside two Java programs: messages per CPU second and ratios
	$(BIN)/python bench/convert.py --peers

fuzz: .venv/.installed ## 100,000 made-up messages of all types; FUZZ_MESSAGES=n for another number
	FUZZ_MESSAGES=$${FUZZ_MESSAGES:-100000} $(BIN)/pytest -q -m slow tests/processors/test_mapping_fuzz.py

sabotage: setup ## plant defects; each must turn a named test red
	$(BIN)/python tests/sabotage/plant.py

lock: .venv/.installed ## renew requirements/*.txt: exact versions with hashes, no addresses
	$(BIN)/pip install --quiet uv==$(UV_VERSION)
	$(LOCK) --upgrade --quiet requirements/run.in -o requirements/run.txt
	$(LOCK) --upgrade --quiet -c requirements/run.txt requirements/dev.in -o requirements/dev.txt
	@! grep -n '://' requirements/run.txt requirements/dev.txt

browser: ## install Chromium for the browser tests when there is none
	@command -v chromium >/dev/null && exit 0; \
	command -v apt-get >/dev/null || { echo "error: no Chromium found; install one as 'chromium'" >&2; exit 4; }; \
	echo "installing chromium by apt-get"; \
	$(SUDO) apt-get update -qq; \
	DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends chromium >/dev/null

clean: ## remove what the tools left behind; keeps .venv and .wardline
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage build dist *.egg-info
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.venv/.installed: requirements/dev.txt pyproject.toml
	@[ -n "$(PYTHON)" ] || { echo "error: Python 3.11 or newer is needed and none was found;" \
		"install python3.11 with its venv module, or: make PYTHON=/path/to/python setup" >&2; exit 3; }
	@[ -x $(BIN)/pip ] || "$(PYTHON)" -m venv .venv || { \
		echo "error: '$(PYTHON) -m venv' failed; on Debian: apt-get install python3-venv" >&2; exit 3; }
	$(BIN)/pip install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --no-deps -e .
	@touch $@

.venv/.fetched: .venv/.installed streams/platform/jars.py
	$(BIN)/wardline up --fetch-only
	@touch $@
