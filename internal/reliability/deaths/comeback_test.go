package deaths

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

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// Workspaces die again and again, and come back after a monitor has claimed
// them and before their deaths are handed out: no handler is called for them.
// Others come back while their handler runs: its context goes on, and Recheck
// says that they are back. The dead are handled once.
//
// It fails if Begin hands out a death whose workspace came back.
func TestComeback(t *testing.T) {
	kit.OnEach(t, true, func(t testing.TB, b kit.Backend) { comebacks(t, b, nil) }, kit.Memory, kit.File, kit.Redis)
}

func TestAHandOutOfTheLivingIsFound(t *testing.T) {
	t.Parallel()
	attempt.Found(t, "handlers called for the living", func(a *attempt.T) {
		comebacks(a, kit.InMemory(), func(driver.Standing) driver.Standing { return driver.Held })
	})
}

// comebacks tells the story on a backend, whose answers to Begin may be bent.
func comebacks(t testing.TB, b kit.Backend, bend func(driver.Standing) driver.Standing) {
	const (
		trials = 10_000 // comebacks between claim and hand-out
		quick  = 1_000  // workspaces that come back so
		later  = 1_000  // workspaces that come back during their handler
		dead   = 100

		short    = 200 * time.Millisecond // liveness TTL of the quick
		long     = 2 * time.Second        // and of all others
		patience = 2 * time.Minute
	)
	s := b.Open(t, store.TTLs{Liveness: long, For: func(id string) time.Duration {
		if strings.HasPrefix(id, "quick-") {
			return short
		}
		return 0
	}})
	kit.SetOnline(t, s, kit.Named("later", later))
	kit.SetOnline(t, s, kit.Named("dead", dead))
	kit.SetOnline(t, s, kit.Named("quick", quick))

	reaper, _ := store.As[driver.Reaper](s)
	brink := &brink{LivenessStore: s, Reaper: reaper, bend: bend}
	h := &witness{s: s, dead: kit.NewBook()}
	_, stop := kit.RunMonitor(t, brink, monitor.Config{Hold: kit.Unguarded, Concurrency: 512}, h.handle)
	for end := time.Now().Add(patience); brink.trials.Load() < trials || h.rechecked.Load() < later; {
		if time.Now().After(end) || h.wrong.Load() > 0 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	stop()

	t.Logf("%d comebacks between claim and hand-out: %d handlers; %d during the handler: %d told by Recheck; %d dead: %d handlers",
		brink.trials.Load(), h.wrong.Load(), h.late.Load(), h.rechecked.Load(), dead, len(h.dead.All()))
	require.NoError(t, errors.Join(brink.Joined(), h.Joined()))
	require.Zero(t, h.wrong.Load(), "handlers called for the living")
	require.GreaterOrEqual(t, brink.trials.Load(), int64(trials))
	require.GreaterOrEqual(t, h.late.Load(), int64(later), "handlers during which the workspace came back")
	require.Equal(t, h.late.Load(), h.rechecked.Load(), "comebacks that Recheck told of")
	require.Len(t, h.dead.All(), dead, "handlers called for the dead")
	board.Row(t, "deadlines raced: comebacks between claim and hand-out", board.Figures{
		Operations: int(h.late.Load()), Faults: int(brink.trials.Load()), Violations: int(h.wrong.Load()), FloorOperations: later, FloorFaults: trials,
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
// they were claimed, and before they are handed out.
type brink struct {
	store.LivenessStore
	driver.Reaper
	kit.Errors
	bend   func(driver.Standing) driver.Standing // nil: as the store says
	claims sync.Map                              // of a token a *sync.Once
	trials atomic.Int64
}

func (b *brink) Begin(ctx context.Context, d driver.Death) (driver.Standing, error) {
	if strings.HasPrefix(d.ID, "quick-") {
		once, _ := b.claims.LoadOrStore(d.Token, new(sync.Once))
		once.(*sync.Once).Do(func() {
			b.Add(comeBack(b.LivenessStore, d.ID, d.Token))
			b.trials.Add(1)
		})
	}
	standing, err := b.Reaper.Begin(ctx, d)
	if b.bend != nil {
		standing = b.bend(standing)
	}
	return standing, err
}

// witness handles deaths.
type witness struct {
	kit.Errors
	s     store.LivenessStore
	dead  *kit.Book
	wrong atomic.Int64 // calls for the quick, which have come back

	late, rechecked atomic.Int64 // comebacks during a call, and those that Recheck told of
}

func (w *witness) handle(ctx context.Context, d monitor.Death) error {
	kind, _, _ := strings.Cut(d.ID, "-")
	switch kind {
	case "dead":
		return w.dead.Handler(0)(ctx, d)
	case "quick":
		w.wrong.Add(1)
		return nil
	}
	if err := context.Cause(ctx); err != nil {
		w.Add(fmt.Errorf("the context of a handler ended before the workspace came back: %w", err))
	}
	w.Add(comeBack(w.s, d.ID, w.late.Add(1)))
	switch err := monitor.Recheck(ctx); {
	case !errors.Is(err, monitor.ErrCameBack):
		w.Add(fmt.Errorf("%s came back, and Recheck says %w", d.ID, err))
	case ctx.Err() != nil:
		w.Add(fmt.Errorf("%s came back, and the context of its handler ended: %w", d.ID, context.Cause(ctx)))
	default:
		w.rechecked.Add(1)
	}
	return nil
}
