# "make help" lists the targets.

.PHONY: help test test-module test-beside reliability reliability-long reliability-mutants proof pictures bench bench-full bench-report check oldest cross vuln fuzz simulate need

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 22

# The race detector takes ten times as long. It watches the packages whose goroutines share
# something, without the stories that are long and of one goroutine.
SHARING = ./memstore ./boltstore ./redisstore/... ./monitor ./conformance/monitored ./internal/roster/lookup ./cmd/liveness/internal/transfer ./cmd/liveness/internal/verify
LONG = TestAMonth TestSilencesAreKept TestAPauseIsObeyedByEveryMonitor TestTheLivingAreNotReportedAfter \
	TestP6AHoldIsThatOfAllShards TestP6TheDeathsOfAHoldThatWasTooLong TestP6ASlowStart TestDeathsWhileNobodyWatches TestReportsGoOnWhile \
	TestDeathsThatNobodyClaims TestDeathsThatAreNeverHandedOut TestAfterALongPowerOff TestTokensGrow TestLongNames TestTheTimeAwayDoesNot \
	TestAnyHistoryOutlives TestTheFileStaysSmall TestTheFileBecomesSmall TestOnAFullDiskDeaths TestForbiddenTimeDoes \
	TestSweepsAndClaimsMakeNoCommits TestBrokenRecords TestOpeningBeginsAGrace TestOneHundredThousand \
	TestOnAServerASample TestChanceAgreesWithTheRoster TestDeathsInAGap TestNoScriptHoldsTheServer TestR6TheScriptsRule TestKeepDeaths \
	TestMemoryOfAWorkspace TestAnyReplyOfAScript TestDataOfOtherPrograms
empty :=

test: need ## run every test in random order, and the short ones of some packages again with the race detector
	@$(MAKE) --no-print-directory -j2 test-module test-beside

test-module:
	CONFORMANCE_STRICT=1 go test -p=3 -parallel=8 -shuffle=on -timeout=30m -skip=OnServers ./...
	CONFORMANCE_STRICT=1 go test -parallel=8 -timeout=30m -run=OnServers ./redisstore
	CGO_ENABLED=1 CONFORMANCE_STRICT=1 go test -race -parallel=8 -shuffle=on -timeout=30m -skip='$(subst $(empty) $(empty),|,$(strip $(LONG)))' $(SHARING)

# The modules beside it, whose tests wait for most of their time.
test-beside:
	@set -e; for dir in observe internal/tracing examples; do \
		echo "go test in $$dir"; go -C $$dir vet ./...; CONFORMANCE_STRICT=1 go -C $$dir test -shuffle=on -timeout=30m ./...; \
	done

# Each target of the board keeps the output of its tests in .board, by commit, and writes the
# page from that of all targets at this commit.
COMMIT = $(shell git describe --always --exclude '*')$(shell git diff --quiet HEAD -- . ':!BOARD.md' || echo -changed)
BOARD = go run ./internal/board/run $@ .board $(COMMIT) >.board.md; status=$$?; [ $$status -gt 1 ] || mv .board.md BOARD.md; exit $$status

reliability: need ## run the short rows of BOARD.md and write it (6 min)
	$(BOARD)

reliability-long: need ## run its long rows: more kills, more cuts, the full sizes (90 min)
	$(BOARD)

reliability-mutants: need ## plant the bug of each row and see its judge fail (5 min)
	$(BOARD)

proof: need ## watch 100,000 workspaces on each backend: who died, how late, at what cost (15 min)
	CONFORMANCE_STRICT=1 LIVENESS_FULL=1 go test -count=1 -v -timeout=30m -run '^Test(DeathsAre|EightMonitors)Report(ed)?InTime$$' ./internal/reliability/deaths

pictures: ## show what is restarted when heartbeats do not arrive, up to 10,000 workspaces, in docs/pictures.* (20 min)
	LIVENESS_FULL=1 go test -count=1 -timeout=2h -run '^TestPictures$$' ./internal/pictures

bench: need ## measure every store, and every goal but the two long ones, beside its peers (5 min)
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

oldest: ## build and vet with the oldest Go of go.mod, which is downloaded
	GOTOOLCHAIN=go$$(awk '$$1 == "go" { print $$2 }' go.mod) go vet ./...

cross: ## vet for other systems and for 32 bits
	@set -e; for target in windows/arm64 windows/386 darwin/arm64 freebsd/arm64 freebsd/386 linux/386; do \
		echo "go vet for $$target"; GOOS=$${target%/*} GOARCH=$${target#*/} go vet ./...; \
	done

vuln: ## look for known vulnerabilities in every module
	@set -e; for dir in $$(find . -name go.mod -exec dirname {} \;); do \
		echo "govulncheck in $$dir"; go tool -modfile=$(CURDIR)/tools/go.mod govulncheck -C $$dir ./...; \
	done

FUZZTIME = 30s

fuzz: ## run every fuzz test for FUZZTIME
	@set -e; grep -ro --include='*_test.go' '^func Fuzz[A-Za-z]*' . | while IFS=: read -r file name; do \
		go test -run='^$$' -fuzz="^$${name#func }\$$" -fuzztime=$(FUZZTIME) "$$(dirname "$$file")"; \
	done

simulate: ## show what a TTL of 60 s does to a busy fleet, and one of 180 s does not
	go run ./cmd/liveness simulate

need: ## install what the tests need beside Go, where it is absent
	@bash tools/need.sh
