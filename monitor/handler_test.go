package monitor_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// platform restarts workspaces as the README's handler does.
type platform struct {
	w       *world
	running sync.Map // ids whose handler runs
	ended   atomic.Int64
	rows    atomic.Int64
	second  atomic.Int64 // handlers that began while another of the workspace ran
	stop    func(id string)
}

// restart stops the workspace, starts its replacement, waits until it is
// healthy and writes a row.
func (p *platform) restart(ctx context.Context, d monitor.Death) error {
	if _, runs := p.running.LoadOrStore(d.ID, true); runs {
		p.second.Add(1)
	}
	defer p.running.Delete(d.ID)
	time.Sleep(5 * time.Second)
	if p.stop != nil {
		p.stop(d.ID)
	}
	go func() { // the replacement
		time.Sleep(3 * time.Second)
		for n := range 10 {
			if n == 0 {
				assert.NoError(p.w.t, store.Register(p.w.t.Context(), p.w, d.ID, "http://"+d.ID+".example", ""))
			}
			if _, err := store.Heartbeat(p.w.t.Context(), p.w, d.ID); err != nil {
				return
			}
			time.Sleep(heartbeat)
		}
	}()
	time.Sleep(10 * time.Second)
	if ctx.Err() != nil {
		p.ended.Add(1)
		return ctx.Err()
	}
	p.rows.Add(1)
	return nil
}

func TestARestartThatSucceedsFinishesItsHandler(t *testing.T) {
	for name, stop := range map[string]func(w *world, id string){
		"plain": nil,
		"one late heartbeat arrives during the stop": func(w *world, id string) {
			_, _ = store.Heartbeat(w.t.Context(), w, id)
		},
		"the handler clears the workspace": func(w *world, id string) {
			assert.NoError(w.t, w.Clear(w.t.Context(), id))
		},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				const deaths = 20
				p := &platform{w: w}
				if stop != nil {
					p.stop = func(id string) { stop(w, id) }
				}
				w.handle(monitor.Config{Hold: unguarded.Hold, Concurrency: deaths}, p.restart)
				w.calm()
				ids := names("w", deaths)
				w.online(ids...)
				w.pass(ttl + time.Minute)
				w.once(ids...)
				assert.EqualValues(t, deaths, p.rows.Load(), "rows")
				assert.Zero(t, p.ended.Load(), "contexts that ended")
				assert.Zero(t, p.second.Load(), "second handlers")
				url, err := w.GetCachedURL(w.t.Context(), ids[0])
				assert.NoError(t, err, "what the replacement cached stays")
				assert.Equal(t, "http://w0.example", url)
				w.pass(time.Minute)
				w.once(ids...)
				w.pass(10 * heartbeat)
			})
		})
	}
}

func TestP4OneHandlerPerWorkspaceThoughItDiesAgainMeanwhile(t *testing.T) {
	for _, killed := range []bool{false, true} {
		name := "the first handler returns"
		if killed {
			name = "the monitor of the first handler is killed"
		}
		t.Run(name, func(t *testing.T) {
			short := func(string) time.Duration { return 10 * time.Second }
			story(t, memstore.Options{TTLs: store.TTLs{For: short}}, func(w *world) {
				var running, second atomic.Int64
				handle := func(takes time.Duration) monitor.Handler {
					return func(ctx context.Context, d monitor.Death) error {
						if running.Add(1) > 1 {
							second.Add(1)
						}
						defer running.Add(-1)
						select {
						case <-time.After(takes):
						case <-ctx.Done():
						}
						return ctx.Err()
					}
				}
				l := w.line()
				w.watchBy("first", l, unguarded, handle(5*time.Minute))
				w.calm()
				w.online("a")
				w.pass(10*time.Second + soon)
				require.Len(t, w.reported(), 1)
				for range 3 {
					w.watchBy("other", w.Store, unguarded, handle(time.Second))
				}
				w.online("a") // it came back
				w.pass(2 * time.Minute)
				require.Len(t, w.reported(), 1, "it has died again")
				ends := 5*time.Minute - 2*time.Minute
				if killed {
					l.is(hanging)
					ends = lease
				}
				w.pass(ends - 15*time.Second)
				require.Len(t, w.reported(), 1)
				w.pass(15*time.Second + 3*interval)
				require.Len(t, w.reported(), 2, "the second death is handled after the first lease")
				assert.Equal(t, 1, w.reported()[1].Attempt)
				assert.Zero(t, second.Load())
				w.pass(10 * time.Minute)
				assert.Len(t, w.reported(), 2)
			})
		})
	}
}

