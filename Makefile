# The commands of a checkout. `make demo` and `make test` are the two to know; `make help` lists all.
# Needed beforehand: Python 3.11, make, git, and a package index that pip is set up for.

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
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

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format bench clean

help: ## this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

setup: $(INSTALLED) ## the virtual environment, as pinned in requirements.lock

$(INSTALLED): requirements.lock pyproject.toml
	@python=$$(command -v python3.11 || command -v python3) && \
	"$$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
	{ echo "Python 3.11 is needed: install python3.11, then run make again." >&2; exit 1; }; \
	"$$python" -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@test -d $(OLD_DUCKDB)/duckdb || \
	$(BIN)/python -m pip install --quiet --no-deps --target $(OLD_DUCKDB) duckdb==1.2.2 || \
	echo "DuckDB 1.2.2 could not be fetched: the test with that client will be skipped."
	@touch $@

demo: setup ## a small generated partnership, loaded, built, checked and published
	$(BIN)/csp demo

test: setup ## every test
	$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

lint: setup ## style, types and SQL
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --processes 2 dbt_project/models

format: setup ## rewrite Python files in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## speed and memory against bare DuckDB and pandas, on the archives in ../shared
	$(BIN)/python -m benchmarks

clean: ## remove what was built; the homes and their records stay
	rm -rf $(VENV) .cache build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis \
	dbt_project/target dbt_project/logs
