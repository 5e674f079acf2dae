package monitor_test

import (
	"context"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

func TestNewRefusesWhatCannotWork(t *testing.T) {
	s, err := memstore.New(memstore.Options{})
	require.NoError(t, err)
	for why, c := range map[string]monitor.Config{
		"Config.Interval is -1s, want 1ms to 30s, or 0 for 2s":                    {Interval: -time.Second},
		"Config.Interval is 31s, want 1ms to 30s, or 0 for 2s":                    {Interval: 31 * time.Second},
		"Config.Lease is 1ms, want 100ms to 8760h0m0s, or 0 for 30s":              {Lease: time.Millisecond},
		"Config.HandlerTimeout is -1ns, want 1ms":                                 {HandlerTimeout: -1},
		"Config.ProbeTimeout is -1ns, want 1ms":                                   {ProbeTimeout: -1},
		"Config.ProbeMost is -1s, want 0":                                         {ProbeMost: -time.Second},
		"Config.Reconcile is -1ns, want 1ms":                                      {Reconcile: -1},
		"Config.Drain is -1ns, want 1ms":                                          {Drain: -1},
		"Config.Concurrency is -1, want 1 or more, or 0 for 16":                   {Concurrency: -1},
		"Config.Hold.Share is 1.5, want more than 0 and at most 1, or 0 for 0.12": {Hold: monitor.Hold{Share: 1.5}},
		"Config.Hold.Share is NaN, want more than 0":                              {Hold: monitor.Hold{Share: math.NaN()}},
		"Config.Hold.Partial is -1s, want 1ms to 8760h0m0s, or 0 for 3m0s":        {Hold: monitor.Hold{Partial: -time.Second}},
		"Config.Hold.Most is -1s, want 1ms to 43800h0m0s, or 0 for 15m0s":         {Hold: monitor.Hold{Most: -time.Second}},
		"Config.Backoff.First is 9000h0m0s, want 1ms to 8760h0m0s, or 0 for 1s":   {Backoff: monitor.Backoff{First: 9000 * time.Hour}},
		"Config.Backoff.Most is 500ms, want at least Backoff.First (1s)":          {Backoff: monitor.Backoff{Most: time.Second / 2}},
		"Config.Hold.Most is 1m0s, want at least Hold.Partial (2m0s)":             {Hold: monitor.Hold{Partial: 2 * time.Minute, Most: time.Minute}},
	} {
		m, err := monitor.New(s, c)
		assert.ErrorIs(t, err, store.ErrInvalid)
		assert.ErrorContains(t, err, why)
		assert.Nil(t, m)
	}
}

func TestNewWantsAStoreThatTellsWhoDied(t *testing.T) {
	_, err := monitor.New(nil, monitor.Config{})
	assert.ErrorIs(t, err, store.ErrInvalid)
	assert.ErrorContains(t, err, "the store is nil")

	_, err = monitor.New(struct{ store.LivenessStore }{}, monitor.Config{})
	assert.ErrorIs(t, err, store.ErrInvalid)
	assert.ErrorContains(t, err, "is no driver.Reaper and wraps none")
}

func TestRunRefusesWhatCannotWork(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		m := w.watch(monitor.Config{})
		err := m.Run(t.Context(), nil)
		assert.ErrorIs(t, err, store.ErrInvalid)
		assert.ErrorContains(t, err, "the handler is nil")
		w.pass(time.Second)
		err = m.Run(t.Context(), func(context.Context, monitor.Death) error { return nil })
		assert.ErrorIs(t, err, store.ErrInvalid)
		assert.ErrorContains(t, err, "running already")
	})
}

func TestAMonitorRunsAgainAfterItsEnd(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		first := w.watch(unguarded)
		w.calm()
		require.NoError(t, first.stop())
		w.run("", first.Monitor, nil)
		w.online("a")
		w.pass(ttl + interval)
		w.once("a")
	})
}

func TestRunEndsWithItsStore(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		m := w.handle(unguarded, func(ctx context.Context, _ monitor.Death) error {
			time.Sleep(5 * time.Second)
			return ctx.Err()
		})
		w.calm()
		w.online("a")
		w.pass(ttl + time.Second)
		require.NoError(t, w.Close())
		closed := time.Now()
		<-m.ended
		assert.ErrorIs(t, m.err, store.ErrClosed)
		assert.Less(t, time.Since(closed), 6*time.Second, "when the handler has returned")
	})
}

func TestEveryMonitorOfAStoreEndsWithIt(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		monitors := []*watcher{w.watchBy("a", w.far(), unguarded, nil), w.watchBy("b", w.far(), unguarded, nil)}
		w.calm()
		require.NoError(t, w.Close())
		w.pass(heartbeat)
		for _, m := range monitors {
			select {
			case <-m.ended:
				assert.ErrorIs(t, m.err, store.ErrClosed)
			default:
				assert.Fail(t, "a monitor goes on")
			}
		}
	})
}

