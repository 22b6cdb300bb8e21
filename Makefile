# For people who work on the code; `python3 manage.py demo` and `python3 manage.py test` need nothing of this.

PYTHON ?= python3
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py

# What a careful operator would set; nothing connects there.
PRODUCTION := DATABASE_URL=postgres:///production REDIS_URL=redis://127.0.0.1 \
	SECRET_KEY=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(48))') \
	PUBLIC_BASE_URL=https://voice.example.com

.PHONY: help tools check format lint types architecture templates migrations deploy openapi fmt bench

help:  ## Show what there is.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 15

tools:  ## Install what the others need into .venv.
	@$(PYTHON) -m config.installer dev test insights parquet reports

check: format lint types architecture templates migrations deploy openapi  ## Everything but the tests.

format: tools
	$(BIN)/ruff format --check

lint: tools
	$(BIN)/ruff check

types: tools
	$(PRODUCTION) $(BIN)/mypy .

architecture: tools
	$(BIN)/lint-imports

templates: tools
	$(BIN)/djlint --check --quiet templates
	$(BIN)/djlint --lint --quiet templates

# The last release must run beside the new migrations (an update is rolled out host by host); before the first
# release there is nothing to run beside. The linter is a tool of ours and not an application of the product, so
# it is called without being installed as one.
RELEASE := $(shell git describe --tags --abbrev=0 2>/dev/null)
define LINT_MIGRATIONS
from django.core.management import call_command
from django_migration_linter.management.commands.lintmigrations import Command
call_command(Command(), git_commit_id="$(RELEASE)", project_root_path="$(CURDIR)", no_cache=True)
endef
export LINT_MIGRATIONS

migrations: tools
	$(MANAGE) makemigrations --check --dry-run
	$(if $(RELEASE),LOG_LEVEL=WARNING $(MANAGE) shell --verbosity 0 --command "$$LINT_MIGRATIONS")

deploy: tools
	$(PRODUCTION) $(MANAGE) check --deploy --fail-level WARNING

openapi: tools
	$(PRODUCTION) $(MANAGE) spectacular --fail-on-warn | diff docs/openapi.yaml -

fmt: tools  ## Format the code and put right what can be.
	$(BIN)/ruff format
	$(BIN)/ruff check --fix
	$(BIN)/djlint --reformat --quiet templates
	$(PRODUCTION) $(MANAGE) spectacular --file docs/openapi.yaml

bench: tools  ## Measure speed, as ratios; ONLY="weight submit" picks.
	$(BIN)/python -m bench $(ONLY)
