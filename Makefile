# `make` shows the targets. Each makes what it needs first; nothing is downloaded twice.
PYTHON ?= python3
WORKSPACE ?= demo
ARGS ?=

bin := .venv/bin
export PATH := $(CURDIR)/$(bin):$(PATH)
stamps := .venv/.made
lock := uv.lock pyproject.toml scripts/environment

.DEFAULT_GOAL := help
.PHONY: help up console test test-all bench lint format docs screenshots clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(stamps)/run ## Run a living company to look at (WORKSPACE=demo; ARGS="--people 20000 --port 0")
	@scripts/console
	@exec $(bin)/weft demo "$(WORKSPACE)" $(if $(findstring --speed,$(ARGS)),,--speed 600) $(ARGS)

console: ## Build the console when its sources changed (ARGS=--force: anyway)
	@scripts/console $(ARGS)

test: $(stamps)/test ## Run the tests (ARGS="tests/unit -k gate")
	@scripts/console
	@$(bin)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile $(ARGS)

test-all: $(stamps)/test ## Run the unit tests on every supported Python of this machine
	@scripts/test-all $(ARGS)

bench: $(stamps)/test ## Run every benchmark and write docs/reference/figures.md
	@$(bin)/python -m bench all --write docs/reference/figures.md $(ARGS)

lint: $(stamps)/lint ## Check style, types and floors
	@$(bin)/ruff check
	@$(bin)/ruff format --check --quiet || { $(bin)/ruff format --check; exit 1; }
	@$(bin)/pyright
	@$(bin)/lint-imports

format: $(stamps)/lint ## Rewrite the code in the house style
	@$(bin)/ruff check --fix-only --quiet
	@$(bin)/ruff format

docs: $(stamps)/docs ## Build the documentation into site/ (warnings are errors)
	@NO_MKDOCS_2_WARNING=1 $(bin)/mkdocs build --strict
	@echo "site/index.html"

screenshots: $(stamps)/test ## Take the pictures of the documentation from the demo world
	@scripts/console
	@$(bin)/python scripts/screenshots.py $(ARGS)

clean: ## Remove what the other targets made (not the workspace)
	rm -rf .venv .tools build site console/node_modules src/weft/web/console .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# One stamp per set of packages, newer than the lock: an unchanged environment costs nothing.
# What builds the console comes along where the machine has no Node.
$(stamps)/run: groups := $(if $(shell command -v npm),,console)
$(stamps)/test: groups := test docs
$(stamps)/lint: groups := lint test
$(stamps)/docs: groups := docs

$(stamps)/%: $(lock)
	@PYTHON="$(PYTHON)" scripts/environment $(groups)
	@mkdir -p $(stamps) && touch $@
