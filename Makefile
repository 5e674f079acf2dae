# "make help" lists the targets.

.PHONY: help test proof bench bench-full bench-report check simulate need

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

test: need ## run every test, with the race detector, in random order
	CGO_ENABLED=1 CONFORMANCE_STRICT=1 go test -race -shuffle=on -timeout=10m ./...

proof: need ## watch 100,000 workspaces on each backend: who died, how late, at what cost (10 min)
	CONFORMANCE_STRICT=1 LIVENESS_FULL=1 go test -count=1 -v -timeout=30m -run '^TestDeathsAreReportedInTime$$' ./internal/reliability

bench: need ## measure every store, and every goal once, beside its peers (5 min)
	go test -short -run='^$$' -bench=. ./benchmarks
	cd benchmarks/peers && go vet ./... && go test ./goals ./report && LIVENESS_ROUNDS=1 go test -short -timeout=1h -run=Goals

bench-full: need ## the same with larger fleets and five rounds, kept in benchmarks/*.txt (45 min)
	LIVENESS_FULL=1 bash -o pipefail -c "go test -timeout=1h -benchtime=0.5s -run='^$$' -bench=. ./benchmarks | tee benchmarks/stores.txt"
	cd benchmarks/peers && LIVENESS_ROUNDS=5 bash -o pipefail -c "go test -timeout=2h -run=Goals | tee ../goals.txt"

bench-report: ## write benchmarks/RESULTS.md and its chart, from what bench-full kept
	cd benchmarks/peers && go run ./report ../goals.txt ..

check: ## gofmt, go mod tidy, go vet, staticcheck
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	go mod tidy -diff
	go vet ./...
	go tool -modfile=tools/go.mod staticcheck ./...

simulate: ## show what a TTL of 60 s does to a busy fleet, and one of 180 s does not
	go run ./cmd/liveness simulate

need: ## install what the tests need beside Go, where it is absent
	@bash tools/need.sh