func TestRecheckTellsWhetherALateStepMayBeTaken(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		l := w.line()
		var got [5]error
		var asked sync.Map
		w.watchBy("", l, unguarded, func(ctx context.Context, d monitor.Death) error {
			if _, again := asked.LoadOrStore(d.ID, true); again {
				return nil
			}
			switch d.ID {
			case "dead":
				got[0] = monitor.Recheck(ctx)
			case "back":
				assert.NoError(t, w.SetOnline(w.t.Context(), d.ID))
				got[1] = monitor.Recheck(ctx)
			case "cleared":
				assert.NoError(t, w.Clear(w.t.Context(), d.ID))
				got[2] = monitor.Recheck(ctx)
			case "lost":
				l.is(broken)
				<-ctx.Done()
				got[3] = monitor.Recheck(ctx)
				l.mend()
			case "unknown":
				l.is(broken)
				got[4] = monitor.Recheck(ctx)
				l.mend()
			}
			return nil
		})
		w.calm()
		for _, id := range []string{"dead", "back", "cleared", "unknown", "lost"} {
			w.online(id)
			w.pass(ttl + time.Minute)
		}
		assert.NoError(t, got[0])
		assert.ErrorIs(t, got[1], monitor.ErrCameBack)
		assert.ErrorIs(t, got[2], monitor.ErrCameBack)
		assert.ErrorIs(t, got[3], monitor.ErrNotHeld)
		assert.ErrorIs(t, got[4], store.ErrUnavailable)
		assert.ErrorIs(t, monitor.Recheck(w.t.Context()), store.ErrInvalid)
	})
}

func TestAHandlerThatHangsCostsOnlyItself(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		over := make(chan struct{})
		var timedOut atomic.Int64
		m := w.handle(monitor.Config{Hold: unguarded.Hold, Concurrency: 4}, func(ctx context.Context, d monitor.Death) error {
			if d.ID[0] == 'h' {
				<-ctx.Done()
				if context.Cause(ctx) == monitor.ErrTimedOut {
					timedOut.Add(1)
				}
				<-over // it ignores the end of its context
			}
			return nil
		})
		w.calm()
		w.online(names("hangs", 4)...)
		w.pass(2 * time.Second)
		w.online(names("waits", 4)...)
		w.pass(ttl + 5*time.Minute)
		require.Len(t, w.reported(), 4, "every place is taken")
		assert.Equal(t, 4, m.Status().Running)
		w.pass(6 * time.Minute)
		for _, id := range names("waits", 4) {
			assert.Len(t, w.reports(id), 1)
		}
		assert.EqualValues(t, 4, timedOut.Load(), "contexts that ended with ErrTimedOut")
		assert.Equal(t, 4, m.Status().Stuck)
		assert.EqualValues(t, 4, m.Status().Totals.TimedOut)
		w.pass(lease + time.Minute)
		assert.Len(t, w.reports("hangs0"), 2, "its death is handed out again")
		assert.Equal(t, 2, w.reports("hangs0")[1].Attempt)
		close(over)
		w.pass(15 * time.Minute)
		assert.Zero(t, m.Status().Stuck)
		assert.Zero(t, m.Status().Running)
	})
}

func TestAReplacementThatNeverComesUpIsReportedAgain(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		w.handle(unguarded, func(ctx context.Context, d monitor.Death) error {
			return store.SetOnlineFor(ctx, w, d.ID, time.Minute)
		})
		w.calm()
		w.online("a")
		w.pass(ttl + 10*time.Minute + time.Second)
		assert.Len(t, w.reported(), 11)
		for i, r := range w.reported() {
			assert.Equal(t, 1, r.Attempt)
			assert.WithinDuration(t, w.reported()[0].at.Add(time.Duration(i)*time.Minute), r.at, time.Duration(i+1)*soon)
		}
	})
}
