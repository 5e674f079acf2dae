// Package peers measures the stores of this module beside what a user would
// write or pick in their place, each with its own best settings and at the same
// durability. Both take turns in one process, and what counts is their ratio.
package peers

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// call is one operation about one workspace.
type call func(ctx context.Context, id string) error

// load is what callers do at the same time: each walks the ids, which are
// shuffled, from a place of its own, and begins a call when the last one has
// returned.
type load struct {
	callers int
	ids     []string
	window  time.Duration // how long they go on; 0: until each id had one call
	timed   bool          // each call is timed, which costs 0.1 µs
	batch   int           // workspaces that each call is about; 0: 1
	beside  string        // what else the machine does
}

// pace is how a load was served.
type pace struct {
	each float64 // nanoseconds from one call to the next, of all callers together
	p99  float64 // nanoseconds within which 99 of 100 calls returned, if they were timed
}

// workers is the calls of one load.
type workers struct {
	load
	do     call
	begin  chan struct{}
	over   atomic.Bool
	calls  atomic.Int64
	failed atomic.Pointer[error]

	mu   sync.Mutex
	took []time.Duration
}

// run makes the callers call do. A call that fails ends the test.
func (l load) run(tb testing.TB, do call) pace {
	tb.Helper()
	runtime.GC()
	w := &workers{load: l, do: do, begin: make(chan struct{})}
	var callers sync.WaitGroup
	for c := range l.callers {
		callers.Go(func() { w.work(c) })
	}
	start := time.Now()
	close(w.begin)
	if l.window > 0 {
		time.Sleep(l.window)
		w.over.Store(true)
	}
	callers.Wait()
	passed := time.Since(start)
	if err := w.failed.Load(); err != nil {
		tb.Fatal(*err)
	}
	p := pace{each: float64(passed) / float64(w.calls.Load())}
	if l.timed {
		slices.Sort(w.took)
		p.p99 = float64(w.took[len(w.took)*99/100])
	}
	return p
}

// work is one caller.
func (w *workers) work(caller int) {
	ctx, cancel := context.WithCancel(context.Background()) // each caller has its own, as a request has
	defer cancel()
	first, end := caller*len(w.ids)/w.callers, (caller+1)*len(w.ids)/w.callers
	var took []time.Duration
	<-w.begin
	n := 0
	for at := first; !w.over.Load() && (w.window > 0 || at < end); at++ {
		var began time.Time
		if w.timed {
			began = time.Now()
		}
		if err := w.do(ctx, w.ids[at%len(w.ids)]); err != nil {
			w.failed.Store(&err)
			return
		}
		if w.timed {
			took = append(took, time.Since(began))
		}
		n++
	}
	w.calls.Add(int64(n))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.took = append(w.took, took...)
}

// String returns the load as it is printed.
func (l load) String() string {
	callers, calls := "1 caller", ""
	if l.callers > 1 {
		callers = fmt.Sprint(l.callers, " callers")
	}
	if l.batch > 1 {
		calls = fmt.Sprintf(", %d a call", l.batch)
	}
	if l.beside != "" {
		calls += ", " + l.beside
	}
	return fmt.Sprintf("%s, n=%d%s", callers, len(l.ids)*max(1, l.batch), calls)
}

// workspaces returns n ids as the platform makes them, in random order.
func workspaces(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = "workspace-" + strconv.Itoa(i)
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(n, func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	return ids
}
