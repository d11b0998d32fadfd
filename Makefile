# What a developer types. Only Go is needed, and for the race detector a C
# compiler.

FUZZTIME ?= 5s
FUZZ ?= .
FUZZFLAGS ?=
KILLS ?= 20
SENDS ?= 0
TESTFLAGS ?=
BENCHES ?= core fanout latency idle connections backlog sqs stomp nats
SOAKTIME ?= 60m
BENCHDIR := $(shell mktemp -u)

.DEFAULT_GOAL := help
.PHONY: run test race nightly lint fuzz torture bench hostile bench-rabbitmq bench-nats soak powerloss help

run: ## serve on the default ports, messages in ./sluice-data
	go run ./cmd/sluice serve

test: ## vet and test everything
	go test -vet=all $(TESTFLAGS) ./...

race: ## test everything with the race detector (needs a C compiler)
	CGO_ENABLED=1 go test -race -timeout 30m $(TESTFLAGS) ./...

nightly: ## what takes minutes: 100,000 steps of the core against its dumb twin
	go test ./queuecore -run '^Test(Fair|Affinity|Relay)?Twin$$' -count=1 -v -timeout 30m -rapid.checks=670 -rapid.steps=150 $(TESTFLAGS)

lint: ## vet, gofmt, staticcheck, govulncheck
	go vet ./...
	@set -e; out=$$("$$(go env GOROOT)/bin/gofmt" -l .); if [ -n "$$out" ]; then echo "not gofmt'd:"; echo "$$out"; exit 1; fi
	go tool staticcheck ./...
	go run ./.ci/vulncheck ./...

# Before Go 1.27 a run may fail at the end of its time, with nothing found and these words: go.dev/issue/75804.
fuzz: ## fuzz every target that matches FUZZ (all) for FUZZTIME (5s); FUZZTIME=10m is a long run
	@set -e; \
	list=$$(go test -list '^Fuzz' ./...); \
	targets=$$(echo "$$list" | awk '/^Fuzz/ { names = names " " $$1 } /^ok/ { n = split(names, a, " "); for (i = 1; i <= n; i++) print $$2, a[i]; names = "" }'); \
	targets=$$(echo "$$targets" | grep -E '$(FUZZ)' || true); \
	[ -n "$$targets" ] || { echo "no fuzz targets found"; exit 1; }; \
	said=$$(mktemp); trap 'rm -f "$$said"' EXIT; \
	echo "$$targets" | while read -r pkg name; do \
		echo "fuzz $$pkg $$name"; \
		go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $(FUZZFLAGS) "$$pkg" </dev/null >"$$said" 2>&1 || \
			{ grep -q '^ *context deadline exceeded$$' "$$said" && ! grep -q 'Failing input' "$$said"; } || { cat "$$said"; exit 1; }; \
		tail -1 "$$said"; \
	done

torture: ## kill a loaded server KILLS times (20), and go on to SENDS confirmed sends (0)
	go run ./cmd/sluice torture --kills $(KILLS) --sends $(SENDS)

bench: ## measure the core, the server, its SQS, STOMP and NATS sides, some minutes
	@go build -o $(BENCHDIR)/sluice ./cmd/sluice
	@set -e; trap 'rm -rf $(BENCHDIR)' EXIT; \
	for b in $(BENCHES); do $(BENCHDIR)/sluice bench $$b; done

hostile: ## what good clients notice of hostile ones, kind by kind, some minutes
	@go build -o $(BENCHDIR)/sluice ./cmd/sluice
	@trap 'rm -rf $(BENCHDIR)' EXIT; $(BENCHDIR)/sluice bench hostile

bench-rabbitmq: ## Sluice and Debian's RabbitMQ over STOMP in turn, some minutes (fetches RabbitMQ)
	@go build -o $(BENCHDIR)/sluice ./cmd/sluice
	@trap 'rm -rf $(BENCHDIR)' EXIT; go run ./bridge/bench/rabbitmq $(BENCHDIR)/sluice

bench-nats: ## Sluice and nats-server's JetStream in turn, unsynced and synced, some minutes (builds nats-server)
	@go build -o $(BENCHDIR)/sluice ./cmd/sluice
	@trap 'rm -rf $(BENCHDIR)' EXIT; bridge/bench/nats.sh $(BENCHDIR)/sluice

soak: ## a server under load for an hour; what it saw goes to queuecore/docs
	@mkdir -p queuecore/docs
	@go build -o $(BENCHDIR)/sluice ./cmd/sluice
	@trap 'rm -rf $(BENCHDIR)' EXIT; \
	$(BENCHDIR)/sluice soak --for $(SOAKTIME) --plot queuecore/docs/soak.svg --page queuecore/docs/soak.md

CUTS ?= 100

powerloss: ## cut the power CUTS (100) times in each way (Linux, root, FUSE)
	go test -count 1 -timeout 60m -v ./bridge/torture/powerloss -cuts $(CUTS)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
