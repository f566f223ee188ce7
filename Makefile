# Orthanc on AWS on this machine: `make up` deploys it to an embedded AWS, `make test` proves it.

PYTHON ?= python3
VENV := .venv/bin
LOCAL := $(VENV)/python -m local

# This checkout's place, whatever place the shell was in.
export ORTHANC_LOCAL_ROOT := $(CURDIR)

.PHONY: help up down status env shell setup architecture exposure orphans cost stand-in docs conformance policy test lint bench
.DEFAULT_GOAL := help

help:
	@echo "make up      deploy it to an AWS emulated on this machine, and run it"
	@echo "make status  what runs, as JSON"
	@echo "make env     what a shell needs to work on it: eval \"\$$(make -s env)\""
	@echo "make shell   a shell in the running Orthanc; also: echo id | make -s shell"
	@echo "make down    remove all of it"
	@echo "make cost STACK=…  what that stack costs a month, resource by resource: dev, prod …"
	@echo "make exposure STACK=…  what that stack of this shell's Pulumi opens to whom, as tables"
	@echo "make orphans STACK=…  after an update that was killed: what AWS has and the stack does not know"
	@echo "make architecture  draws docs/architecture.md anew, from the preview of the stack prod"
	@echo "make stand-in  what the base image has here of upstream's, as a table"
	@echo "make docs      writes Pulumi.yaml and docs/settings.md from the fields of components/config"
	@echo "make conformance  writes docs/conformance.md from what the tests state"
	@echo "make policy  what pulumi preview --policy-pack policy needs"
	@echo "make test    every test; make lint: the linters; make bench: figures"

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

up down status env shell setup: .venv/stamp
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
