# Two commands do all the set-up: `make run` and `make test`. Everything else is for those who work on it.
PYTHON ?= python3
BIN := .venv/bin
# Three at once on two processors: tests wait for browsers, servers and disks. A file's tests share what they set up, so
# they stay together; files go in the order of tests/conftest.py, longest first, so that all end together.
TESTERS ?= 3
SPREAD := -n $(TESTERS) --dist loadfile --no-loadscope-reorder

.PHONY: run test test-long check audit pins bench load soak hostile screenshots sample clean

run: .venv/ready
	$(BIN)/python -m kpi serve

test: .venv/ready-dev check
	$(BIN)/python -m pytest $(SPREAD) -m "not long"

test-long: .venv/ready-dev
	$(BIN)/python -m pytest $(SPREAD) -m long

check: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

audit: .venv/ready-dev
	$(BIN)/python deploy/audit.py

pins: .venv/ready-dev
	$(BIN)/python deploy/pin.py

bench: .venv/ready-dev
	$(BIN)/python -m bench

load: .venv/ready-dev
	$(BIN)/python -m bench.load $(LOAD)

soak: .venv/ready-dev
	$(BIN)/python -m bench.load --minutes 60 --upload-every 300 $(LOAD)

hostile: .venv/ready-dev
	$(BIN)/python -m tests.hostile.table

screenshots: .venv/ready-dev
	$(BIN)/python docs/take_screenshots.py

sample: .venv/ready-dev
	$(BIN)/python data/make_sample.py
	$(BIN)/python data/make_templates.py

.venv/ready: requirements.txt constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/ready-dev: requirements.txt requirements-dev.txt constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@ .venv/ready

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
