# The commands of this house. Each sets up what it needs; only Python 3.11+, make and the package index are required.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
COMPILE := uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url

.PHONY: setup demo up test coverage check crash bench soak lock format

setup: $(STAMP)

$(STAMP): requirements/dev-lock.txt requirements/pip-lock.txt
	@$(PYTHON) -c 'import sys; sys.exit("Halcytone needs Python 3.11 or newer, not " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(INSTALL) -r requirements/pip-lock.txt
	$(INSTALL) -r requirements/dev-lock.txt
	@touch $(STAMP)

demo: $(STAMP)  ## a desk full of work, with people to sign in as
	@$(BIN)/python manage.py up --demo

up: $(STAMP)  ## an empty desk
	@$(BIN)/python manage.py up

test: $(STAMP)
	@$(BIN)/python -m pytest -n 2 --dist loadfile -q --ignore=tests/e2e
	@$(BIN)/python -m pytest -q tests/e2e || [ $$? -eq 5 ]  # 5: no Chromium here, said above

coverage: $(STAMP)  ## the tests again, and whether they run the services through
	@$(BIN)/python -m pytest -n 2 --dist loadfile -q --ignore=tests/e2e --cov --cov-report=
	@$(BIN)/coverage report --include='*/services/*.py,*/services.py' --fail-under=90

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python manage.py makemigrations --check --dry-run --verbosity 0
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python -m pytest -q tests/test_layers.py tests/test_project.py

crash: $(STAMP)  ## every channel struck at every step of the ledger; writes docs/crash-matrix.md
	@HALCYTONE_REQUIRE=postgres HALCYTONE_CRASH=whole $(BIN)/python -m pytest -q tests/publishing/matrix tests/publishing/test_crashes.py

bench: $(STAMP)
	@$(BIN)/python -m tests.bench

soak: $(STAMP)  ## 200,000 mails, a server that fails at random, a worker killed; the books must be exact
	@$(BIN)/python -m tests.soak

lock: requirements/base.txt requirements/dev.txt requirements/pip.txt
	$(COMPILE) requirements/base.txt -o requirements/lock.txt
	$(COMPILE) requirements/dev.txt -o requirements/dev-lock.txt
	$(COMPILE) requirements/pip.txt -o requirements/pip-lock.txt

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
