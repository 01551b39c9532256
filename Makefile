# Everything a person types. Paths are relative, so a checkout in a folder with spaces works.
PY := .venv/bin/python
PYTEST := $(PY) -m pytest

.PHONY: help setup run test test-long check lint bench clean

help:
	@echo "make run      set up and serve the demo on http://localhost:3000"
	@echo "make setup    prepare .venv, the pinned packages and the front end; start nothing"
	@echo "make test     every test, browser tests included"
	@echo "make check    ruff, mypy, lint-imports, then every test"
	@echo "make bench    print the figures"
	@echo "make test-long   the tests that take minutes"

setup:
	@sh tools/setup.sh

run: setup
	@exec .venv/bin/ehr serve --demo

test: setup
	@sh tools/chromium.sh
	$(PYTEST) -q
	$(PYTEST) -q -m browser

test-long: setup
	$(PYTEST) -q -m long

lint: setup
	$(PY) -m ruff check .
	$(PY) -m mypy
	.venv/bin/lint-imports --no-cache

check: lint test

bench: setup
	$(PY) -m bench

clean:
	rm -rf .venv .web build ehr_app.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
