package pictures

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// Run describes a run of a picture.
type Run struct {
	Picture Picture
	Size    int    // workspaces
	Seed    uint64 // for chance

	Monitors int           // 0 means 2
	Replace  time.Duration // each monitor is replaced so often, one after the other; 0 means never
	Probe    bool          // monitors have a Probe, which says alive of the living and dead of the dead

	Speed  int    // seconds of fleet time in a second; 0 means 1
	Prefix string // of the ids
}

// Fleet is the workspaces of a run, from their first heartbeat to the end of
// the picture.
type Fleet struct {
	Run
	start      time.Time
	strike     time.Duration // when the picture strikes
	workspaces []*workspace
	byID       map[string]*workspace
}

// New returns a fleet whose time begins now.
func New(r Run) *Fleet {
	r.Monitors, r.Speed = max(r.Monitors, 0), max(r.Speed, 1)
	if r.Monitors == 0 {
		r.Monitors = 2
	}
	chance := rand.New(rand.NewPCG(r.Seed, 0))
	f := &Fleet{
		Run:    r,
		start:  time.Now(),
		strike: Quiet + time.Duration(chance.Int64N(int64(Heartbeat))),
		byID:   make(map[string]*workspace),
	}
	mortal := 0
	if r.Picture.Dying != nil {
		mortal = r.Picture.Dying(r.Size)
	}
	for i := range r.Size {
		w := &workspace{
			id:        fmt.Sprintf("%s%d", r.Prefix, i),
			i:         i,
			mortal:    i < mortal,
			random:    rand.New(rand.NewPCG(r.Seed, uint64(i)+1)),
			restarted: make(chan struct{}, 1),
		}
		f.workspaces = append(f.workspaces, w)
		f.byID[w.id] = w
	}
	return f
}

// now returns the time since the fleet began.
func (f *Fleet) now() time.Duration { return time.Since(f.start) * time.Duration(f.Speed) }

// at returns a channel on which something arrives at the given time.
func (f *Fleet) at(t time.Duration) <-chan time.Time {
	return time.After(t/time.Duration(f.Speed) - time.Since(f.start))
}

// End returns when the picture is over.
func (f *Fleet) End() time.Duration { return f.strike + f.Picture.Lasts }

// Elapsed returns how much of that time has passed.
func (f *Fleet) Elapsed() time.Duration { return min(f.now(), f.End()) }

// IDs returns the ids of the workspaces.
func (f *Fleet) IDs() []string {
	ids := make([]string, len(f.workspaces))
	for i, w := range f.workspaces {
		ids[i] = w.id
	}
	return ids
}

// Live sends the heartbeats that are not lost by beat, from many goroutines,
// and returns when the picture is over, ctx is done or beat has failed, which
// is the error.
func (f *Fleet) Live(ctx context.Context, beat func(ctx context.Context, id string) error) error {
	return together(ctx, f.at(f.End()), len(f.workspaces), func(ctx context.Context, i int) error {
		return f.workspaces[i].live(ctx, f, beat)
	})
}

// together calls do for 0 to n-1 at once, with a context that ends with ctx, at
// the end or when a call has failed, and returns the first error.
func together(ctx context.Context, end <-chan time.Time, n int, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			if err := do(ctx, i); err != nil {
				failed <- err
				cancel()
			}
		})
	}
	select {
	case <-ctx.Done():
	case <-end:
	}
	cancel()
	all.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// Restart is what a handler does with a workspace that is handed out.
func (f *Fleet) Restart(id string) {
	if w := f.byID[id]; w != nil {
		w.handle(f)
	}
}

// Watch has the monitors of the run watch the store, each with the Config, and
// restart the workspaces that they report, until ctx is done or one has failed,
// which is the error.
func (f *Fleet) Watch(ctx context.Context, s store.LivenessStore, c monitor.Config) error {
	if f.Probe {
		c.Probe = f.probe
	}
	return together(ctx, nil, f.Monitors, func(ctx context.Context, n int) error { return f.watch(ctx, s, c, n) })
}

// watch keeps the n-th monitor running and replaces it when its time is over.
func (f *Fleet) watch(ctx context.Context, s store.LivenessStore, c monitor.Config, n int) error {
	until := f.Replace * time.Duration(n+1) / time.Duration(f.Monitors)
	for ctx.Err() == nil {
		m, err := monitor.New(s, c)
		if err != nil {
			return err
		}
		running, stop := context.WithCancel(ctx)
		if f.Replace > 0 {
			running, stop = context.WithTimeout(ctx, until/time.Duration(f.Speed)-time.Since(f.start))
			until += f.Replace
		}
		err = m.Run(running, func(_ context.Context, d monitor.Death) error {
			f.Restart(d.ID)
			return nil
		})
		stop()
		if err != nil {
			return err
		}
	}
	return nil
}

// probe is the second witness, which is always right.
func (f *Fleet) probe(_ context.Context, id string) (alive bool, err error) {
	w := f.byID[id]
	return w != nil && !w.dead(f, f.now()), nil
}
