# What a newcomer needs: `make run` and `make test`. Everything else is listed by `make help`.
.DEFAULT_GOAL := help
HOST ?= 127.0.0.1
PORT ?= 8000
WORKERS ?= 2
ARGS ?=
PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)

# Relative, and always as modules: the checkout's own path may hold spaces and may move.
RUN := .venv/bin/python
PYTEST := $(RUN) -m pytest -n $(WORKERS) --dist worksteal
TEMPLATES := find . -path ./.venv -prune -o -path '*/templates/*.html' -print0
BUILD := $(PYTHON) -I aiqleads/embedded/environment.py

.PHONY: help run test check lint audit format bench soak shots environment clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

run: ## everything on one machine: http://HOST:PORT (127.0.0.1:8000)
	@since=$$(date +%s); $(BUILD) runtime && \
	exec $(RUN) -m aiqleads.embedded run --host "$(HOST)" --port "$(PORT)" --since $$since

test: environment ## the whole suite; a part of it with ARGS=tests/billing
	$(PYTEST) $(or $(ARGS),--durations=10)

check: lint ## what lint looks at, and the coverage gate over all tests but the browser's, the sweeps and the properties; `coverage report` names the lines
	$(PYTEST) -q -m "not journey and not long and not no_cover and not hypothesis" --cov --cov-report=

lint: environment ## format, lint, types, import contracts, migrations, templates, deployment
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m mypy .
	$(RUN) .venv/bin/lint-imports
	$(TEMPLATES) | xargs -0 .venv/bin/djade --check --target-version 5.2
	$(RUN) manage.py makemigrations --check --dry-run
	$(LIKE_PRODUCTION) $(RUN) manage.py check --deploy --fail-level WARNING

# Values of the right shape and no worth: the deployment checks read settings, they connect to nothing.
LIKE_PRODUCTION = DEBUG=false DEMO=false HTTPS=true ALLOWED_HOSTS=leads.example.com SITE_URL=https://leads.example.com \
	SECRET_KEY=$$($(RUN) -c 'import secrets; print(secrets.token_urlsafe(50))') \
	PERSONAL_DATA_KEYS=1:$$($(RUN) -c 'import secrets; print(secrets.token_urlsafe(50))') \
	TOKEN_KEYS=1:$$($(RUN) -c 'import secrets; print(secrets.token_urlsafe(50))') \
	PROOF_KEYS=1:$$($(RUN) -c 'import secrets; print(secrets.token_urlsafe(50))') \
	DATABASE_URL=postgresql://leads@database.example.com/leads REDIS_URL=rediss://cache.example.com:6379/0

audit: environment ## known holes in what is installed; asks pypi.org, and fails where it does not answer
	$(RUN) -m uv tool run pip-audit --strict --disable-pip --no-deps -r requirements.txt -r requirements-dev.txt

format: environment ## format and mend what can be mended
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .
	$(TEMPLATES) | xargs -0 .venv/bin/djade --target-version 5.2

bench: environment ## the benchmarks: a table, and bench/results.json
	$(RUN) -m bench $(ARGS)

soak: environment ## the hammers and property tests at full length
	SOAK=1 $(PYTEST) $(or $(ARGS),-m "race or soak or hypothesis")

shots: environment ## screenshots of every page, light and dark, into .shots/
	$(RUN) -m tests.journeys.shots $(ARGS)

environment:
	@$(BUILD) development

clean: ## remove what was built and measured; the data in .data/ stays
	rm -rf .venv .coverage .coverage.* .shots htmlcov .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "The data stays in .data/: remove that folder to start afresh."
