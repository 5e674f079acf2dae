package goals

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatIsPrintedIsReadBack(t *testing.T) {
	ratio := Result{Backend: "memory", Op: "refresh", Load: "64 callers, n=10000", Unit: "× map + RWMutex"}
	judged, noted, both := ratio, ratio, ratio
	judged.Goal = AtMost(0.4)
	noted.Note = "30ns against 97ns; so far"
	both.Goal, both.Note = AtLeast(10), "13 of 100 deaths within 1m0s"
	both.Load = "checkpoint 1 s, heartbeat 30s, n=10000"
	for _, r := range []Result{ratio, judged, noted, both} {
		for _, values := range [][]float64{{0}, {0.0123456}, {0.4004, 0.39, 0.5}, {12345, 1.5, 77}} {
			want := r.Summary(values)
			got, ok := Parse(want.String())
			require.True(t, ok, want.String())
			require.Equal(t, want, got)
			require.Equal(t, want.Verdict(), got.Verdict())
		}
	}
}

func TestALineIsWhatItSays(t *testing.T) {
	r := Result{Backend: "memory", Op: "refresh", Load: "64 callers, n=10000", Unit: "× map + RWMutex", Goal: AtMost(0.4), Note: "30ns against 97ns"}
	require.Equal(t,
		"memory refresh, 64 callers, n=10000: 0.310 × map + RWMutex (0.290 … 0.340), goal ≤ 0.4: met; 30ns against 97ns",
		r.Summary([]float64{0.34, 0.29, 0.31}).String())
	r.Note = ""
	require.Equal(t,
		"memory refresh, 64 callers, n=10000: 0.500 × map + RWMutex (0.500 … 0.500), goal ≤ 0.4: missed by 25 %",
		r.Summary([]float64{0.5}).String())
	r.Goal = AtLeast(4)
	require.Equal(t, "missed by 88 %", r.Summary([]float64{0.5}).Verdict())
	require.Equal(t, "missed by 0.5 %", r.Summary([]float64{3.98}).Verdict())
	r.Goal = AtMost(0)
	require.Equal(t, "missed", r.Summary([]float64{0.5}).Verdict())
	r.Goal = Goal{}
	require.Equal(t, "", r.Summary([]float64{0.5}).Verdict())
}

func TestOtherLinesAreNoResults(t *testing.T) {
	for _, line := range []string{
		"", "PASS", "=== RUN   TestGoals/memory/refresh", "--- PASS: TestGoals (12.34s)",
		"ok  	github.com/molecule-ai/liveness/benchmarks/peers	12.3s",
		"memory refresh, 64 callers, n=10000: fast × map + RWMutex (0.29 … 0.34)",
	} {
		_, ok := Parse(line)
		require.False(t, ok, line)
	}
}
