# Two commands matter: `make run` and `make test`. Both set up what they need.
# `make help` lists the rest.

PYTHON ?= python3
PYTHON_NEXT ?= python3.13
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
LOG := var/install.log

export LOCAL_MODE = 1
export PYTHONUNBUFFERED = 1

.DEFAULT_GOAL := help
.PHONY: help run test next bench lighthouse bench-faults check lock audit messages pictures assets clean

help: ## List the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1	/' | expand -t 18

run: $(VENV)/.runtime ## Set everything up and serve on http://localhost:8000 (PORT=8001 for another port)
	@PORT=$(PORT) exec $(BIN)/python -m config.local

test: $(VENV)/.dev ## Set everything up and pass the tests (ARGS="-k deadline" to choose)
	@echo "Running the tests."
	@$(BIN)/python -m pytest $(ARGS)

next: $(VENV)/.dev ## Pass the tests on the next Django, with another Python (PYTHON_NEXT=python3.13)
	@$(BIN)/uv venv --quiet --allow-existing --python $(PYTHON_NEXT) $(VENV)-next
	@sed -E 's/ \\$$//; /^ +--hash/d; /^[Dd]jango==/d' requirements/dev.lock >var/next.txt
	@echo 'django~=6.1.0' >>var/next.txt
	@$(BIN)/uv pip install --quiet --python $(VENV)-next/bin/python -r var/next.txt
	@$(VENV)-next/bin/python -m pytest -m "not browser and not interop" $(ARGS)

bench: $(VENV)/.dev ## Measure how fast it is, against what is possible here (ARGS="pages" to choose)
	@$(BIN)/python -m bench $(ARGS)

lighthouse: $(VENV)/.dev ## Have the main pages judged by Lighthouse (needs Node and Chromium)
	@cd tests/lighthouse && npm ci --silent
	@$(BIN)/python -m bench lighthouse

bench-faults: $(VENV)/.dev ## Kill workers and the database while mails leave, and count what is lost
	@$(BIN)/python -m bench faults

check: $(VENV)/.dev ## Style, types, import contract, migrations, translations
	@BIN=$(BIN) sh bin/check

lock: $(VENV)/.dev ## Renew the hash-locked requirements from pyproject.toml
	$(BIN)/uv pip compile -q pyproject.toml --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -o requirements/runtime.lock
	$(BIN)/uv pip compile -q pyproject.toml --upgrade --extra redis --extra s3 --extra errors --extra scale --extra ses -c requirements/runtime.lock --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -o requirements/extras.lock
	$(BIN)/uv pip compile -q pyproject.toml --upgrade --extra dev -c requirements/extras.lock --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -o requirements/dev.lock

messages: $(VENV)/.dev ## Collect the sentences to translate and compile the translations
	$(BIN)/python manage.py makemessages -l nl -l fr --no-location --no-wrap --ignore='.venv/*' --ignore='.venv-next/*' --ignore='tests/*' --ignore='frontend/*'
	$(BIN)/python manage.py compilemessages -v 0 -l nl -l fr

audit: $(VENV)/.dev ## Ask the registries for known holes in what is locked; fails where one cannot be asked
	@# Without --strict, packages that nobody could be asked about count as sound.
	$(BIN)/uv tool run pip-audit --strict --disable-pip --require-hashes -r requirements/extras.lock
	npm audit --prefix frontend
	npm audit --prefix tests/interop

pictures: $(VENV)/.dev ## Take the pictures of the documents anew; those that look the same stay
	@LANGUAGE=nl_BE $(BIN)/python -m pytest -p no:randomly -o python_functions="picture_*" tests/browser/pictures.py $(ARGS)

assets: ## Rebuild the vendored styles and fonts from npm (needs Node; the result is committed)
	cd frontend && npm ci --ignore-scripts && npm run build

clean: ## Remove what the commands made: the virtual environment, the local database and mails
	rm -rf $(VENV) $(VENV)-next var static_collected

# The virtual environment. Each step says what it does and ends in a sentence when it can't.

$(BIN)/python:
	@mkdir -p var
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed, and '$(PYTHON)' is not that. Install it, or name one: make PYTHON=python3.12 …" >&2; exit 1; }
	@echo "Making a virtual environment in $(VENV)."
	@$(PYTHON) -m venv $(VENV) >$(LOG) 2>&1 || { rm -rf $(VENV); \
		echo "'$(PYTHON) -m venv' does not work here; on Debian and Ubuntu install the package python3-venv. Details: $(LOG)" >&2; exit 1; }

$(VENV)/.runtime: requirements/runtime.lock | $(BIN)/python
	@echo "Installing the packages it runs on (once; after that no network is needed)."
	@sh bin/install $(BIN) requirements/runtime.lock $(LOG)
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.runtime
	@echo "Installing the packages to test with (once; after that no network is needed)."
	@sh bin/install $(BIN) requirements/dev.lock $(LOG)
	@touch $@
