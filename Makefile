# Earshot. `make` alone lists what it can do.
SHELL := /bin/bash
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GOFLAGS_BUILD := -ldflags "-s -w -X main.version=$(VERSION)"
GOOS := $(shell go env GOOS)
GOARCH := $(shell go env GOARCH)

ASSETS := cmd/triage/web/assets
TOOLS := build/bin
STATICCHECK := $(TOOLS)/staticcheck-v0.8.2
DEPGUARD := $(TOOLS)/depguard-v2.3.0
GOVULNCHECK := $(TOOLS)/govulncheck-v1.9.0

# Two packages at once: more of them only wait for one another's Kafka, browser and disk.
PARALLEL ?= 2
TEST_TIMEOUT ?= 40m

.DEFAULT_GOAL := help

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- running

.PHONY: run
run: assets encoder build ## build everything and start on the sample council; opens at the address it prints
	exec bin/triage

.PHONY: build
build: ## bin/triage and bin/ingest
	@mkdir -p bin
	go build $(GOFLAGS_BUILD) -o bin/triage ./cmd/triage
	go build $(GOFLAGS_BUILD) -o bin/ingest ./cmd/ingest

.PHONY: assets
assets: ## the pages' styles and scripts, from npm; without npm the pages stay plain
	@if command -v npm >/dev/null; then deploy/assets.sh; else echo "npm is missing: the pages stay plain, and say how to dress them"; fi

.PHONY: encoder
encoder: ## the library that considered verdicts need, from npm; without it verdicts are the fast ones
	@deploy/encoder.sh

.PHONY: rebuild
rebuild: build ## build the search index anew from the record, in EARSHOT_DATA
	bin/triage rebuild

# --- checking

.PHONY: check
check: $(STATICCHECK) $(DEPGUARD) ## format, vet, lint, direction of imports
	@bad=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$bad" ]; then echo "gofmt would change:"; echo "$$bad"; exit 1; fi
	go vet ./...
	$(STATICCHECK) ./...
	$(DEPGUARD) ./...

$(STATICCHECK):
	deploy/tool.sh $@ honnef.co/go/tools/cmd/staticcheck
$(DEPGUARD):
	deploy/tool.sh $@ github.com/OpenPeeDeeP/depguard/v2/cmd/depguard
$(GOVULNCHECK):
	deploy/tool.sh $@ golang.org/x/vuln/cmd/govulncheck

.PHONY: test-deps
test-deps: ## install what the tests talk to, as far as this account may
	@mkdir -p build
	deploy/install-test-deps.sh

.PHONY: test
test: test-deps assets encoder check ## everything but the big engines: check, then go test -race ./...
	go run ./deploy/gotest -race -p $(PARALLEL) -timeout $(TEST_TIMEOUT) ./...

.PHONY: test-engines
test-engines: ## the same suites on real Apache Kafka and the real ClickHouse engine
	engines/with.sh go run ./deploy/gotest -p 1 -count=1 -timeout $(TEST_TIMEOUT) ./sources/topic/... ./index/... ./cmd/...

.PHONY: test-kafka
test-kafka: ## the log's suite on three real Kafka nodes
	engines/with.sh -k -n 3 go run ./deploy/gotest -p 1 -count=1 -timeout $(TEST_TIMEOUT) ./sources/topic/...

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (30s)
	deploy/fuzz.sh $(or $(FUZZTIME),30s)

# The tests of cmd/triage/chaos_test.go.
CHAOS := $(shell sed -n "s/^func \(Test[A-Za-z0-9_]*\).*/^\1$$/p" cmd/triage/chaos_test.go 2>/dev/null | paste -sd"|" -)

.PHONY: chaos
chaos: ## 200 kills, full disk, broker, database and mail away; then the same on the engines
	EARSHOT_TEST_KILLS=200 go run ./deploy/gotest -run '$(CHAOS)' -count=1 -timeout 3h ./cmd/triage
	EARSHOT_TEST_KILLS=50 engines/with.sh go run ./deploy/gotest -run '$(CHAOS)' -count=1 -timeout 3h ./cmd/triage

.PHONY: bench
bench: ## figures of docs/benchmarks.md; EARSHOT_BENCH_MENTIONS=1000000 for the large ones
	go test -run '^$$' -bench . -benchmem -timeout 2h $$(go list ./... | grep -v /cmd/triage$$) | grep -Ev '^(\?|PASS)'
	go test -run '^$$' -bench . -benchtime 1x -timeout 3h ./cmd/triage

.PHONY: eval
eval: encoder ## how good the verdicts are, on councils the model has not seen; writes docs/model-card.md
	go run ./classify/eval -card docs/model-card.md

.PHONY: train
train: ## fit the shipped model anew from classify/corpus
	go run ./classify/train

.PHONY: vuln
vuln: ## known vulnerabilities in what we use, where the database can be reached
	@if ! $(MAKE) -s $(GOVULNCHECK) 2>build/vuln.log; then echo "not run: govulncheck cannot be downloaded (build/vuln.log)"; \
	else $(GOVULNCHECK) ./... || { [ $$? -ne 3 ] && echo "not run: the vulnerability database cannot be reached"; }; fi

# --- shipping

.PHONY: dist
dist: assets ## dist/earshot-VERSION-OS-ARCH.tar.gz, the one download
	deploy/dist.sh $(VERSION) $(GOOS) $(GOARCH)

.PHONY: image
image: assets ## dist/earshot-VERSION.oci.tar, an OCI image from Debian packages and our programs
	deploy/image.sh $(VERSION)

.PHONY: clean
clean: ## what make made, but not data
	rm -rf bin build dist
