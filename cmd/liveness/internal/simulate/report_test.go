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
	c := incident()
	c.Monitors, c.KillMonitor, c.Outage = 3, true, 15*time.Minute
	return &Report{Config: c, Runs: []Figures{
		{
			TTL: seconds(60 * time.Second), Elapsed: seconds(40 * time.Minute), Fleet: 200,
			Heartbeats: 11111, Stalls: 22, Injected: 5, Reported: 4, Missed: 1, Again: 6, Graces: 7, Holds: 8, Killed: 9, Refused: 77,
			AfterDeath:      Spread{seconds(33300 * time.Millisecond), seconds(44400 * time.Millisecond)},
			PastDeadline:    Spread{seconds(550 * time.Millisecond), seconds(6600 * time.Millisecond)},
			HealthyReported: 3, LeadersReported: 3, Restarts: 17, LeftOut: 1,
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
		r.Outage, r.Deaths = 10*time.Minute, 10_000
		r.Runs[0].HealthyReported, r.Runs[0].LeadersReported, r.Runs[0].Restarts = 10_000, 9_999, 100_000
		r.Runs[0].Injected, r.Runs[0].Reported, r.Runs[0].Missed, r.Runs[0].Again = 10_000, 9_999, 9_999, 10_000
		r.Runs[0].LeftOut = 10_000
		r.Runs[1].Elapsed, r.Runs[1].Blind = seconds(40*time.Minute), seconds(39*time.Minute)
		r.Runs = append(r.Runs, r.Runs...)
		r.Runs[2].Announced, r.Runs[3].Probe = true, true
		for line := range strings.Lines(table(t, r)) {
			require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 80, line)
		}
	})

	t.Run("every figure is in its row and column", func(t *testing.T) {
		text := table(t, example())
		for label, cells := range map[string][]string{
			"heartbeats sent":                     {"11111", "99999"},
			"stalls of leaders, 60 to 120 s each": {"22", "0"},
			"deaths injected":                     {"5", "0"},
			"deaths reported":                     {"4", "0"},
			"  how long after the death, median":  {"33.3 s", "-"},
			"  how long after the death, worst":   {"44.4 s", "-"},
			"  how late (1), median":              {"0.6 s", "-"},
			"  how late (1), worst":               {"6.6 s", "-"},
			"deaths missed":                       {"1", "0"},
			"reports of the same silence again":   {"6", "0"},
			"healthy workspaces reported dead":    {"3", "0"},
			"restarts of a living workspace (2)":  {"17", "0"},
			"graces, at the start and later":      {"7", "0"},
			"holds (3)":                           {"8", "0"},
			"monitors killed":                     {"9", "0"},
			"heartbeats refused in the outage":    {"77", "0"},
			"workspaces left out (4)":             {"1", "0"},
		} {
			require.Contains(t, text, "\n"+label)
			_, rest, _ := strings.Cut(text, "\n"+label)
			row, _, _ := strings.Cut(rest, "\n")
			require.Equal(t, strings.Fields(strings.Join(cells, " ")), strings.Fields(row), label)
		}
	})

	t.Run("the columns are told apart", func(t *testing.T) {
		r := example()
		r.Runs = append(r.Runs, r.Runs[0], r.Runs[0])
		r.Runs[2].Announced, r.Runs[3].Probe = true, true
		text := table(t, r)
		require.Regexp(t, `\n +TTL 60s +TTL 180s +TTL 60s +TTL 60s\n +announced +Probe\n`, text)
		require.Contains(t, text, "\nTTL 60s with stalls announced restarted 3 healthy leaders, 17 times.\n")
		require.Contains(t, text, "\nTTL 60s with Probe restarted 3 healthy leaders, 17 times.\n")
	})

	t.Run("the verdict follows from the figures", func(t *testing.T) {
		r := example()
		require.Equal(t, []string{
			"TTL 60s restarted 3 healthy leaders, 17 times.",
			"TTL 60s reported 4 of 5 deaths, missed 1, and reported 6 again.",
			"TTL 180s restarted no healthy workspace.",
			"TTL 180s reported 0 of 0 deaths.",
		}, r.Verdict())

		r.Runs[1].HealthyReported, r.Runs[1].LeadersReported, r.Runs[1].Restarts = 2, 1, 2
		require.Equal(t, "TTL 180s restarted 2 healthy workspaces (leaders: 1), 2 times.", r.Verdict()[2])
	})

	t.Run("it says what is done to the monitors", func(t *testing.T) {
		r := example()
		require.Contains(t, table(t, r), "\n3 monitors; one is killed while it holds a report; no store for 15 min\n")

		r.Monitors, r.KillMonitor, r.Outage = 1, false, 0
		text := table(t, r)
		require.Contains(t, text, "\n1 monitor\n")
		require.NotContains(t, text, "\nmonitors killed")
		require.NotContains(t, text, "\nheartbeats refused")
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
		require.Contains(t, table(t, r), "TTL 180s: not to be trusted: there was no sweep for 25 s.\n")
	})

	t.Run("an interruption is told", func(t *testing.T) {
		r := example()
		r.Interrupted = true
		r.Runs = r.Runs[:1]
		r.Runs[0].Elapsed = seconds(12 * time.Minute)
		require.Contains(t, table(t, r), "Interrupted in TTL 60s after 12.0 of 40 min. Later deaths do not count.\n")

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
		Monitors int
		Kill     bool    `json:"kill_monitor"`
		Outage   float64 `json:"outage_s"`
		Trusted  bool
		Verdict  []string
		Runs     []struct {
			TTL        float64 `json:"ttl_s"`
			Heartbeats int
			Late       struct{ Median, Worst float64 } `json:"reported_past_deadline_s"`
			Restarts   int
			Missed     int `json:"deaths_missed"`
			Again      int `json:"reported_again"`
			Graces     int
			Holds      int
			Killed     int `json:"monitors_killed"`
		}
	}
	require.NoError(t, json.Unmarshal(b.Bytes(), &doc))
	require.Equal(t, "memory:", doc.Store)
	require.Equal(t, 2400.0, doc.Duration)
	require.Equal(t, 3, doc.Monitors)
	require.True(t, doc.Kill)
	require.Equal(t, 900.0, doc.Outage)
	require.True(t, doc.Trusted)
	require.Equal(t, example().Verdict(), doc.Verdict)
	require.Len(t, doc.Runs, 2)
	require.Equal(t, 60.0, doc.Runs[0].TTL)
	require.Equal(t, 11111, doc.Runs[0].Heartbeats)
	require.Equal(t, 0.55, doc.Runs[0].Late.Median)
	require.Equal(t, 6.6, doc.Runs[0].Late.Worst)
	require.Equal(t, 17, doc.Runs[0].Restarts)
	require.Equal(t, 1, doc.Runs[0].Missed)
	require.Equal(t, 6, doc.Runs[0].Again)
	require.Equal(t, 7, doc.Runs[0].Graces)
	require.Equal(t, 8, doc.Runs[0].Holds)
	require.Equal(t, 9, doc.Runs[0].Killed)
}

func TestProgress(t *testing.T) {
	// shown returns what a run tells of its progress.
	shown := func(t *testing.T, terminal bool) string {
		var b bytes.Buffer
		c := small()
		c.Progress, c.Terminal = &b, terminal
		_, _ = completed(t, c)
		return b.String()
	}

	t.Run("on a terminal it is one line, written over five times a second and removed at the end", func(t *testing.T) {
		text := shown(t, true)
		require.Contains(t, text, "\r\033[KTTL 60s: 12")
		require.True(t, strings.HasSuffix(text, "\r\033[K"))
		require.NotContains(t, text, "\n")
		require.LessOrEqual(t, strings.Count(text, "TTL"), 4*5*5+4)
		require.Greater(t, strings.Count(text, "TTL"), 4*5*4)
	})

	t.Run("elsewhere it is a line every few seconds", func(t *testing.T) {
		lines := strings.Split(strings.TrimSuffix(shown(t, false), "\n"), "\n")
		require.Len(t, lines, 4, "a run takes 5 s")
		for _, line := range lines {
			require.Regexp(t, `^TTL (60|180)s[a-zA-Z ]*: 1\d min of 20 min, \d+ false alarms?, \d+ deaths? reported$`, line)
		}
	})
}
