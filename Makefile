# The two commands of the README: `make compare` and `make test`. Each sets up what it needs.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STUDY ?=
OUT ?= out
N ?= 40
SEED ?= 1
PYTHONS ?= 3.11 3.12 3.13

.PHONY: compare test test-all lint types docs wheel release licences lowest locked changelog hooks calibrate benchmark mutants app clean

compare: $(VENV)/.installed
	$(BIN)/speciosa compare $(STUDY) --out $(OUT)

test: $(VENV)/.installed-test lint types
	$(BIN)/python -m pytest -n auto --dist loadfile

test-all: $(VENV)/.installed-test lint types
	$(BIN)/python -m pytest -n auto --dist loadfile -m ''

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/deptry src

types: $(VENV)/.installed-test
	$(BIN)/mypy

docs: $(VENV)/.installed-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

wheel: $(VENV)/.installed-test
	tools/check-wheel $(BIN)/python $(PYTHONS)

release: wheel
	$(BIN)/python tools/supply.py sbom dist/speciosa.cdx.json

licences: $(VENV)/.installed-test
	$(BIN)/python tools/supply.py licences

lowest:
	$(PYTHON) -m venv .venv-lowest
	$(PYTHON) tools/supply.py lowest > .venv-lowest/constraints.txt
	.venv-lowest/bin/python -m pip install --quiet --constraint .venv-lowest/constraints.txt --editable '.[test,app]'
	.venv-lowest/bin/python -m pytest -n auto --dist loadfile

locked:
	$(PYTHON) -m venv .venv-locked
	.venv-locked/bin/python -m pip install --quiet --no-deps --require-hashes --requirement requirements.lock
	.venv-locked/bin/python -m pip install --quiet --no-deps --no-build-isolation .
	.venv-locked/bin/speciosa facts check

changelog:
	$(PYTHON) tools/changelog.py

hooks: $(VENV)/.installed-test
	$(BIN)/pre-commit install

calibrate: $(VENV)/.installed
	$(BIN)/python -m speciosa.calibration

benchmark: $(VENV)/.installed-bench
	$(BIN)/python benchmarks/engine.py

mutants: $(VENV)/.installed-test
	$(BIN)/python benchmarks/mutants.py --count $(N) --seed $(SEED)

app: $(VENV)/.installed-test
	$(BIN)/speciosa app

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test,bayes,app,cluster,exchange,browser]'
	touch $(VENV)/.installed $@

$(VENV)/.installed-docs: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[docs]'
	touch $(VENV)/.installed $@

$(VENV)/.installed-bench: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[bench]'
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench-fortran]'
	touch $(VENV)/.installed $@

clean:
	rm -rf $(VENV) out build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
