# The two commands a newcomer needs: `make demo` and `make test`.
# `make help` lists the others.

CARGO ?= cargo
ANNOTA = $(or $(CARGO_TARGET_DIR),target)/release/annota

.PHONY: help build demo test check format
help:
	@echo "make demo [DATA=folder-or-file]   label real data end to end"
	@echo "make test                         format and every test"
	@echo "make check                        format, lints and tests"
	@echo "make bench-NAME [SETS=a,b SEEDS=n]  NAME: guarantee cost efficiency embed head select io crash"

build:
	$(CARGO) build --release --locked --package annota

demo: build
	ANNOTA=$(ANNOTA) demo/run $(DATA)

test: format
	$(CARGO) test --release --locked --workspace

check: format
	$(CARGO) clippy --release --locked --workspace --all-targets -- -D warnings
	$(MAKE) test

format:
	$(CARGO) fmt --all --check

bench-%:
	$(CARGO) build --release --locked --workspace
	ANNOTA=$(ANNOTA) bench/run $*
