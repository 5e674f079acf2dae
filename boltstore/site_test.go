package boltstore

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// site is a fleet that is heard from every 30 s while the store is open, and a
// monitor that reports the others.
type site struct {
	t       *testing.T
	path    string
	machine machine
	alive   []string
	s       *Store
	stop    context.CancelFunc
	done    sync.WaitGroup
	fails   bool // the handler does

	mu       sync.Mutex
	reported []string
	first    time.Time
}

func newSite(t *testing.T, alive []string) *site {
	w := &site{t: t, path: newPath(t), machine: machine{boot: "1"}, alive: alive}
	w.open()
	setAll(t, w.s, alive)
	return w
}

func (w *site) open() {
	const beat = lifetime / 6
	w.reported, w.first = nil, time.Time{}
	m := w.machine // as it is now
	w.s = m.box(w.t, w.path, Options{})
	ctx, stop := context.WithCancel(context.Background())
	w.stop = stop
	for i, id := range w.alive {
		wait := beat * time.Duration(i+1) / time.Duration(len(w.alive)) // since the store was opened
		w.done.Go(func() {
			for ctx.Err() == nil {
				select {
				case <-ctx.Done():
					return
				case <-time.After(wait):
				}
				if _, err := store.Heartbeat(ctx, w.s, id); err != nil && ctx.Err() == nil {
					w.t.Error(err)
				}
				wait = beat
			}
		})
	}
	watching, err := monitor.New(w.s, monitor.Config{})
	require.NoError(w.t, err)
	w.done.Go(func() {
		if err := watching.Run(ctx, w.handle); err != nil {
			w.t.Error(err)
		}
	})
}

func (w *site) handle(_ context.Context, d monitor.Death) error {
	if w.fails {
		return errors.New("no answer")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.reported) == 0 {
		w.first = time.Now()
	}
	w.reported = append(w.reported, d.ID)
	return nil
}

// powerOff cuts the power for so long, and the machine boots as another one.
func (w *site) powerOff(off time.Duration, m machine) {
	left := powerCut(w.t, w.path)
	w.stop()
	w.done.Wait()
	w.s.Close()
	w.path = left
	time.Sleep(off)
	w.machine = m
}

func (w *site) close() {
	w.stop()
	w.done.Wait()
	require.NoError(w.t, w.s.Close())
}

// silence makes some of the fleet silent from the next opening on.
func (w *site) silence(n int) (silent []string) {
	silent, w.alive = w.alive[:n:n], w.alive[n:]
	return silent
}

func TestAfterALongPowerOffExactlyTheSilentAreReported(t *testing.T) {
	for name, m := range map[string]machine{
		"the clock is right":  {boot: "2"},
		"the clock is ahead":  {boot: "2", step: time.Hour},
		"the clock is behind": {boot: "2", step: -31 * time.Hour},
		"it is 1970":          {boot: "2", step: -30 * 365 * 24 * time.Hour},
		"no boot id":          {},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const off = 30 * time.Hour // more than deaths are kept
				w := newSite(t, names(100))
				w.fails = true
				time.Sleep(3 * lifetime)
				unhandled := w.silence(3) // from a short stop on, and no handler succeeds
				w.powerOff(10*time.Second, w.machine)
				w.open()
				time.Sleep(3 * lifetime)
				require.Empty(t, w.reported)
				require.False(t, online(t, w.s, unhandled[0]))

				silent := append(w.silence(7), unhandled...)
				w.powerOff(off, m)
				w.fails = false
				opened := time.Now()
				w.open()
				time.Sleep(4 * lifetime)
				w.close()
				require.ElementsMatch(t, silent, w.reported)
				require.GreaterOrEqual(t, w.first.Sub(opened), lifetime)
			})
		})
	}
}
