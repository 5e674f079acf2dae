package simulate

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// example is a report with figures that are easy to find again.
func example() *Report {
	return &Report{Config: incident(), Runs: []Figures{
		{
			TTL: seconds(60 * time.Second), Elapsed: seconds(40 * time.Minute), Fleet: 200,
			Heartbeats: 11111, Stalls: 22, Injected: 5, Seen: 4,
			AfterDeath:    Spread{seconds(33300 * time.Millisecond), seconds(44400 * time.Millisecond)},
			PastDeadline:  Spread{seconds(550 * time.Millisecond), seconds(6600 * time.Millisecond)},
			LookedOffline: 3, LeadersOffline: 3, Restarts: 17, LeftOut: 1,
		},
		{TTL: seconds(180 * time.Second), Elapsed: seconds(40 * time.Minute), Fleet: 200, Heartbeats: 99999},
	}}
}

func table(t *testing.T, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, r.WriteTable(&b))
	return b.String()
}

func TestTable(t *testing.T) {
	t.Run("it fits into 80 columns, at its widest", func(t *testing.T) {
		r := example()
		r.Interrupted = true
		r.Runs[0].LookedOffline, r.Runs[0].LeadersOffline = 199, 198
		r.Runs[0].LeftOut = 10_000
		r.Runs[1].Elapsed, r.Runs[1].Blind = seconds(40*time.Minute), seconds(39*time.Minute)
		for line := range strings.Lines(table(t, r)) {
			require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 80, line)
		}
	})

	t.Run("every figure is in its row and column", func(t *testing.T) {
		text := table(t, example())
		for label, cells := range map[string][]string{
			"heartbeats sent":                          {"11111", "99999"},
			"stalls of leaders, 60 to 120 s each":      {"22", "0"},
			"deaths injected":                          {"5", "0"},
			"deaths seen":                              {"4", "0"},
			"  how long after the death, median":       {"33.3 s", "-"},
			"  how long after the death, worst":        {"44.4 s", "-"},
			"  how late (1), median":                   {"0.6 s", "-"},
			"  how late (1), worst":                    {"6.6 s", "-"},
			"healthy workspaces that looked offline":   {"3", "0"},
			"restarts that this would have caused (2)": {"17", "0"},
			"workspaces left out (3)":                  {"1", "0"},
		} {
			require.Contains(t, text, "\n"+label)
			_, rest, _ := strings.Cut(text, "\n"+label)
			row, _, _ := strings.Cut(rest, "\n")
			require.Equal(t, strings.Fields(strings.Join(cells, " ")), strings.Fields(row), label)
		}
	})

	t.Run("the verdict follows from the figures", func(t *testing.T) {
		r := example()
		require.Equal(t, []string{
			"TTL 60s would have restarted 3 healthy leaders, 17 times.",
			"TTL 60s: 1 of 5 deaths not seen.",
			"TTL 180s would have restarted no healthy workspace.",
		}, r.Verdict())

		r.Runs[1].LookedOffline, r.Runs[1].LeadersOffline, r.Runs[1].Restarts = 2, 1, 2
		require.Equal(t, "TTL 180s would have restarted 2 healthy workspaces (leaders: 1), 2 times.", r.Verdict()[2])
	})

	t.Run("a result that cannot be trusted says why", func(t *testing.T) {
		r := example()
		require.True(t, r.Trusted())
		r.Runs[0].LeftOut = 3
		require.False(t, r.Trusted())
		require.Contains(t, table(t, r), "TTL 60s: not to be trusted: 3 of 200 workspaces were left out.\n")

		r = example()
		r.Runs[1].Blind = seconds(25 * time.Second)
		require.False(t, r.Trusted())
		require.Contains(t, table(t, r), "TTL 180s: not to be trusted: nobody could look for 25 s.\n")
	})

	t.Run("an interruption is told", func(t *testing.T) {
		r := example()
		r.Interrupted = true
		r.Runs = r.Runs[:1]
		r.Runs[0].Elapsed = seconds(12 * time.Minute)
		require.Contains(t, table(t, r), "Interrupted with TTL 60s after 12.0 of 40 min. Later deaths do not count.\n")

		r.Runs = nil
		require.Contains(t, table(t, r), "Interrupted before anything was seen.\n")
	})
}

func TestJSON(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, example().WriteJSON(&b))
	var doc struct {
		Store    string
		Duration float64 `json:"duration_s"`
		Trusted  bool
		Verdict  []string
		Runs     []struct {
			TTL        float64 `json:"ttl_s"`
			Heartbeats int
			Late       struct{ Median, Worst float64 } `json:"seen_past_deadline_s"`
			Restarts   int
		}
	}
	require.NoError(t, json.Unmarshal(b.Bytes(), &doc))
	require.Equal(t, "memory:", doc.Store)
	require.Equal(t, 2400.0, doc.Duration)
	require.True(t, doc.Trusted)
	require.Equal(t, example().Verdict(), doc.Verdict)
	require.Len(t, doc.Runs, 2)
	require.Equal(t, 60.0, doc.Runs[0].TTL)
	require.Equal(t, 11111, doc.Runs[0].Heartbeats)
	require.Equal(t, 0.55, doc.Runs[0].Late.Median)
	require.Equal(t, 6.6, doc.Runs[0].Late.Worst)
	require.Equal(t, 17, doc.Runs[0].Restarts)
}

func TestProgress(t *testing.T) {
	t.Run("the line is written over and removed at the end", func(t *testing.T) {
		var b bytes.Buffer
		c := small()
		c.Progress = &b
		_, _ = completed(t, c)
		require.Contains(t, b.String(), "\r\033[KTTL 60s: 12")
		require.True(t, strings.HasSuffix(b.String(), "\r\033[K"))
		require.NotContains(t, b.String(), "\n")
	})

	t.Run("it is shown at most five times in a second", func(t *testing.T) {
		var b bytes.Buffer
		c := small()
		c.Progress = &b
		_, _ = completed(t, c)
		require.LessOrEqual(t, strings.Count(b.String(), "TTL"), 2*5*5+2)
		require.Greater(t, strings.Count(b.String(), "TTL"), 2*5*4)
	})
}
