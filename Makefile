# The developer interface. Everything is installed into this folder (.tools, .venv); nothing needs root.
# A fresh machine needs python3 (3.10 or newer), pip and make.

UV_VERSION := 0.13.8
UV := .tools/uv/bin/uv
RUN := $(UV) run --no-sync

.DEFAULT_GOAL := help
.PHONY: help setup demo flows test lint mappings format bench chaos sandbox docs clean

help:  ## list the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(UV):
	python3 -m pip install --quiet --disable-pip-version-check --target .tools/uv uv==$(UV_VERSION)

.venv/.synced: $(UV) uv.lock pyproject.toml $(wildcard */pyproject.toml)
	$(UV) sync --quiet --locked --all-packages
	@touch $@

setup: .venv/.synced  ## install uv and the locked environment into this folder

demo: setup  ## one retailer's trading week from 旺店通 into 金蝶, reconciled
	$(RUN) python -m demo

flows: setup  ## the jobs of meltano.yml from a clean state, reconciled; JOBS="name name" for some of them
	$(RUN) python -m flows $(JOBS)

test: lint  ## lint, types and all tests
	$(RUN) pytest

lint: setup  ## ruff and mypy --strict
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy

mappings: setup  ## hold every mapping and scheme against its tap, its form and its cases
	$(RUN) python -m pytest -q -n 0 tests/test_shipped_mappings.py

format: setup  ## let ruff format and fix what it can
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

bench: setup  ## our pipe against the stock one; mapper and taps alone; taps at their vendors' limits (YEAR=1: a year)
	$(RUN) python -m benchmarks
	$(RUN) python -m benchmarks mapping
	$(RUN) python -m benchmarks taps
	$(RUN) python -m benchmarks limits $(if $(YEAR),--year)

chaos: setup  ## the main job under seeded faults and kills: SEEDS=17, SEEDS=1-300; JOBS=2, REPORT=FILE
	$(RUN) python -m chaos $(if $(SEEDS),--seeds $(SEEDS)) $(if $(JOBS),--jobs $(JOBS)) $(if $(REPORT),--report $(REPORT))

sandbox: setup  ## the vendors' protocols on loopback, seeded with a week of data
	$(RUN) erp-sandbox seed --days 7
	$(RUN) erp-sandbox serve

docs: setup  ## write the tables of settings and functions from the code
	$(RUN) python -m docs

clean:  ## remove everything that make installed or wrote
	rm -rf .tools .venv .chaos .demo .flows .meltano .sandbox .mypy_cache .ruff_cache .pytest_cache
