package reliability

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// Workspaces die again and again, and come back after a monitor has claimed
// them and before it verifies that they are offline: no handler is called for
// them. For others one is, and they come back while it runs: its context ends.
// The dead are handled once.
func TestComeback(t *testing.T) {
	const (
		trials = 10_000 // comebacks between claim and verification
		quick  = 1_000  // workspaces that come back so
		later  = 1_000  // workspaces that come back during their handler
		dead   = 100

		short    = 200 * time.Millisecond // liveness TTL of the quick
		long     = 2 * time.Second        // and of all others
		patience = 2 * time.Minute
	)
	t.Parallel()
	everywhere(t, func(t *testing.T, b backend) {
		t.Parallel()
		s := b.open(t, store.TTLs{Liveness: long, For: func(id string) time.Duration {
			if strings.HasPrefix(id, "quick-") {
				return short
			}
			return 0
		}})
		setOnline(t, s, named("later", later))
		setOnline(t, s, named("dead", dead))
		setOnline(t, s, named("quick", quick))

		reaper, _ := store.As[store.Reaper](s)
		brink := &brink{LivenessStore: s, Reaper: reaper}
		h := &witness{s: s, dead: newBook()}
		_, stop := runMonitor(t, brink, monitor.Config{Storm: unguarded, Concurrency: 512}, h.handle)
		for end := time.Now().Add(patience); brink.trials.Load() < trials || h.cancelled.Load() < later; {
			if time.Now().After(end) || h.wrong.Load() > 0 {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		stop()

		t.Logf("%d comebacks between claim and verification: %d handlers; %d during the handler: %d cancelled; %d dead: %d handlers",
			brink.trials.Load(), h.wrong.Load(), h.late.Load(), h.cancelled.Load(), dead, len(h.dead.all()))
		require.NoError(t, errors.Join(brink.failures(), h.failures()))
		require.Zero(t, h.wrong.Load(), "handlers called for the living")
		require.GreaterOrEqual(t, brink.trials.Load(), int64(trials))
		require.GreaterOrEqual(t, h.late.Load(), int64(later), "handlers during which the workspace came back")
		require.Equal(t, h.late.Load(), h.cancelled.Load(), "contexts that ended because of it")
		require.Len(t, h.dead.all(), dead, "handlers called for the dead")
	})
}

// comeBack has a workspace heard from, in one of the two ways there are.
func comeBack(s store.LivenessStore, id string, way int64) error {
	if way%2 == 0 {
		return s.SetOnline(context.Background(), id)
	}
	_, err := store.Heartbeat(context.Background(), s, id)
	return err
}

// brink is a store on which the quick come back as late as they can: after
// they were claimed, and before the first Extend about that claim begins.
type brink struct {
	store.LivenessStore
	store.Reaper
	faults
	claims sync.Map // of a token a *sync.Once
	trials atomic.Int64
}

func (b *brink) Extend(ctx context.Context, held []store.Death, lease time.Duration) ([]bool, error) {
	for _, d := range held {
		if !strings.HasPrefix(d.ID, "quick-") {
			continue
		}
		once, _ := b.claims.LoadOrStore(d.Token, new(sync.Once))
		once.(*sync.Once).Do(func() {
			b.fault(comeBack(b.LivenessStore, d.ID, d.Token))
			b.trials.Add(1)
		})
	}
	return b.Reaper.Extend(ctx, held, lease)
}

// witness handles deaths.
type witness struct {
	faults
	s     store.LivenessStore
	dead  *book
	wrong atomic.Int64 // calls for the quick, which have come back

	late, cancelled atomic.Int64 // comebacks during a call, and calls that ended by them
}

func (w *witness) handle(ctx context.Context, d monitor.Death) error {
	const patience = 20 * time.Second // less than the lease: it is not that which ends
	kind, _, _ := strings.Cut(d.ID, "-")
	switch kind {
	case "dead":
		return w.dead.handler(0)(ctx, d)
	case "quick":
		w.wrong.Add(1)
		return nil
	}
	if err := context.Cause(ctx); err != nil {
		w.fault(fmt.Errorf("the context of a handler ended before the workspace came back: %w", err))
	}
	w.fault(comeBack(w.s, d.ID, w.late.Add(1)))
	select {
	case <-time.After(patience):
		w.fault(fmt.Errorf("%s came back, and its handler goes on", d.ID))
		return nil
	case <-ctx.Done():
	}
	if cause := context.Cause(ctx); cause != monitor.ErrNotHeld {
		w.fault(fmt.Errorf("a handler's context ended because of %v, want %v", cause, monitor.ErrNotHeld))
		return nil
	}
	w.cancelled.Add(1)
	return context.Cause(ctx)
}

// faults collects errors of goroutines.
type faults struct {
	mu  sync.Mutex
	all []error
}

func (f *faults) fault(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.all = append(f.all, err)
	}
}

func (f *faults) failures() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return errors.Join(f.all...)
}
