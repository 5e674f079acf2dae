package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const printed = `machine: 2 cores
=== RUN   TestGoals/redis/lateness
memory refresh, 64 callers, n=10000: 0.500 × otter (0.400 … 0.600), goal ≤ 0.7: met; 1ns against 2ns
redis lateness, keyspace events, n=1000: 2.32 s (0.00330 … 4.61); 100 of 100 deaths within 1m0s
redis lateness, the monitor, n=1000: 0.00290 s (0.00130 … 0.00740); 100 of 100 deaths within 1m0s
redis clear, 1 caller, n=10000: 2.00 × three DELs (1.90 … 2.10), goal ≥ 2.5: missed by 20 %; 1ns against 2ns
memory refresh, 64 callers, n=10000: 0.910 × otter (0.800 … 0.990), goal ≤ 0.7: missed by 30 %; 9ns against 10ns
redis clear, 64 callers, n=10000: 4.10 × three DELs (4.00 … 4.20), goal ≥ 4: met; 1ns against 4ns
PASS
`

func report(t *testing.T, text string) (dir string, err error) {
	dir = t.TempDir()
	path := filepath.Join(dir, "goals.txt")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return dir, run(path, dir)
}

func TestAReportIsWritten(t *testing.T) {
	dir, err := report(t, printed)
	require.NoError(t, err)
	page, err := os.ReadFile(filepath.Join(dir, "RESULTS.md"))
	require.NoError(t, err)
	require.Contains(t, string(page), "Measured on: 2 cores.\n\n1 of 3 goals are met.\n")
	require.Contains(t, string(page), `
## memory

| row | load | result | lowest … highest | goal | | ours against theirs |
|---|---|---|---|---|---|---|
| `+"`memory/refresh`"+` | 64 callers, n=10000 | 0.910 × otter | 0.800 … 0.990 | ≤ 0.7 | missed by 30 % | 9ns against 10ns |

## redis
`)
	require.NotContains(t, string(page), "0.500 × otter", "the later line counts")
	svg, err := os.ReadFile(filepath.Join(dir, "lateness.svg"))
	require.NoError(t, err)
	require.Contains(t, string(svg), "keyspace events")
	require.Contains(t, string(svg), "the monitor")
}

func TestWithoutResultsThereIsNoReport(t *testing.T) {
	_, err := report(t, "PASS\n")
	require.ErrorContains(t, err, "goals.txt: there are no results in it")
	_, err = report(t, "redis clear, 1 caller, n=10: 2.00 × three DELs (1.90 … 2.10)\n")
	require.ErrorContains(t, err, "there is no lateness in it")
}
