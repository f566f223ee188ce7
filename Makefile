# Orthanc on AWS on this machine: `make up` deploys it to an embedded AWS, `make test` proves it.

PYTHON ?= python3
VENV := .venv/bin

.PHONY: test lint

.venv/stamp: requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")' 1>&2
	@echo "installing the Python packages into .venv (about a minute)" 1>&2
	@$(PYTHON) -m venv .venv
	@$(VENV)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt 1>&2
	@touch $@

test: .venv/stamp
	@$(VENV)/python -m pytest

lint: .venv/stamp
	@$(VENV)/ruff check
	@$(VENV)/ruff format --check
	@$(VENV)/pyright
