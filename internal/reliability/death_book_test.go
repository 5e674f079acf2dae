package reliability

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// unguarded turns the storm guard off.
var unguarded = monitor.Hold{Share: 1}

// setOnline sets all online, many at a time.
func setOnline(t testing.TB, s store.LivenessStore, ids []string) {
	t.Helper()
	const callers = 256
	errs := make([]error, callers)
	var all sync.WaitGroup
	for c := range callers {
		all.Go(func() {
			for i := c; i < len(ids); i += callers {
				errs[c] = errors.Join(errs[c], s.SetOnline(context.Background(), ids[i]))
			}
		})
	}
	all.Wait()
	require.NoError(t, errors.Join(errs...))
}

// named returns n ids that begin with a word.
func named(word string, n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("%s-%d", word, i)
	}
	return ids
}

// runMonitor runs a monitor until the test ends, or stop was called.
func runMonitor(t testing.TB, s store.LivenessStore, c monitor.Config, h monitor.Handler) (m *monitor.Monitor, stop func()) {
	t.Helper()
	m, err := monitor.New(s, c)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx, h) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	t.Cleanup(stop)
	return m, stop
}

// book records for what handlers are called.
type book struct {
	mu    sync.Mutex
	calls map[string][]call
}

type call struct {
	monitor.Death
	by int
	at time.Time
}

func newBook() *book { return &book{calls: make(map[string][]call)} }

// handler returns one that enters the death, and the number of its monitor,
// and succeeds.
func (b *book) handler(by int) monitor.Handler {
	return func(_ context.Context, d monitor.Death) error {
		at := time.Now()
		b.mu.Lock()
		defer b.mu.Unlock()
		b.calls[d.ID] = append(b.calls[d.ID], call{d, by, at})
		return nil
	}
}

// all returns every call, in order of time.
func (b *book) all() []call {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []call
	for _, calls := range b.calls {
		all = append(all, calls...)
	}
	slices.SortFunc(all, func(x, y call) int { return x.at.Compare(y.at) })
	return all
}

// await waits until handlers were called for so many workspaces, and for a
// while longer, in which more would come.
func (b *book) await(t testing.TB, workspaces int, patience, while time.Duration) {
	t.Helper()
	entered := func() int {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.calls)
	}
	for end := time.Now().Add(patience); entered() < workspaces && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	require.GreaterOrEqual(t, entered(), workspaces, "workspaces that a handler was called for within %v", patience)
	time.Sleep(while)
}

// verdict compares a book with who fell silent.
type verdict struct {
	missed, wrong, twice int
	lateness             []time.Duration // in order
	error                time.Duration   // by which a lateness is too high at most
}

// judge counts as wrong who never fell silent, and who was reported sooner
// than its TTL after its last heartbeat was sent.
func (b *book) judge(silent map[string]last, ttl time.Duration) verdict {
	const grain = 2 * time.Millisecond // of Redis, twice
	b.mu.Lock()
	defer b.mu.Unlock()
	var v verdict
	for id, l := range silent {
		v.error = max(v.error, l.answered.Sub(l.sent))
		if len(b.calls[id]) == 0 {
			v.missed++
		}
	}
	for id, calls := range b.calls {
		l, dead := silent[id]
		late := calls[0].at.Sub(l.sent.Add(ttl))
		switch {
		case !dead || late < -grain:
			v.wrong++
		case len(calls) > 1:
			v.twice++
		default:
			v.lateness = append(v.lateness, late)
		}
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