func TestAHandlerThatReturnsInTimeIsAcknowledgedAtTheEnd(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		m := w.handle(unguarded, func(ctx context.Context, _ monitor.Death) error {
			time.Sleep(5 * time.Second)
			return ctx.Err()
		})
		w.calm()
		w.online("a")
		w.pass(ttl + time.Second)
		w.watch(unguarded)
		stopping := time.Now()
		assert.NoError(t, m.stop())
		assert.LessOrEqual(t, time.Since(stopping), 5*time.Second)
		w.pass(time.Hour)
		w.once("a")
	})
}

func TestWhatIsNotHandledAtTheEndIsPutBackAtOnce(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		const deaths = 16
		m := w.handle(unguarded, func(ctx context.Context, _ monitor.Death) error {
			<-ctx.Done()
			assert.NotErrorIs(t, context.Cause(ctx), monitor.ErrNotHeld)
			return ctx.Err()
		})
		w.calm()
		ids := names("w", deaths)
		w.online(ids...)
		w.pass(ttl + time.Second)
		require.Len(t, w.reported(), deaths)

		stopping := time.Now()
		assert.NoError(t, m.stop())
		assert.Equal(t, 10*time.Second, time.Since(stopping), "Config.Drain")
		w.watchBy("next", w.Store, unguarded, nil)
		w.pass(10*time.Second + heartbeat + 2*interval) // the grace of the gap
		next := w.reported()[deaths:]
		require.Len(t, next, deaths)
		for _, r := range next {
			assert.Equal(t, "next", r.by)
			assert.Equal(t, 2, r.Attempt)
		}
	})
}

func TestAClaimThatArrivesAtTheEndIsPutBackAtOnce(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		slow := w.line()
		slow.is(only(func(context.Context, string) error { time.Sleep(2 * time.Second); return nil }, "Claim"))
		m := w.watchBy("slow", slow, unguarded, nil)
		w.calm()
		w.online("a")
		w.pass(ttl + time.Second) // the claim is on its way
		require.NoError(t, m.stop())
		w.nobody()
		w.watch(unguarded)
		w.pass(2 * interval)
		w.once("a")
		assert.Equal(t, 1, w.reported()[0].Attempt, "it was not handed out before")
	})
}

func TestAHandlerThatNeverReturnsIsLeftBehind(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		over := make(chan struct{})
		m := w.handle(unguarded, func(context.Context, monitor.Death) error { <-over; return nil })
		w.calm()
		w.online("a")
		w.pass(ttl + time.Second)
		w.watchBy("next", w.Store, unguarded, nil)
		stopping := time.Now()
		err := m.stop()
		assert.ErrorIs(t, err, monitor.ErrStuck)
		assert.ErrorContains(t, err, "1 of them")
		assert.Equal(t, 10*time.Second+lease/2, time.Since(stopping))
		w.pass(lease + interval)
		runs := w.reports("a")
		require.Len(t, runs, 2)
		assert.Equal(t, "next", runs[1].by)
		close(over)
	})
}

// The handler that was left behind hangs on, and its lease ends all the same.
func TestAMonitorThatRunsAgainExtendsNoLeaseThatWasLeftBehind(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		over := make(chan struct{})
		m := w.handle(unguarded, func(context.Context, monitor.Death) error { <-over; return nil })
		w.calm()
		w.online("a")
		w.pass(ttl + time.Second)
		assert.ErrorIs(t, m.stop(), monitor.ErrStuck)
		w.run("again", m.Monitor, nil)
		w.pass(2*lease + ttl)
		runs := w.reports("a")
		require.Len(t, runs, 2)
		assert.Equal(t, "again", runs[1].by)
		close(over)
	})
}

// The context of Run ends while the store is told that the handler begins.
func TestNoHandlerIsCalledOnceTheContextHasEnded(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		l := w.line()
		m := w.watchBy("", l, unguarded, nil)
		w.calm()
		l.is(only(func(context.Context, string) error { time.Sleep(2 * time.Second); return nil }, "Begin"))
		w.online("a")
		w.pass(ttl + time.Second)
		require.NoError(t, m.stop())
		w.nobody()
	})
}

func TestADeathIsReportedUnderAnyTTL(t *testing.T) {
	for _, short := range []time.Duration{4 * time.Millisecond, 8 * time.Millisecond, 11 * time.Millisecond, 100 * time.Millisecond} {
		t.Run(short.String(), func(t *testing.T) {
			story(t, memstore.Options{TTLs: store.TTLs{Liveness: short}}, func(w *world) {
				w.watch(unguarded)
				w.online("a")
				w.pass(time.Second)
				w.once("a")
			})
		})
	}
}

func TestADryRunClaimsNothing(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		var asked atomic.Bool
		m := w.watch(monitor.Config{DryRun: true, Expected: func(context.Context) ([]string, error) {
			asked.Store(true)
			return nil, nil
		}})
		w.calm()
		w.online("a")
		w.pass(ttl + time.Second)
		w.nobody()
		assert.Equal(t, 1, w.log.count("stopped being online", "id=a"))
		assert.Equal(t, 1, m.Status().Ready)
		assert.Zero(t, m.Status().Leased)
		assert.False(t, asked.Load())
		require.NoError(t, m.stop())

		w.watch(unguarded)
		w.pass(time.Minute)
		w.once("a")
		assert.Equal(t, 1, w.reported()[0].Attempt)
	})
}
