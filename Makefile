# "make help" lists the targets.

.PHONY: help test proof check simulate need

help: ## list the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

test: need ## run every test, with the race detector, in random order
	CGO_ENABLED=1 CONFORMANCE_STRICT=1 go test -race -shuffle=on -timeout=10m ./...

proof: need ## watch 100,000 workspaces on each backend: who died, how late, at what cost (15 min)
	CONFORMANCE_STRICT=1 LIVENESS_FULL=1 go test -count=1 -v -timeout=30m -run '^TestDeathsAreReportedInTime$$' ./internal/reliability

check: ## gofmt, go mod tidy, go vet, staticcheck
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	go mod tidy -diff
	go vet ./...
	go tool -modfile=tools/go.mod staticcheck ./...

simulate: ## show what a TTL of 60 s does to a busy fleet, and one of 180 s does not
	go run ./cmd/liveness simulate

need: ## install what the tests need beside Go, where it is absent
	@bash tools/need.sh
