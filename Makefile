# The two commands a newcomer needs: `make demo` and `make test`.
# `make help` lists the others.

CARGO ?= cargo
ANNOTA = $(or $(CARGO_TARGET_DIR),target)/release/annota
NPM = npm --prefix ui --no-audit --no-fund
UI_SOURCES = $(shell find ui/src ui/public -type f) $(wildcard ui/*.json ui/*.html ui/*.ts ui/*.js ui/*.mjs)

.PHONY: help build ui demo serve test test-ui test-e2e check format
help:
	@echo "make demo [DATA=folder-or-file]   label real data end to end"
	@echo "make serve                        open what the demo left, in the browser"
	@echo "make test                         format, lints of the UI and every test"
	@echo "make test-ui, make test-e2e       only those of the UI, only those in a browser"
	@echo "make check                        the same and the lints of all else"
	@echo "make bench-NAME [SETS=a,b SEEDS=n]  NAME: guarantee cost efficiency embed head select io crash load map page"

# Everything is built as one workspace: one package alone takes other features,
# and its dependencies would be compiled again.
build: ui
	$(CARGO) build --release --locked --workspace --bin annota

ui: ui/dist/index.html

ui/dist/index.html: $(UI_SOURCES) ui/node_modules/.package-lock.json
	$(NPM) run --silent build

ui/node_modules/.package-lock.json: ui/package-lock.json
	$(NPM) ci --silent
	touch $@

demo: build
	ANNOTA=$(ANNOTA) demo/run $(DATA)

serve: build
	$(ANNOTA) serve demo/out

test: format test-ui
	$(CARGO) test --release --locked --workspace
	$(MAKE) test-e2e

test-ui: ui
	$(NPM) run --silent lint
	$(NPM) run --silent format:check
	$(NPM) run --silent test

test-e2e: build
	ANNOTA=$(abspath $(ANNOTA)) CHROMIUM=$$(ui/e2e/chromium) $(NPM) run --silent test:e2e

check: format
	$(CARGO) clippy --release --locked --workspace --all-targets -- -D warnings
	$(MAKE) test

format:
	$(CARGO) fmt --all --check

bench-%: ui
	$(CARGO) build --release --locked --workspace
	ANNOTA=$(ANNOTA) bench/run $*
