package monitor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func TestAPauseIsObeyedByEveryMonitorAndKeptInTheStore(t *testing.T) {
	story(t, memstore.Options{KeepDeaths: time.Hour}, func(w *world) {
		a := w.watchBy("a", w.Store, unguarded, nil)
		w.watchBy("b", w.Store, unguarded, nil)
		w.calm()
		operator, err := monitor.New(w.Store, monitor.Config{})
		require.NoError(t, err)
		require.NoError(t, operator.Pause(w.t.Context(), "maintenance", time.Now().Add(12*time.Hour)))
		w.online("x")
		w.pass(10 * time.Hour)
		w.nobody()
		require.NoError(t, a.stop())
		a = w.watchBy("a", w.Store, unguarded, nil)
		w.pass(time.Hour)
		w.nobody()
		st := a.Status()
		assert.Equal(t, monitor.StatePaused, st.State)
		assert.Equal(t, "maintenance", st.Reason)
		assert.Equal(t, 1, w.log.count("by=b", "paused by an operator", "maintenance"))
		w.pass(2 * time.Hour)
		w.once("x")
		assert.Zero(t, a.Status().Dropped, "the time does not count towards KeepDeaths")
	})
}

func TestResumeEndsAPause(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		m := w.watch(unguarded)
		w.calm()
		require.NoError(t, m.Pause(w.t.Context(), "", time.Now().Add(store.MaxTTL)))
		w.online("x")
		w.pass(time.Hour)
		w.nobody()
		require.NoError(t, m.Resume(w.t.Context()))
		w.pass(2 * interval)
		w.once("x")
		assert.NoError(t, m.Resume(w.t.Context()), "there is nothing to end")
	})
}

func TestAnOperatorWhoseClockIsBehindOverrulesOneWhoseClockIsAhead(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		ahead := time.Now().Add(24 * time.Hour)
		_, err := w.Note(w.t.Context(), 0, "", fmt.Sprintf(`{"rev":1,"order":%d,"pause_until":%q}`, ahead.UnixNano(), ahead.Format(time.RFC3339)))
		require.NoError(t, err)
		m := w.watch(unguarded)
		w.calm()
		require.Equal(t, monitor.StatePaused, m.Status().State)
		require.NoError(t, m.Resume(w.t.Context()))
		assert.Equal(t, monitor.StateNormal, m.Status().State)
		require.NoError(t, m.Pause(w.t.Context(), "again", time.Now().Add(time.Hour)))
		assert.Equal(t, "again", m.Status().Reason)
		require.NoError(t, m.Resume(w.t.Context()))
		w.online("x")
		w.pass(ttl + interval)
		w.once("x")
	})
}

func TestOrdersThatCannotBeAreRefused(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		m, err := monitor.New(w.Store, monitor.Config{})
		require.NoError(t, err)
		for why, err := range map[string]error{
			"the reason has 121 bytes":           m.Pause(w.t.Context(), strings.Repeat("x", 121), time.Now().Add(time.Hour)),
			`the reason is "\x00", want UTF-8`:   m.Pause(w.t.Context(), "\x00", time.Now().Add(time.Hour)),
			"is over, want a time in the future": m.Pause(w.t.Context(), "", time.Now()),
		} {
			assert.ErrorIs(t, err, store.ErrInvalid)
			assert.ErrorContains(t, err, why)
		}
		assert.NoError(t, m.EndHold(w.t.Context()), "there is no hold")
		l := w.line()
		l.is(broken)
		m, err = monitor.New(l, monitor.Config{})
		require.NoError(t, err)
		assert.ErrorIs(t, m.Pause(w.t.Context(), "", time.Now().Add(time.Hour)), store.ErrUnavailable)
	})
}

func TestPendingListsWhatWaitsAndWhatIsHandled(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		m := w.handle(monitor.Config{Hold: unguarded.Hold, Concurrency: 1}, func(ctx context.Context, d monitor.Death) error {
			<-ctx.Done()
			return ctx.Err()
		})
		w.calm()
		w.online("a")
		w.pass(time.Second)
		w.online("b")
		w.pass(ttl + time.Second)
		phases := map[string]driver.Phase{}
		for d, err := range m.Pending(w.t.Context()) {
			require.NoError(t, err)
			phases[d.ID] = d.Phase
		}
		assert.Equal(t, map[string]driver.Phase{"a": driver.Leased, "b": driver.Ready}, phases)
	})
}

func TestHealthSaysWhetherTheMonitorDoesItsWork(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		l := w.line()
		ask := func(m *monitor.Monitor) (int, map[string]any) {
			r := httptest.NewRecorder()
			m.Health().ServeHTTP(r, httptest.NewRequest("GET", "/healthz", nil))
			var body map[string]any
			require.NoError(t, json.Unmarshal(r.Body.Bytes(), &body))
			return r.Code, body
		}
		m, err := monitor.New(l, monitor.Config{})
		require.NoError(t, err)
		code, body := ask(m)
		assert.Equal(t, 503, code)
		assert.Equal(t, "starting", body["state"])
		w.run("", m, nil)
		w.pass(time.Second)
		code, body = ask(m)
		assert.Equal(t, 200, code)
		assert.Equal(t, "grace", body["state"])
		l.is(broken)
		w.pass(time.Minute)
		code, body = ask(m)
		assert.Equal(t, 503, code)
		assert.Contains(t, body["err"], "unavailable")
		assert.Contains(t, body["shards"], "0")
	})
}
