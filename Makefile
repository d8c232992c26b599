# Every goal sets up what it needs by itself: one virtual environment, .venv, made when it is missing and brought
# up to date when pyproject.toml or constraints.txt has changed. `make` alone lists the goals.

export PATH := $(CURDIR)/.venv/bin:$(PATH)

TO_RUN := .venv/.ready-to-run
TO_TEST := .venv/.ready-to-test
PINNED := pyproject.toml constraints.txt scripts/install scripts/find-python
PROCESSES ?= 2

.PHONY: help setup demo demo-postgres test lint bench picture packages pin clean

help: ## list the goals
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(TO_TEST) ## make .venv with everything for work on the project

demo: $(TO_RUN) ## release a healthy version of the example shop, then a bad one that is called back
	@flight demo

demo-postgres: $(TO_RUN) ## the same, with the orders in PostgreSQL: needs the server of this machine
	@flight demo --postgres

test: packages $(TO_TEST) lint ## check the code, run all tests
	pytest -n $(PROCESSES) --dist loadgroup

lint: $(TO_TEST) ## check the code alone
	ruff check .
	ruff format --check .
	mypy
	lint-imports

bench: packages $(TO_TEST) ## measure, beside peers; results in bench/results/
	python -m bench

picture: $(TO_TEST) ## record the picture of the README anew
	scripts/picture

packages: ## install the Debian packages that tests and measurements need
	@scripts/debian-packages

pin: $(TO_TEST) ## write the installed versions into constraints.txt
	scripts/pin

clean: ## remove .venv and every cache
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

$(TO_RUN): $(PINNED)
	@scripts/install .
	@touch $@

$(TO_TEST): $(PINNED)
	@scripts/install '.[dev]'
	@touch $@ $(TO_RUN)
