# What can be done here. `make demo` and `make test` need Python 3.11 or newer and nothing else.

PYTHON ?= python3
VENV ?= .venv
PY := $(VENV)/bin/python

.PHONY: help demo test lint types check bench lock wheel clean

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

demo: $(VENV)/run.done  ## the sample town's wrap, delivered to 23 readers by SMTP, in one minute
	@$(PY) -m digest demo

test: $(VENV)/test.done  ## every test; those that need a server are skipped where it is missing
	$(PY) -m pytest

check: lint types test  ## what CI runs

lint: $(VENV)/test.done  ## ruff: rules and format
	$(PY) -m ruff check
	$(PY) -m ruff format --check

types: $(VENV)/test.done  ## mypy, strict
	$(PY) -m mypy

bench: $(VENV)/test.done  ## the figures of docs/bench.md, measured here and now
	$(PY) -m bench

wheel: $(VENV)/test.done  ## dist/*.whl
	$(PY) -m build --no-isolation --wheel

lock: $(VENV)/test.done  ## renew the lock files from pyproject.toml
	$(VENV)/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header --upgrade \
		pyproject.toml --extra postgres -o requirements.lock
	$(VENV)/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header -c requirements.lock \
		pyproject.toml --extra postgres --extra test -o tests/requirements.lock

clean:  ## away with what was built (not with var/)
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "digest needs Python 3.11 or newer; name it: make PYTHON=python3.12 demo"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
		|| { echo "no venv module: apt-get install python3-venv"; exit 1; }

$(VENV)/run.done: requirements.lock | $(VENV)/bin/python
	@echo "installing what digest needs ..."
	@$(VENV)/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/test.done: tests/requirements.lock | $(VENV)/bin/python
	$(VENV)/bin/pip install -q --disable-pip-version-check --require-hashes -r tests/requirements.lock
	@touch $@ $(VENV)/run.done
