# Two commands: `make run` and `make test`. Each sets up what it needs, on a fresh clone too.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run demo test lint types audit pytest torture fire bench screenshots clean

PYTHON ?= python3
BIN := .venv/bin
TESTS ?= tests
PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal
SESSIONS ?= 1000000
SOAK ?= 100000
FIRE_REQUESTS ?= 100000
# What some tests need beside Python's packages; without, they are skipped, and say so.
TOOLS := .venv/browser .venv/newman/package.json .venv/axe/package.json .venv/preview/ready
export PYTHONUNBUFFERED := 1

# A shop's settings, to see that they would be accepted.
SHOP := SANDBOX=off SECRET_KEY=only-to-see-that-these-settings-would-be-accepted-0123 MERCHANT_IDS=merchant_1 \
	ANONYMOUS_AGENT= PUBLIC_URL=https://shop.example PAYMENT_PROCESSOR=payments.processors.stripe.StripeProcessor \
	STRIPE_SECRET_KEY=sk_live_only_to_see STRIPE_WEBHOOK_SECRET=whsec_only_to_see STRIPE_PUBLISHABLE_KEY=pk_live_only_to_see

INSTALL_CHROMIUM := { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "Installing chromium" && \
	timeout 300 sh -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-liberation' \
	</dev/null >/dev/null 2>&1; }

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# Bytecode is written even where the environment would not have it: a second start need not compile Till again.
run: export PYTHONDONTWRITEBYTECODE :=
run: .venv/runs ## set up, then serve on http://127.0.0.1:8000 (HOST, PORT and DATABASE_URL are honoured)
	@exec $(BIN)/python manage.py serve --demo --with-worker

demo: .venv/runs ## buy something as an agent would, step by step, on the terminal
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py seed_demo
	@$(BIN)/python manage.py demo

test: lint types audit pytest ## set up, then lint, types, settings, audit, and every test on SQLite and on PostgreSQL

lint: .venv/tests ## style, format, forgotten migrations, a shop's settings
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	DATABASE_URL=sqlite://:memory: $(BIN)/python manage.py makemigrations --check --dry-run
	DATABASE_URL=sqlite://:memory: $(SHOP) $(BIN)/python manage.py check --deploy --fail-level WARNING

types: .venv/tests ## mypy
	$(BIN)/mypy

audit: .venv/tests ## whether a package that we install is known to be vulnerable
	$(BIN)/python -m tests.audit

pytest: .venv/tests $(TOOLS) ## the tests only; TESTS=tests/vault for some of them
	DATABASE_URL=sqlite://:memory: $(PYTEST) $(TESTS)
	$(BIN)/python -m tests.postgres -- $(PYTEST) $(TESTS)

torture: .venv/tests ## only what is slow: money under faults, crashes and any order of things; TORTURE_RUNS=1000 for more
	DATABASE_URL=sqlite://:memory: $(PYTEST) -m slow tests/torture
	$(BIN)/python -m tests.postgres -- $(PYTEST) -m slow tests/torture

fire: .venv/tests ## what strangers send: FIRE_REQUESTS=100000 requests to every address, on SQLite and PostgreSQL
	FIRE_REQUESTS=$(FIRE_REQUESTS) DATABASE_URL=sqlite://:memory: $(PYTEST) tests/fire
	FIRE_REQUESTS=$(FIRE_REQUESTS) $(BIN)/python -m tests.postgres -- $(PYTEST) tests/fire

bench: .venv/tests ## how fast Till is and stays, as ratios, into docs/figures.md; SESSIONS=20000 for less of a past
	DURABLE_PG=1 $(BIN)/python -m tests.postgres -- $(BIN)/python -m tests.bench.speed --sessions $(SESSIONS) \
		--soak $(SOAK) --write docs/figures.md
	rm -f .venv/bench.sqlite3*
	DATABASE_URL=sqlite:///$(CURDIR)/.venv/bench.sqlite3 $(BIN)/python -m tests.bench.speed --write docs/figures.md
	$(BIN)/python -m tests.postgres -- $(BIN)/python -m tests.bench.admin --sessions $(SESSIONS)

screenshots: .venv/tests .venv/browser ## make the README's pictures again, in docs/pictures
	$(BIN)/python -m tests.screenshots

clean: ## forget the virtual environment and the demo database
	rm -rf .venv till.sqlite3*

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Till needs Python 3.11 or newer: make PYTHON=…")'
	@$(PYTHON) -m venv .venv || { echo "No venv module: install python3-venv (Debian, Ubuntu)"; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check uv || echo "No uv: pip will do, slower"
	@touch $@

# uv is quick but ignores pip's own settings (a mirror, say), so pip has the last word.
.venv/runs: requirements.txt .venv/python
	@echo "Installing $<"
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -r $< || $(BIN)/pip install --quiet -r $<
	@touch $@

.venv/tests: requirements-dev.txt requirements.txt .venv/python
	@echo "Installing $<"
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -r $< || $(BIN)/pip install --quiet -r $<
	@touch $@

.venv/browser: .venv/python
	@command -v chromium chromium-browser google-chrome >/dev/null || $(INSTALL_CHROMIUM) || \
		echo "No chromium, and no way to install it: the tests that look at pages will be skipped"
	@touch $@

# Stripe's preview SDK, which the tests of shared payment tokens drive. It cannot be installed beside the other one.
.venv/preview/ready: tests/spt/preview/requirements.txt .venv/python
	@echo "Installing $<"
	@$(PYTHON) -m venv .venv/preview && .venv/preview/bin/pip install --quiet --disable-pip-version-check -r $< && \
		touch $@ || echo "No preview SDK: the tests that drive it will be skipped"

# The reference client of the Open Context Protocol is in no package index: OCP_CLIENT names a checkout of its source.
.venv/ocp-client: .venv/python
	@$(PYTHON) -m venv $@ && $@/bin/pip install --quiet --disable-pip-version-check $(OCP_CLIENT) || { rm -rf $@; exit 1; }

# Postman's own runner, for the collection in tests/postman.
.venv/newman/package.json: tests/postman/package.json .venv/python
	@mkdir -p $(@D)
	@command -v npm >/dev/null && cp $< $@ && echo "Installing $<" && \
		npm install --prefix $(@D) --no-package-lock --no-audit --no-fund --silent || \
		echo "No newman: the tests that run Postman's collection will be skipped"
	@touch $@

# The accessibility checker of tests/pages.
.venv/axe/package.json: tests/pages/axe/package.json .venv/python
	@mkdir -p $(@D)
	@command -v npm >/dev/null && cp $< $@ && echo "Installing $<" && \
		npm install --prefix $(@D) --no-package-lock --no-audit --no-fund --silent || \
		echo "No axe-core: the tests that check whether pages are accessible will be skipped"
	@touch $@
