# What a developer types. Only Go is needed, and for the race detector a C
# compiler.

FUZZTIME ?= 30s
KILLS ?= 20
SENDS ?= 0
TESTFLAGS ?=

.DEFAULT_GOAL := help
.PHONY: run test race lint fuzz torture bench help

run: ## serve on the default ports, messages in ./sluice-data
	go run ./cmd/sluice serve

test: ## vet and test everything
	go test -vet=all $(TESTFLAGS) ./...

race: ## test everything with the race detector (needs a C compiler)
	CGO_ENABLED=1 go test -race $(TESTFLAGS) ./...

lint: ## vet, gofmt, staticcheck
	go vet ./...
	@set -e; out=$$("$$(go env GOROOT)/bin/gofmt" -l .); if [ -n "$$out" ]; then echo "not gofmt'd:"; echo "$$out"; exit 1; fi
	go tool staticcheck ./...

fuzz: ## fuzz every target for FUZZTIME (30s)
	@set -e; \
	list=$$(go test -list '^Fuzz' ./...); \
	targets=$$(echo "$$list" | awk '/^Fuzz/ { names = names " " $$1 } /^ok/ { n = split(names, a, " "); for (i = 1; i <= n; i++) print $$2, a[i]; names = "" }'); \
	[ -n "$$targets" ] || { echo "no fuzz targets found"; exit 1; }; \
	echo "$$targets" | while read -r pkg name; do \
		echo "fuzz $$pkg $$name"; \
		go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$pkg" </dev/null; \
	done

torture: ## kill a loaded server KILLS times (20), and go on to SENDS confirmed sends (0)
	go run ./cmd/sluice torture --kills $(KILLS) --sends $(SENDS)

bench: ## measure the core
	go run ./cmd/sluice bench core

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
