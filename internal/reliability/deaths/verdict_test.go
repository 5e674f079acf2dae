package deaths

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/reliability/kit"
)

// verdict compares the calls of a book with the workspaces that fell silent.
type verdict struct {
	missed, wrong, twice int
	lateness             []time.Duration // in order
	error                time.Duration   // by which a lateness is too high at most
}

// judge counts as wrong the report of a workspace that never fell silent, or that was
// reported sooner than its TTL after its last heartbeat was sent.
func judge(b *kit.Book, silent map[string]last, ttl time.Duration) verdict {
	const grain = 2 * time.Millisecond // of Redis, twice
	var v verdict
	for id, l := range silent {
		v.error = max(v.error, l.answered.Sub(l.sent))
		if len(b.Of(id)) == 0 {
			v.missed++
		}
	}
	again := make(map[string]bool)
	for _, c := range b.All() {
		l, dead := silent[c.ID]
		late := c.At.Sub(l.sent.Add(ttl))
		switch {
		case again[c.ID]:
			v.twice++
		case !dead || late < -grain:
			v.wrong++
		default:
			v.lateness = append(v.lateness, late)
		}
		again[c.ID] = true
	}
	slices.Sort(v.lateness)
	return v
}

// late returns the lateness that so many percent of the deaths do not exceed.
func (v verdict) late(percent int) time.Duration {
	if len(v.lateness) == 0 {
		return 0
	}
	return v.lateness[(len(v.lateness)-1)*percent/100]
}

func (v verdict) String() string {
	round := func(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }
	return fmt.Sprintf("missed %d, false %d, twice %d; lateness p50 %v, p99 %v, max %v, too high by at most %v",
		v.missed, v.wrong, v.twice, round(v.late(50)), round(v.late(99)), round(v.late(100)), round(v.error))
}

// require fails the test unless all deaths were reported, each once, and
// nothing else.
func (v verdict) require(t testing.TB) {
	t.Helper()
	require.Zero(t, v.missed, "deaths missed")
	require.Zero(t, v.wrong, "reported though alive")
	require.Zero(t, v.twice, "reported more than once")
}
