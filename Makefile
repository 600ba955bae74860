# Two commands do all the set-up: `make run` and `make test`. Everything else is for those who work on it.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test test-long check bench screenshots sample clean

run: .venv/ready
	$(BIN)/python -m kpi serve

test: .venv/ready-dev check
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not long"

test-long: .venv/ready-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile -m long

check: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/ready-dev
	$(BIN)/python -m bench

screenshots: .venv/ready-dev
	$(BIN)/python docs/take_screenshots.py

sample: .venv/ready-dev
	$(BIN)/python data/make_sample.py
	$(BIN)/python data/make_templates.py

.venv/ready: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/ready-dev: requirements.txt requirements-dev.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@ .venv/ready

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
