# `make` sets up .venv from nothing but python3 and builds the book; `make help` lists the rest.
# More words for the command behind a target go in ARGS: make book ARGS="--config fetch=mirror mirror=/media/stick"

SHELL := /bin/sh
.DEFAULT_GOAL := book
.DELETE_ON_ERROR:

PY := .venv/bin/python
PYTHON = $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
LOCK_WITH := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate

PEERS_WITH := $(LOCK_WITH) -c requirements.lock

.PHONY: book test check bench peers refresh refresh-accept schema recompute refit-check recover lock gpu clean help

book: .venv/.installed  ## build results/book/index.html (the default)
	@$(PY) -m jouletrace.progress book $(ARGS)

test: .venv/.installed  ## run the tests
	@$(PY) -m pytest -n auto $(ARGS)

check: .venv/.installed  ## run the linters, the type checker and the layer contracts
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m snakefmt --check Snakefile workflow/rules
	$(PY) -m snakemake --lint
	.venv/bin/lint-imports
	$(PY) -m mypy

bench: .venv/.installed  ## time what the project promises to be fast
	@$(PY) benchmarks/bench.py $(ARGS)

peers: .venv/.installed  ## add EcoLogits, for `make bench` and the tests of peers; stays until a lock changes
	@.venv/bin/uv pip install -q --python $(PY) --require-hashes -r requirements-peers.lock

refresh: .venv/.installed  ## compare the snapshots with what the publishers offer now; writes nothing
	@$(PY) -m jouletrace refresh $(ARGS)

refresh-accept: .venv/.installed  ## the same, and take the differences into data/snapshot
	@$(PY) -m jouletrace refresh --accept $(ARGS)

schema: .venv/.installed  ## write data/registry/schema from the pydantic models
	@$(PY) -m jouletrace schema $(ARGS)

recompute: .venv/.installed  ## redo every computed dataset; ARGS=name redoes one
	@$(PY) -m jouletrace recompute $(ARGS)

refit-check: .venv/.installed  ## refit what a mirror has the tables of, and compare; ARGS="--mirror=/media/stick"
	@$(PY) -m jouletrace recompute --check $(ARGS)

recover: .venv/.installed  ## after a killed build: check that nothing of it runs, unlock, build on
	@$(PY) -m jouletrace.progress recover $(ARGS)

lock: .venv/.installed  ## pin requirements.in anew in requirements.lock, and the extras in theirs
	@.venv/bin/uv pip compile requirements.in $(LOCK_WITH) $(ARGS) -q -o requirements.lock
	@.venv/bin/uv pip compile requirements-gpu.in -c requirements.lock $(LOCK_WITH) $(ARGS) -q \
		-o requirements-gpu.lock
	@.venv/bin/uv pip compile requirements-peers.in $(PEERS_WITH) $(ARGS) -q -o requirements-peers.lock

gpu: .venv/.installed  ## add to .venv what `jouletrace measure-gpu` needs: NVML and CUDA wheels, large
	@.venv/bin/uv pip install --require-hashes --python $(PY) -r requirements-gpu.lock

clean:  ## delete what rules made; keeps .venv
	rm -rf results data/raw data/tidy .snakemake .cache

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*##/\1/p' Makefile | awk '{name = $$1; $$1 = ""; printf "%-16s%s\n", name, $$0}'

.venv/.installed: requirements.lock requirements-boot.lock
	@test -n "$(PYTHON)" || { \
		echo "jouletrace needs Python 3.11 or newer; here is $$(python3 --version 2>&1)"; \
		echo "next: install it (Debian, Ubuntu: apt install python3.11), then type: make"; exit 1; }
	@"$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "this $(PYTHON) has no venv module"; \
		echo "next: apt install python3-venv on Debian or Ubuntu, then type: make"; exit 1; }
	@"$(PYTHON)" workflow/scripts/install.py
