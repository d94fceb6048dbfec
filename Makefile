# The verbs of this project. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: help demo test az check fmt lint docs deny update bench tools

help: ## Show the verbs
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 10

demo: ## Set up a runner in a local world, and send a deployment through
	@tests/demo

test: tools ## Pass all tests; needs no cluster and no account
	@PATH="$$(cargo run --quiet --package world -- path)" cargo test --workspace --no-fail-fast

az: tools ## Pass the tests that run the real az, which is large and comes from PyPI
	@PATH="$$(cargo run --quiet --package world -- path)" cargo test --workspace --no-fail-fast -- --ignored real_az

check: fmt lint docs test deny ## Everything that has to hold before a change is merged

fmt:
	cargo fmt --all --check

lint:
	cargo clippy --workspace --all-targets -- -D warnings

docs: ## Build the API documentation; a warning is an error
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

deny: ## Check licences, sources and advisories (needs cargo-deny)
	tests/deny

update: tools ## Accept what the tests see: snapshots, generated pages, completions and schemas
	@UPDATE=1 PATH="$$(cargo run --quiet --package world -- path)" cargo test --workspace --no-fail-fast

bench: tools ## Measure the release binary (docs/performance.md)
	cargo bench --bench figures

tools:
	@tests/tools openssl python3
