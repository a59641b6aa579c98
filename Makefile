# The two commands that matter: `make serve` and `make test`. Each sets up what it needs.
HOST ?= 127.0.0.1
PORT ?= 8000
PYTHON ?= python3
MINUTES ?= 60
PAGES ?= ../shared/seeds
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.runtime
DEV := $(VENV)/.dev
BROWSER := $(VENV)/.browser
COMPILE := $(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml --extra all

.PHONY: serve test check fast slow long test-state format lint types floors package image image-test sbom docs bench bench-quick bench-stores tour docs-vendors docs-limits provenance prose samples soak siege flood lock clean help

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

serve: $(RUN) ## start every API; HOST=… PORT=… choose the address
	@$(BIN)/mockserver serve --host $(HOST) --port $(PORT)

test: fast slow ## the whole test suite

check: format lint types floors fast ## everything that has to be green before a commit

fast: $(DEV) $(BROWSER)
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest -n auto -m "not slow"
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report --include "mockserver/core/*,mockserver/openapi/*" --fail-under 96

slow: $(DEV) $(BROWSER)
	$(BIN)/python -m pytest -n auto -m "slow and not long"

long: $(DEV) ## judge every independent implementation and every accepted reading; about an hour and a half
	$(BIN)/python -m pytest -n auto -m long

test-state: $(DEV) ## run the tests that start a server once more, on a state directory; about ten minutes
	MOCKSERVER_TEST_OPTIONS='--state {folder}' $(BIN)/python -m pytest -n auto -m "not slow" tests/server tests/vendors tests/console

format: $(DEV) ## is the code formatted?
	$(BIN)/ruff format --check .

lint: $(DEV)
	$(BIN)/ruff check .

types: $(DEV)
	$(BIN)/mypy

floors: $(DEV)
	$(BIN)/lint-imports

package: $(DEV) ## build the wheel and the source archive into dist/, and check them
	rm -rf dist
	$(BIN)/python -m build --no-isolation
	$(BIN)/twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl

image: $(DEV) ## build the container image with buildah; BASE=… is the image to build on
	@$(BIN)/python -m tests.image build

image-test: $(DEV) ## run a flow on a server in the root file system of the container image
	@$(BIN)/python -m tests.image test

sbom: $(RUN) ## write dist/sbom.json, the components of an installation (CycloneDX)
	$(BIN)/pip install --quiet cyclonedx-bom
	@mkdir -p dist
	$(BIN)/cyclonedx-py requirements requirements.lock --output-file dist/sbom.json

bench: $(DEV) ## compare with peers, growth, start-up, memory; prints the figures and writes docs/benchmarks.md
	$(BIN)/python -m benchmarks.compare --write
	$(BIN)/python -m benchmarks.growth --write
	$(BIN)/python -m benchmarks.start_up --write
	$(BIN)/python -m benchmarks.worlds
	$(BIN)/python -m benchmarks.audit
	$(BIN)/python -m benchmarks.forks
	$(BIN)/python -m benchmarks.seeding

bench-stores: $(DEV) ## what a state directory costs, against memory
	$(BIN)/python -m benchmarks.stores

bench-explore: $(DEV) ## how many planted bugs `mockserver explore` finds, in some hours; writes docs/explore.md
	$(BIN)/python -m benchmarks.explore --write

bench-quick: $(DEV) ## compare with the peers of the floors, in two minutes
	$(BIN)/python -m benchmarks.compare --quick

soak: $(DEV) ## ten minutes of full load; is memory level?
	$(BIN)/python -m benchmarks.soak

siege: $(DEV) ## an hour of generated hostile input against one server; MINUTES=… for another time
	$(BIN)/python -m tests.hostile.siege --minutes $(MINUTES)

flood: $(DEV) ## 100,000 refused and 20,000 accepted calls to new worlds beside 20 clients; prints the figures
	$(BIN)/python -m benchmarks.flood

docs: $(DEV) ## build the documentation as a site into build/site, with every warning an error and every link checked
	@$(BIN)/python -m docs.site

tour: $(DEV) $(BROWSER) ## make the pictures of docs/tour.md
	$(BIN)/python -m docs.tour

docs-vendors: $(DEV) ## write the generated parts of docs/vendors from the documents
	$(BIN)/python -m docs.vendor_pages

prose: $(DEV) ## print 100 drawn docstrings for a reader; SEED=… draws others
	$(BIN)/python -m docs.prose $(SEED)

samples: $(DEV) ## run every sample of the vendors' pages as printed; PAGES=DIR is the folder of the pages
	$(BIN)/python -m tests.samples $(PAGES)

provenance: $(DEV) ## print every constraint of the documents with its source, and how many are assumed
	$(BIN)/python -m docs.provenance

docs-limits: $(DEV) ## write docs/limits.md from the table of limits
	$(BIN)/python -m docs.limits

lock: $(DEV) ## choose the newest versions and write them down
	$(BIN)/pip install --quiet uv
	$(COMPILE) --group dev -o requirements-dev.lock
	$(COMPILE) --constraint requirements-dev.lock -o requirements.lock

clean: ## forget the environment
	rm -rf $(VENV)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=…"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { echo "python3 -m venv does not work here; on Debian: apt-get install python3-venv"; exit 2; }

$(RUN): requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the server, the contract suite and the traffic tools need …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(BROWSER): | $(DEV)  # looked for once; without one the browser tests are reported as not run
	@$(BIN)/python -m tests.browser
	@touch $@

$(DEV): requirements-dev.lock $(RUN)
	@echo "Installing what the tests need …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	@touch $@
