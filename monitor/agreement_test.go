package monitor_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// agreement is what an operator reads who runs no monitor.
func (w *world) agreement() monitor.Agreement {
	w.t.Helper()
	operator, err := monitor.New(w.far(), monitor.Config{})
	require.NoError(w.t, err)
	a, err := operator.Agreement(w.t.Context())
	require.NoError(w.t, err)
	return a
}

func TestAnAgreementIsReadBesideTheMonitors(t *testing.T) {
	t.Run("there is none before the first monitor", func(t *testing.T) {
		story(t, memstore.Options{}, func(w *world) {
			assert.Zero(t, w.agreement())
		})
	})

	t.Run("who leads, when it last did, and until when a grace lasts", func(t *testing.T) {
		story(t, memstore.Options{}, func(w *world) {
			w.watchBy("a", w.far(), unguarded, nil)
			w.pass(ttl / 2)
			a := w.agreement()
			assert.NotEmpty(t, a.Leader)
			assert.WithinDuration(t, time.Now(), a.LastTurn, 2*interval)
			assert.WithinDuration(t, time.Now().Add(ttl/2), a.GraceEnd, 2*interval)
		})
	})

	t.Run("a pause, until it is over", func(t *testing.T) {
		story(t, memstore.Options{}, func(w *world) {
			m, err := monitor.New(w.Store, monitor.Config{})
			require.NoError(t, err)
			until := time.Now().Add(time.Hour)
			require.NoError(t, m.Pause(w.t.Context(), "maintenance", until))
			a := w.agreement()
			assert.True(t, until.Equal(a.PauseUntil))
			assert.Equal(t, "maintenance", a.PauseReason)
			w.pass(time.Hour)
			assert.Zero(t, w.agreement())
		})
	})

	t.Run("a hold with its reason, and the recovery after it", func(t *testing.T) {
		story(t, memstore.Options{}, func(w *world) {
			ids := names("w", 100)
			m := w.watchBy("a", w.far(), monitor.Config{}, nil)
			w.beating(2*ttl, ids...)
			w.beating(ttl, ids[50:]...)
			a := w.agreement()
			assert.WithinDuration(t, time.Now(), a.Hold, ttl)
			assert.True(t, a.HoldUntil.After(time.Now()))
			assert.NotEmpty(t, a.Reason)
			assert.False(t, a.Recovering)
			require.NoError(t, m.EndHold(w.t.Context()))
			a = w.agreement()
			assert.Zero(t, a.Hold)
			assert.True(t, a.Recovering)
			assert.Equal(t, "ended by an operator", a.Reason)
		})
	})

	t.Run("reading it changes nothing", func(t *testing.T) {
		story(t, memstore.Options{}, func(w *world) {
			w.watchBy("a", w.far(), unguarded, nil)
			w.calm()
			before, err := w.Note(w.t.Context(), 0, "", "")
			require.NoError(t, err)
			w.agreement()
			after, err := w.Note(w.t.Context(), 0, "", "")
			require.NoError(t, err)
			assert.Equal(t, before, after)
		})
	})

	t.Run("a store that does not answer is an error", func(t *testing.T) {
		story(t, memstore.Options{}, func(w *world) {
			l := w.line()
			l.is(broken)
			m, err := monitor.New(l, monitor.Config{})
			require.NoError(t, err)
			_, err = m.Agreement(w.t.Context())
			assert.ErrorIs(t, err, store.ErrUnavailable)
		})
	})
}

// slow is a store whose clock is behind that of this machine.
type slow struct {
	*memstore.Store
	behind time.Duration
}

func (s slow) Sweep(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
	r, err := s.Store.Sweep(ctx, shard, o)
	r.Now, r.GraceEnd = r.Now.Add(-s.behind), r.GraceEnd.Add(-s.behind)
	return r, err
}

func TestAPauseEndsByTheClockOfTheStore(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		const behind = 10 * time.Minute
		m := w.watchBy("", slow{w.Store, behind}, unguarded, nil)
		w.calm()
		until := time.Now().Add(time.Minute - behind)
		require.NoError(t, m.Pause(w.t.Context(), "maintenance", until))
		a, err := m.Agreement(w.t.Context())
		require.NoError(t, err)
		assert.True(t, until.Equal(a.PauseUntil))
		assert.Equal(t, monitor.StatePaused, m.Status().State)
		w.pass(time.Minute)
		a, err = m.Agreement(w.t.Context())
		require.NoError(t, err)
		assert.Zero(t, a.PauseUntil)
		assert.NotEqual(t, monitor.StatePaused, m.Status().State)
	})
}
