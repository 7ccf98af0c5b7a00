# Everything starts here, and needs only make and a python3: `make run`, `make test`, `make check`.

# A version manager's python3 may refuse to work in this folder, which asks for a version of its own.
PYTHON := $(shell for python in python3 /usr/bin/python3 python3.13 python3.12; do \
	if "$$python" -c "import sys; sys.exit(sys.version_info < (3, 8))" 2>/dev/null; then echo "$$python"; break; fi; done)
ifeq ($(PYTHON),)
$(error Parley needs a python3, from 3.8 on, to begin with)
endif
VENV := .venv/bin
ARGS :=

.PHONY: help run test check lint types migrations deploy contracts templates messages format locks screenshots bench bench-posting mutations soak bench-data seed

help:
	@echo "make run     start Parley with its database, sandbox and worker (PORT=8000)"
	@echo "make test    every test, browsers too (ARGS=\"-k word\" chooses)"
	@echo "make check   lint, types, migrations, deployment, import contracts, templates"
	@echo "make mutations  plant known bugs, and see that the tests notice each (ARGS=\"retry\" chooses)"
	@echo "make bench   what Parley adds to the upstream's own time (ARGS=\"--users 1 10 --json file\")"
	@echo "make bench-posting  statements, calls and CPU time of one POST of a message (ARGS=\"--profile file\")"
	@echo "make bench-data  search a million messages in a database of their own (ARGS=\"--messages 100000 --plans\")"
	@echo "make soak    people and random kills, then the invariants and the ledger (ARGS=\"--seconds 3600 --seed 1\")"
	@echo "make seed    a year of a team's work, in the development database while it is empty (SIZE=large)"
	@echo "make messages  bring the German catalogue up to date with the sources, and compile it"
	@echo "make format  let ruff and djlint put the code in order"
	@echo "make locks   resolve requirements/ anew from pyproject.toml"
	@echo "make screenshots  take the pictures of docs/screenshots/ anew"

run:
	@$(PYTHON) config/install.py base
	@exec $(VENV)/python -m config.run

test:
	@$(PYTHON) config/install.py dev
	@$(VENV)/python -m tests.chromium
	@exec $(VENV)/pytest --numprocesses 2 $(ARGS)

check: lint types migrations deploy contracts templates
	@echo "All is well."

.installed-dev:
	@$(PYTHON) config/install.py dev
.PHONY: .installed-dev

lint: .installed-dev
	$(VENV)/ruff check
	$(VENV)/ruff format --check

types: .installed-dev
	$(VENV)/mypy

migrations: .installed-dev
	$(VENV)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run --skip-checks --settings config.settings_test

# The settings as in production, with secrets that live as long as this check.
deploy: .installed-dev
	$(VENV)/python -m tests.deployment

contracts: .installed-dev
	$(VENV)/lint-imports

templates: .installed-dev
	$(VENV)/djlint templates --lint --quiet

messages: .installed-dev
	@$(VENV)/python -m tests.translation

format: .installed-dev
	$(VENV)/ruff check --fix
	$(VENV)/ruff format

locks:
	$(PYTHON) config/install.py locks

bench-data: .installed-dev
	@$(VENV)/python -m tests.bench.search $(ARGS)

bench-posting: .installed-dev
	@$(VENV)/python -m tests.bench.posting $(ARGS)

bench: .installed-dev
	@$(VENV)/python -m tests.bench $(ARGS)

seed: .installed-dev
	@$(VENV)/python -m tests.seed $(or $(SIZE),small)

mutations: .installed-dev
	@$(VENV)/python -m tests.mutations $(ARGS)

soak: .installed-dev
	@$(VENV)/python -m tests.soak $(ARGS)

screenshots: .installed-dev
	@$(VENV)/python -m tests.chromium
	$(VENV)/python -m tests.browser.screenshots
