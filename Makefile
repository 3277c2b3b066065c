# What one can do here. `make` alone lists it.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# What the Lambdas run on and carry: made here, so that later runs need no network.
PACKAGES := from infra import packaging; from infra.local import lambda_runtime; \
  packaging.layer_package(); lambda_runtime.runtime_directory()

.DEFAULT_GOAL := help
.PHONY: help setup demo up down test test-long faults gameday mutants mutants-lines bench images test-images snapshot lint lock clean

help: ## List what one can do
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(BIN)/.ready ## Make the virtual environment from the lock (other targets do it by themselves)

$(BIN)/.ready: locks/dev.txt locks/layer.txt locks/runtime.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Steelyard needs Python 3.11 or newer; name one with: make PYTHON=python3.12")'
	@echo 'Setting up .venv from the lock; this takes a minute or two.'
	@$(PYTHON) -m venv .venv
	@$(PIP) --require-hashes -r locks/dev.txt
	@$(PIP) --no-build-isolation --no-deps -e .
	@$(BIN)/python -c '$(PACKAGES)'
	@touch $@

demo: setup ## Watch a bad update being rolled back and a good one promoted (about 4 minutes)
	$(BIN)/steelyard demo

up: setup ## Leave the local cloud running with the completion model in service
	$(BIN)/steelyard local up

down: ## Stop the local cloud
	@if [ -x $(BIN)/steelyard ]; then $(BIN)/steelyard local down; fi

test: setup ## Run the tests
	$(BIN)/python -m pytest

test-long: setup ## Run the simulations that take minutes
	$(BIN)/python -m pytest -m long

gameday: setup ## Roll back and promote while processes die and calls are lost, and count what came of it
	$(BIN)/python -m tests.local.gameday $(if $(CALM),--calm) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SEED),--seed $(SEED))

mutants: setup ## Take each guard away: some test must notice (ONLY=latch: such guards alone; JOBS=2)
	$(BIN)/python -m tests.mutants $(if $(ONLY),--only $(ONLY)) $(if $(JOBS),--jobs $(JOBS))

mutants-lines: setup ## Change any line of what decides and acts, with mutmut (an hour or more; JOBS=2)
	@$(PIP) --require-hashes -r locks/mutants.txt
	$(BIN)/python -m tests.mutants.tool $(if $(JOBS),--jobs $(JOBS))

faults: setup ## Simulate rollouts while everything goes wrong (SEEDS=100000; FROM=, JOBS= if you like)
	$(BIN)/python -m tests.faults --seeds $(or $(SEEDS),5000) --from $(or $(FROM),0) --jobs $(or $(JOBS),0)

bench: setup ## Try all rules side by side and keep the figures (about half an hour; QUICK=1: two minutes)
	$(BIN)/python -m bench $(if $(QUICK),--quick --out out/bench)

images: setup ## Add the sagemaker SDK, for models that run in an image of AWS's (about 180 MB)
	@$(PIP) --require-hashes -r locks/images.txt

test-images: images ## Run the tests that need it
	$(BIN)/python -m pytest -m images

snapshot: setup ## Write down again what differs between the environments
	$(BIN)/python -m pytest -q tests/infra/test_differences.py --renew-snapshot

lint: setup ## Check style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

lock: ## Resolve the dependency groups again (needs uv)
	@for group in dev layer runtime images mutants; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-annotate --no-header --upgrade --group $$group -o locks/$$group.txt \
	    $$(case $$group in (images|mutants) echo -c locks/dev.txt;; esac); done

clean: ## Remove everything that was built here
	rm -rf .venv build out cdk.out
