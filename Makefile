# `make up` deploys Orthanc to an AWS emulated on this machine, `make test` runs all tests.

PYTHON ?= python3
VENV := .venv/bin
LOCAL := $(VENV)/python -m local

# This checkout's workspace, whatever workspace the shell was in.
export ORTHANC_LOCAL_ROOT := $(CURDIR)

.PHONY: help up down status env shell setup architecture exposure orphans cost stand-in docs conformance policy test lint bench
.DEFAULT_GOAL := help

help:
	@echo "make up                   deploy to an AWS emulated on this machine, and run Orthanc"
	@echo "make status               what is running, as JSON"
	@echo "make env                  the environment for a shell: eval \"\$$(make -s env)\""
	@echo "make shell                open a shell in the running Orthanc; also: echo id | make -s shell"
	@echo "make down                 destroy the stack and stop everything"
	@echo "make cost STACK=…         monthly costs of a stack (dev, prod, …), by resource"
	@echo "make exposure STACK=…     what a deployed stack opens to whom, as tables"
	@echo "make orphans STACK=…      after a killed update: resources that AWS has and the stack does not know"
	@echo "make policy               install what pulumi preview --policy-pack policy needs"
	@echo "make docs                 write Pulumi.yaml and docs/reference/settings.md from components/config"
	@echo "make architecture         write docs/reference/architecture.md from the preview of the stack prod"
	@echo "make conformance          write docs/reference/conformance.md from the tests"
	@echo "make stand-in             what the base image here has instead of upstream's, as a table"
	@echo "make test                 run all tests; make lint: the linters; make bench: measure performance"

.venv/stamp: requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")' 1>&2
	@echo "==> installing the Python packages into .venv (about a minute)" 1>&2
	@$(PYTHON) -m venv .venv
	@$(VENV)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt 1>&2
	@touch $@

# The rules' own packages: pulumi-policy wants an older protobuf than the providers.
policy/.venv/stamp: policy/requirements.txt
	@echo "==> installing the policy pack's packages into policy/.venv (about half a minute)" 1>&2
	@$(PYTHON) -m venv policy/.venv
	@policy/.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r policy/requirements.txt 1>&2
	@touch $@

policy: policy/.venv/stamp

up: .venv/stamp
	@$(LOCAL) up $(if $(PLUGINS),--plugins $(PLUGINS))

down status env shell setup: .venv/stamp
	@$(LOCAL) $@

cost: .venv/stamp
	@$(LOCAL) preview --stack $(or $(STACK),dev) | $(VENV)/python -m tools.cost

architecture: .venv/stamp
	@$(LOCAL) preview --stack prod | $(VENV)/python -m tools.architecture --write

stand-in: .venv/stamp
	@$(VENV)/python -m tools.stand_in

docs: .venv/stamp
	@$(VENV)/python -m tools.settings_reference

conformance: .venv/stamp
	@$(VENV)/python -m tests.data.conformance

exposure: .venv/stamp
	@pulumi stack export $(if $(STACK),--stack $(STACK)) | $(VENV)/python -m tools.exposure

orphans: .venv/stamp
	@pulumi stack export $(if $(STACK),--stack $(STACK)) | $(VENV)/python -m tools.orphans

test: setup policy
	@$(VENV)/python -m pytest -n 3 --no-loadscope-reorder

lint: .venv/stamp
	@$(VENV)/ruff check
	@$(VENV)/ruff format --check
	@$(VENV)/pyright
	@$(VENV)/hadolint docker/Dockerfile examples/*/Dockerfile local/base/*/Dockerfile
	@$(VENV)/zizmor --offline --quiet .github

bench: setup
	@$(VENV)/python -m tests.bench
