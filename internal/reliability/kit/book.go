package kit

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/monitor"
)

// Book records for what handlers are called.
type Book struct {
	mu    sync.Mutex
	calls map[string][]Call
}

// Call is one call of a handler.
type Call struct {
	monitor.Death
	By int // the number of its monitor
	At time.Time
}

// NewBook returns a book without calls.
func NewBook() *Book { return &Book{calls: make(map[string][]Call)} }

// Handler returns one that enters the death, and the number of its monitor,
// and succeeds.
func (b *Book) Handler(by int) monitor.Handler {
	return func(_ context.Context, d monitor.Death) error {
		at := time.Now()
		b.mu.Lock()
		defer b.mu.Unlock()
		b.calls[d.ID] = append(b.calls[d.ID], Call{d, by, at})
		return nil
	}
}

// All returns every call, in order of time.
func (b *Book) All() []Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []Call
	for _, calls := range b.calls {
		all = append(all, calls...)
	}
	slices.SortFunc(all, func(x, y Call) int { return x.At.Compare(y.At) })
	return all
}

// Of returns the calls for a workspace.
func (b *Book) Of(id string) []Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.calls[id]
}

// Await waits until handlers were called for so many workspaces, which must come to be within
// that time, and for a while longer, in which more would come.
func (b *Book) Await(t testing.TB, workspaces int, within, while time.Duration) {
	t.Helper()
	entered := func() int {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.calls)
	}
	for end := time.Now().Add(within); entered() < workspaces && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	require.GreaterOrEqual(t, entered(), workspaces, "workspaces that a handler was called for within %v", within)
	time.Sleep(while)
}
