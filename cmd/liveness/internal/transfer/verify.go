package transfer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// Tolerance is how far apart the ends of a life may be in two stores by default.
const Tolerance = 100 * time.Millisecond

// Report is the result of a comparison.
type Report struct {
	Same        int           `json:"same"`  // the same in both
	Later       int           `json:"later"` // heard from later in the second
	Extra       int           `json:"extra"` // known to the second alone
	Farthest    time.Duration `json:"farthest"`
	Differences []Difference  `json:"differences"`
}

// Difference is a workspace about which the second store knows less than the first.
type Difference struct {
	ID   string `json:"id"`
	What string `json:"what"`
}

// Verify compares two stores. It needs some hundred bytes for each workspace.
//
// The second store may know more: a longer life, a later URL, workspaces of its
// own. Where it knows less, that is a difference. Farthest is how far apart the ends of a
// life or the deadlines of a death are at the most, where they are within the
// tolerance.
func Verify(ctx context.Context, src, dst store.LivenessStore, tolerance time.Duration, progress func(n int)) (Report, error) {
	from, to, err := restorers(src, dst)
	if err != nil {
		return Report{}, err
	}
	second, err := read(ctx, to, progress)
	if err != nil {
		return Report{}, err
	}
	first, err := read(ctx, from, func(n int) { progress(len(second.entries) + n) })
	if err != nil {
		return Report{}, err
	}
	c := comparison{tolerance: tolerance, shift: second.clock.behind - first.clock.behind, now: time.Now().Add(-first.clock.behind)}
	for _, id := range slices.Sorted(maps.Keys(first.entries)) {
		e, ok := second.entries[id]
		c.compare(id, first.entries[id], e, ok)
		delete(second.entries, id)
	}
	c.report.Extra = len(second.entries)
	return c.report, nil
}

type comparison struct {
	tolerance time.Duration
	shift     time.Duration // from the clock of the second store to that of the first
	now       time.Time     // by the clock of the first store
	report    Report
}

func (c *comparison) compare(id string, a, b entry, there bool) {
	var what string
	later := false
	apart := b.deadline.Add(c.shift).Sub(a.deadline) // more than 0: the second ends later
	within := apart.Abs() <= c.tolerance
	switch {
	case a.deadline.IsZero():
	case !there || b.deadline.IsZero():
		what = "it is unknown"
	case within && a.dead && b.dead && b.attempt < a.attempt:
		what = fmt.Sprintf("its death was handed out %d times, not %d", b.attempt, a.attempt)
	case within:
		c.report.Farthest = max(c.report.Farthest, apart.Abs())
	case apart > 0:
		later = true
	default:
		what = fmt.Sprintf("it is %v, not %v: by %v earlier", b, a, -apart)
	}
	for i := range a.urls {
		switch missing := c.compareURL(a.urls[i], b.urls[i]); {
		case what != "" || missing == "":
		case b.attempt > 0 || later: // a hand-out has forgotten it, or a later life has another
		default:
			what = missing
		}
	}
	switch {
	case what != "":
		c.report.Differences = append(c.report.Differences, Difference{id, what})
	case later:
		c.report.Later++
	default:
		c.report.Same++
	}
}

func (c *comparison) compareURL(a, b cached) string {
	if a.url == "" || !a.end.After(c.now) || store.CheckURL(a.url) != nil {
		return ""
	}
	switch apart := b.end.Add(c.shift).Sub(a.end); {
	case b.url == "":
		return "a URL is missing"
	case apart < -c.tolerance:
		return fmt.Sprintf("a URL is forgotten %v earlier", -apart)
	case apart <= c.tolerance && a.url != b.url:
		return "a URL is another one"
	}
	return ""
}
