# Kopter: build, try, test, measure.
#
#   make demo      build everything and show a simulated organisation in the browser
#   make example   the same job on the command line: the output in the README
#   make test      every test; installs what the tests need into .cache
#   make web-test  of those, the web app's: types, units and size
#   make browser-test  and those in a real browser; screenshots are in web/shots
#   make generate  what is made from api/openapi.yaml
#   make lint      formatting, vet, staticcheck, dead code, stale files
#   make bench     the numbers of the README, each beside a peer in the same run
#   make soak      a server under SOAK_RATE events per second (default 1000) for
#                  SOAK_TIME (default 10m), measured from outside
#   make fuzz      every fuzz target for FUZZTIME (default 30s)
#
# KOPTER_REQUIRE=all turns a test that is left out into a failure.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

CACHE := $(CURDIR)/.cache
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
FUZZTIME ?= 30s
SOAK_TIME ?= 10m
SOAK_RATE ?= 1000

# Versions of the tools that tests and linters run; Go fetches them through the
# module proxy.
GOTESTSUM := gotest.tools/gotestsum@v1.13.0
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
DEADCODE := golang.org/x/tools/cmd/deadcode@v0.52.0
OAPI_CODEGEN := github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2
DUCKDB := duckdb==2.0.0

# The race detector needs a C compiler; a release build never does.
HAS_CC := $(shell command -v cc 2>/dev/null)
HAS_NPM := $(shell command -v npm 2>/dev/null)

export KOPTER_PYTHON ?= $(CACHE)/py/bin/python

.PHONY: build
build: web
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/kopter ./cmd/kopter

.PHONY: demo
demo: build
	bin/kopter demo

.PHONY: example
example: build
	./scenario/example.sh bin/kopter

# All tests, then all packages once more under the race detector, where laws are
# tried on fewer cases and processes are killed less often (-short): the
# detector looks for races, not for wrong sums.
.PHONY: test
test: tools web-test browser-test
	go run $(GOTESTSUM) --format pkgname-and-test-fails --jsonfile $(CACHE)/go-test.json -- -timeout 30m ./...
ifeq ($(HAS_CC),)
	@if [ "$${KOPTER_REQUIRE:-}" = all ]; then echo "required: a C compiler, for the race detector" >&2; exit 1; \
	 else echo "left out: the race detector, because there is no C compiler"; fi
else
	go run $(GOTESTSUM) --format pkgname-and-test-fails --jsonfile $(CACHE)/go-race.json -- -race -short -timeout 30m ./...
endif

# What tests need beyond Go. DuckDB reads the lake's files as an independent
# witness; where Python is missing, its tests say that they are left out.
.PHONY: tools
tools: $(CACHE)/py/$(DUCKDB)
$(CACHE)/py/$(DUCKDB):
	@mkdir -p $(CACHE)
	@if python3 -m venv $(CACHE)/py && $(CACHE)/py/bin/pip install --quiet --disable-pip-version-check '$(DUCKDB)'; \
	 then touch '$@'; \
	 elif [ "$${KOPTER_REQUIRE:-}" = all ]; then echo "required: Python 3 with venv, for DuckDB" >&2; exit 1; \
	 else echo "left out: tests against DuckDB, because Python 3 with venv cannot be had here"; fi

.PHONY: lint
lint:
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "not formatted: $$unformatted" >&2; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...
	@dead=$$(go run $(DEADCODE) -test ./...); if [ -n "$$dead" ]; then echo "$$dead" >&2; exit 1; fi
	@$(MAKE) --no-print-directory generate >/dev/null
	@git diff --exit-code --stat -- api/server.gen.go web/src/api/schema.d.ts || { echo "stale: commit what make generate made" >&2; exit 1; }

# What is made from api/openapi.yaml: the server's side in Go, and the types of
# the web app.
.PHONY: generate
generate: web-modules
	cd api && go run $(OAPI_CODEGEN) -config oapi-codegen.yaml openapi.yaml
ifneq ($(HAS_NPM),)
	cd web && npm run --silent generate
endif

.PHONY: bench
bench: build tools
	go run ./bench -kopter bin/kopter

.PHONY: soak
soak: build
	go run ./bench -kopter bin/kopter -soak $(SOAK_TIME) -rate $(SOAK_RATE)

.PHONY: fuzz
fuzz:
	@for target in $$(grep -rlE '^func Fuzz' --include=*_test.go . | xargs -n1 dirname | sort -u); do \
	  for name in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]+' $$target/*_test.go | cut -c6-); do \
	    echo "== $$target $$name"; go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) $$target; \
	  done; done

.PHONY: clean
clean:
	rm -rf bin demo-data $(CACHE)

# The web app, which the binary embeds. Go builds without it, and the server
# then says how to get it.
WEB_SOURCES := $(shell find web/src web/public web/index.html web/vite.config.ts web/tsconfig.json -type f 2>/dev/null)

.PHONY: web
ifeq ($(HAS_NPM),)
web:
	@if [ "$${KOPTER_REQUIRE:-}" = all ]; then echo "required: Node.js 20 with npm, for the web app" >&2; exit 1; \
	 else echo "left out: the web app, because there is no npm"; fi
else
web: web/dist/index.html
endif

.PHONY: web-modules
ifeq ($(HAS_NPM),)
web-modules:
else
web-modules: web/node_modules/.package-lock.json
endif

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --ignore-scripts --no-progress --loglevel=error
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	cd web && npm run --silent build -- --logLevel warn
	@touch $@

# Types, units and the budget of the first page.
.PHONY: web-test
web-test: web
ifneq ($(HAS_NPM),)
	cd web && npm run --silent check && npm run --silent unit -- --reporter=default --reporter=json --outputFile.json=$(CACHE)/web-unit.json && npm run --silent size
endif

# The journeys through every page, in a real browser, against the real binary.
CHROMIUM ?= $(shell command -v chromium chromium-browser google-chrome 2>/dev/null | head -1)
export KOPTER_CHROMIUM = $(CHROMIUM)

.PHONY: browser-test
ifeq ($(and $(HAS_NPM),$(CHROMIUM)),)
browser-test:
	@if [ "$${KOPTER_REQUIRE:-}" = all ]; then echo "required: npm and Chromium, for the browser tests" >&2; exit 1; \
	 else echo "left out: the browser tests, because there is no npm or no Chromium (CHROMIUM=PATH names one)"; fi
else
browser-test: build
	cd web && npm run --silent browser -- --reporter=default --reporter=json --outputFile.json=$(CACHE)/web-browser.json
endif
