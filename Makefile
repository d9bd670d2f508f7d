# make run     sets everything up and opens the app on the demo
# make test    sets everything up and runs all tests, browser and PostgreSQL included
# make check   format, lint, types, import rules and the fast tests: before each commit
# make bench   the speed figures, as ratios measured side by side

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready
WORKERS ?= 2
# The tests start hundreds of processes, each of which would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run demo test check format lint types imports fast slow browser chromium bench lock clean

run: $(READY) demo
	@echo "Starting Vitals; the first measurements take a few seconds."
	@$(BIN)/python -m dashboard --config config.toml

demo: $(READY)
	@$(BIN)/python -m connectors.demo data/demo

$(READY): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Vitals needs Python 3.11 or newer; $(PYTHON) is older. Set one: make run PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up .venv from requirements.txt (once, about a minute) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements.txt
	@touch $@

test: $(READY) chromium
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -q

check: $(READY) format lint types imports fast

format: $(READY)
	@$(BIN)/ruff format --quiet .

lint: $(READY)
	@$(BIN)/ruff format --check --quiet . || { echo "Not formatted: run make format"; exit 1; }
	@$(BIN)/ruff check .

types: $(READY)
	@$(BIN)/ty check connectors checks dashboard

imports: $(READY)
	@$(BIN)/lint-imports --no-logo

fast: $(READY)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -q -m "not slow and not browser"

slow: $(READY)
	@$(BIN)/python -m pytest -q -m slow

browser: $(READY) chromium
	@$(BIN)/python -m pytest -q -m browser

# Playwright drives the machine's own Chromium. Where apt-get can install it, it is installed.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing Chromium for the browser tests ..."; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	  else \
	    echo "The browser tests need Chromium: sudo apt-get install chromium (or any Chromium or Chrome on the PATH)"; exit 1; \
	  fi; }

bench: $(READY)
	@for name in measure small_tables overview contract explain detect_speed incidents objectives; do echo "== bench/$$name.py"; $(BIN)/python -m bench.$$name || exit 1; done

lock: $(READY)
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv"; exit 1; }
	@uv pip compile --quiet --universal --python-version 3.11 pyproject.toml --group dev --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links -o requirements.txt

clean:
	@rm -rf .venv data .pytest_cache .ruff_cache .hypothesis
