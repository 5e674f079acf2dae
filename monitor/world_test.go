package monitor_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

const (
	ttl       = store.DefaultLivenessTTL
	heartbeat = ttl / 6
	lease     = 30 * time.Second
	interval  = ttl / 90
	soon      = 5 * time.Millisecond // as late as a report may be in memory
)

// unguarded hands out every death at its deadline.
var unguarded = monitor.Config{Hold: monitor.Hold{Share: 1}}

// world is a store in memory, the monitors on it, and what they reported.
type world struct {
	*memstore.Store
	t     *testing.T
	start time.Time
	log   journal

	mu   sync.Mutex
	runs []run
}

// run is one call of a handler.
type run struct {
	monitor.Death
	by string
	at time.Time
}

// story tells of a world under fake time.
func story(t *testing.T, o memstore.Options, tell func(w *world)) {
	synctest.Test(t, func(t *testing.T) {
		s, err := memstore.New(o)
		require.NoError(t, err)
		tell(&world{Store: s, t: t, start: time.Now()})
	})
}

// pass lets time pass.
func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (w *world) online(ids ...string) {
	for _, id := range ids {
		require.NoError(w.t, w.SetOnline(w.t.Context(), id))
	}
}

// beating lets time pass while the workspaces are heard from.
func (w *world) beating(d time.Duration, ids ...string) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		for _, id := range ids {
			_, err := store.Heartbeat(w.t.Context(), w, id)
			require.NoError(w.t, err)
		}
		w.pass(min(heartbeat, time.Until(end)))
	}
}

// watcher is a monitor that runs.
type watcher struct {
	*monitor.Monitor
	w      *world
	cancel context.CancelFunc
	ended  chan struct{}
	err    error
}

// watch starts a monitor that records what it reports and handles it.
func (w *world) watch(c monitor.Config) *watcher { return w.watchBy("", w.Store, c, nil) }

// handle starts a monitor that records what it reports and has it handled.
func (w *world) handle(c monitor.Config, h monitor.Handler) *watcher {
	return w.watchBy("", w.Store, c, h)
}

func (w *world) watchBy(name string, s store.LivenessStore, c monitor.Config, h monitor.Handler) *watcher {
	if c.Logger == nil {
		c.Logger = slog.New(slog.NewTextHandler(&w.log, nil)).With("by", name)
	}
	m, err := monitor.New(s, c)
	require.NoError(w.t, err)
	return w.run(name, m, h)
}

func (w *world) run(name string, m *monitor.Monitor, h monitor.Handler) *watcher {
	ctx, cancel := context.WithCancel(w.t.Context())
	x := &watcher{Monitor: m, w: w, cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(x.ended)
		x.err = m.Run(ctx, func(ctx context.Context, d monitor.Death) error {
			w.mu.Lock()
			w.runs = append(w.runs, run{d, name, time.Now()})
			w.mu.Unlock()
			if h == nil {
				return nil
			}
			return h(ctx, d)
		})
	}()
	w.t.Cleanup(func() { x.stop() })
	return x
}

// stop ends the monitor, waits for it and returns its error.
func (x *watcher) stop() error {
	x.cancel()
	<-x.ended
	return x.err
}

// calm waits until the grace of a store that was never watched is over.
func (w *world) calm() *world {
	w.pass(ttl + interval)
	return w
}

func (w *world) reported() []run {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.runs)
}

// reports returns the runs for one workspace.
func (w *world) reports(id string) []run {
	return slices.DeleteFunc(w.reported(), func(r run) bool { return r.ID != id })
}

// once asserts that each of the workspaces was reported once, and nobody else.
func (w *world) once(ids ...string) {
	w.t.Helper()
	times := make(map[string]int)
	for _, r := range w.reported() {
		times[r.ID]++
	}
	missed, again := 0, 0
	for _, id := range ids {
		switch times[id] {
		case 0:
			missed++
		case 1:
		default:
			again++
		}
		delete(times, id)
	}
	assert.Zero(w.t, missed, "missed of %d", len(ids))
	assert.Zero(w.t, again, "reported more than once of %d", len(ids))
	assert.Zero(w.t, len(times), "others who were reported")
}

// nobody asserts that nothing was reported.
func (w *world) nobody() {
	w.t.Helper()
	if runs := w.reported(); len(runs) > 0 {
		assert.Fail(w.t, "reports", "%d, the first: %+v", len(runs), runs[0])
	}
}

// names returns n ids that begin with a word.
func names(word string, n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("%s%d", word, i)
	}
	return ids
}

// journal is a text that several goroutines write.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *journal) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// count returns how many lines contain the words.
func (l *journal) count(words ...string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.text.String()) {
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(line, word) }) {
			n++
		}
	}
	return n
}
