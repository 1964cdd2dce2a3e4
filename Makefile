# The commands of a checkout. `make demo` and `make test` are the two to know; `make help` lists all.
# Needed beforehand: Python 3.11, 3.12 or 3.13, make, git, and a package index that pip is set up for.

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# The first of these that is there and will do; 3.11 before the others, for every test was run on it.
PYTHONS := python3.11 python3.12 python3.13 python3
SUITABLE := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
# Readers still on DuckDB 1.2 must be able to open a publication; a test opens one with this client.
OLD_DUCKDB := .cache/duckdb-1.2.2

# The home to use; without it csp uses `var` here. For example: make demo CSP_HOME=/srv/csp
export CSP_HOME ?=

# Nothing in this project reports home.
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DAGSTER_DISABLE_TELEMETRY := yes
export GX_ANALYTICS_ENABLED := false
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Say what is being done, and every BEAT seconds that it still is: $(call telling,WHAT,COMMAND).
# Where make was started in the background, what it starts may ignore all signals but KILL.
BEAT := 8
define telling
@echo "$(1) ..."; began=$$(date +%s); \
(while sleep $(BEAT) > /dev/null 2>&1; do \
echo "  $(1): $$(($$(date +%s) - began)) s so far"; done) & \
beat=$$!; trap 'kill -9 $$beat' EXIT; trap 'exit 130' INT TERM; \
$(2)
endef

.DEFAULT_GOAL := help
.PHONY: help setup demo test smoke lint format bench clean

help: ## this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

setup: $(INSTALLED) ## the virtual environment, as pinned in requirements.lock

$(INSTALLED): requirements.lock pyproject.toml
	@if ! $(BIN)/python -c "$(SUITABLE)" 2> /dev/null; then \
	for python in $(PYTHONS); do \
	if "$$python" -c "$(SUITABLE)" 2> /dev/null; then found=$$python; break; fi; done; \
	test -n "$$found" || { echo "Python 3.11, 3.12 or 3.13 with its module venv is needed:" \
	"install one (on Debian python3 and python3-venv), then run make again." >&2; exit 1; }; \
	echo "Making the virtual environment with $$("$$found" --version) ..."; \
	rm -rf $(OLD_DUCKDB); "$$found" -m venv --clear $(VENV); fi
	$(call telling,Installing what requirements.lock pins,\
	$(BIN)/python -m pip install --quiet -r requirements.lock)
	$(call telling,Installing the project itself,\
	$(BIN)/python -m pip install --quiet --no-deps --editable .)
	$(call telling,Fetching the DuckDB client of older readers,\
	test -d $(OLD_DUCKDB)/duckdb || \
	$(BIN)/python -m pip install --quiet --no-deps --target $(OLD_DUCKDB) duckdb==1.2.2 || \
	echo "DuckDB 1.2.2 could not be fetched: the test with that client will be skipped.")
	@touch $@

demo: setup ## a small generated partnership, loaded, built, checked and published
	$(BIN)/csp demo

test: setup ## every test
	$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

smoke: setup ## the demo on another Python of those supported, where one is installed
	@.ci/smoke

lint: setup ## style, types, unused code, import directions, SQL and dbt's conventions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/vulture
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/python -c 'from orchestration.dbt_program import prepared_manifest as p; p()'
	$(BIN)/dbt-bouncer run
	$(BIN)/sqlfluff lint --processes 2 dbt_project/models

format: setup ## rewrite Python files in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## speed and memory against bare DuckDB and pandas, on the archives in ../shared
	$(BIN)/python -m benchmarks

clean: ## remove what was built; the homes and their records stay
	rm -rf $(VENV) .cache build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis \
	dbt_project/target dbt_project/logs
