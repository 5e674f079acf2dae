package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// desk is an operator in the process of the platform, with a store in memory and fake
// time.
type desk struct {
	*testing.T
	*memstore.Store
	app      app
	out, err bytes.Buffer
	monitor  *monitor.Monitor // does not run
}

func atDesk(t *testing.T, do func(*desk)) {
	synctest.Test(t, func(t *testing.T) {
		s, err := memstore.New(memstore.Options{Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		defer s.Close()
		m, err := monitor.New(s, monitor.Config{})
		require.NoError(t, err)
		d := &desk{T: t, Store: s, monitor: m}
		d.app.stdout, d.app.stderr = &d.out, &d.err
		do(d)
	})
}

// platform runs a monitor until the test ends.
func (d *desk) platform(handler monitor.Handler) {
	m, err := monitor.New(d, monitor.Config{Hold: monitor.Hold{Share: 1}, Concurrency: 1, Backoff: monitor.Backoff{First: time.Hour, Most: time.Hour}})
	require.NoError(d, err)
	ctx, stop := context.WithCancel(d.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = m.Run(ctx, handler)
	}()
	d.Cleanup(func() { stop(); <-ended })
	d.pass(store.DefaultLivenessTTL + time.Minute) // the grace
}

func (d *desk) online(ids ...string) {
	d.Helper()
	for _, id := range ids {
		require.NoError(d, d.SetOnline(d.Context(), id))
	}
}

func (d *desk) pass(t time.Duration) {
	time.Sleep(t)
	synctest.Wait()
}

func TestDeathsInEveryPhase(t *testing.T) {
	atDesk(t, func(d *desk) {
		d.platform(func(ctx context.Context, death monitor.Death) error {
			if death.ID == "fails" {
				return errReported
			}
			<-ctx.Done()
			return ctx.Err()
		})
		for _, id := range []string{"fails", "hangs", "waits"} {
			d.online(id)
			d.pass(time.Second)
		}
		d.pass(store.DefaultLivenessTTL + time.Second)
		require.NoError(t, listDeaths(d.Context(), &d.app, d.monitor))
		lines := strings.Split(d.out.String(), "\n")
		require.Len(d, lines, 5)
		require.Regexp(d, `^ID     PHASE    ATTEMPTS  SINCE +UNTIL +BY$`, lines[0])
		require.Regexp(d, `^fails  delayed  1         2000-01-01T00:07:00Z \(4s ago\)  2000-01-01T.*Z \(in 1h.*\)  silence$`, lines[1])
		require.Regexp(d, `^hangs  leased   1         2000-01-01T00:07:01Z \(3s ago\)  2000-01-01T00:07:.*Z \(in .*s\) +silence$`, lines[2])
		require.Regexp(d, `^waits  ready    0         2000-01-01T00:07:02Z \(2s ago\)  - +silence$`, lines[3])
		require.Equal(d, "3 pending\n", d.err.String())

		d.out.Reset()
		d.app.json = true
		require.NoError(t, listDeaths(d.Context(), &d.app, d.monitor))
		var first map[string]any
		require.NoError(t, json.NewDecoder(&d.out).Decode(&first))
		require.Equal(t, "fails", first["id"])
		require.Equal(t, "delayed", first["phase"])
		require.EqualValues(t, 1, first["attempt"])
	})
}

func TestWatchTellsTheLifeAndDeathOfAWorkspace(t *testing.T) {
	atDesk(t, func(d *desk) {
		d.platform(func(ctx context.Context, death monitor.Death) error {
			time.Sleep(30 * time.Second)
			if death.ID == "is restarted" {
				return d.SetOnlineFor(ctx, death.ID, time.Hour)
			}
			return nil
		})
		ctx, interrupt := context.WithCancel(d.Context())
		ended := make(chan error)
		go func() { ended <- watch(ctx, &d.app, d, d.monitor, time.Second) }()
		d.pass(1500 * time.Millisecond)
		d.online("a")
		d.pass(store.DefaultLivenessTTL + time.Minute)
		d.online("b")
		d.pass(10 * time.Second)
		require.NoError(d, d.Clear(d.Context(), "b"))
		d.pass(10 * time.Second)
		interrupt()
		require.NoError(d, <-ended)

		var told []string
		for line := range strings.Lines(d.out.String()) {
			told = append(told, strings.TrimSpace(line[len("00:00:00"):]))
		}
		require.Equal(d, "online      a", told[0])
		require.Equal(d, "offline     a", told[1])
		require.Regexp(d, `^leased      a  attempt 1  until 2000-01-01T`, told[2])
		require.Equal(d, []string{"handled     a  attempt 1", "online      b", "offline     b"}, told[len(told)-3:])
	})
}

func TestWatchGoesOnWhileTheStoreIsLost(t *testing.T) {
	atDesk(t, func(d *desk) {
		away := &awayStore{LivenessStore: d}
		m, err := monitor.New(away, monitor.Config{})
		require.NoError(d, err)
		ctx, interrupt := context.WithCancel(d.Context())
		ended := make(chan error)
		go func() { ended <- watch(ctx, &d.app, away, m, time.Second) }()
		d.pass(1500 * time.Millisecond)
		away.lost.Store(true)
		d.pass(10 * time.Second)
		d.online("a")
		away.lost.Store(false)
		d.pass(10 * time.Second)
		interrupt()
		require.NoError(d, <-ended)
		require.Regexp(d, `^..:..:..  store lost  .*unavailable.*\n..:..:..  store back\n..:..:..  online      a\n$`, d.out.String())
	})
}

func TestStatusTellsOfAHold(t *testing.T) {
	atDesk(t, func(d *desk) {
		note := fmt.Sprintf(`{"rev":1,"hold":%q,"reason":"9 of 10 are silent","leader":"M","now":%q,"dropped":2,"loss":0.25}`,
			time.Now().Format(time.RFC3339), time.Now().Format(time.RFC3339))
		_, err := d.Note(d.Context(), 0, "", note)
		require.NoError(d, err)
		d.online("a")
		require.NoError(d, d.Expire(d.Context(), "a"))
		d.pass(10 * time.Second)
		st, err := readStatus(d.Context(), d, d.monitor)
		require.NoError(d, err)
		st.Store, st.shared = "redis://host", true
		require.NoError(d, st.write(&d.app))
		require.Equal(d, `store            redis://host
online           0
deaths           1 ready, 0 leased, 0 delayed
oldest death     a, since 2000-01-01T00:00:00Z (10s ago)
dropped          2 deaths were never handed out
monitors         M leads; last turn 2000-01-01T00:00:00Z (10s ago)
hold             since 2000-01-01T00:00:00Z (10s ago), until 2000-01-01T00:03:00Z (in 2m50s) at the latest: 9 of 10 are silent
lost heartbeats  25.0 %
`, d.out.String())

		d.pass(2 * time.Minute)
		require.Equal(d, "none runs: the last to lead wrote 2000-01-01T00:00:00Z (2m10s ago)", st.monitors())
	})
}

func TestListsOfAnyLengthAreWrittenAsTheyAreRead(t *testing.T) {
	const n = 5000
	atDesk(t, func(d *desk) {
		for i := range n {
			d.online(fmt.Sprintf("agent-%04d", i))
		}
		s := &awayStore{LivenessStore: d}
		d.app.stdout = &limitedWriter{left: 10_000}
		require.ErrorIs(d, ls{}.run(d.Context(), &d.app, s), errFull)
		require.Less(d, s.listed, n/2, "the first rows are written before the last are read")

		d.app.stdout = &d.out
		require.NoError(d, ls{sort: "id"}.run(d.Context(), &d.app, d))
		lines := strings.Split(strings.TrimSpace(d.out.String()), "\n")
		require.Len(d, lines, 1+n)
		require.True(d, strings.HasPrefix(lines[1], "agent-0000  "))
		require.True(d, strings.HasPrefix(lines[n], "agent-4999  "))
	})
}

func TestWhatAStoreHoldsCannotSteerTheTerminal(t *testing.T) {
	for text, want := range map[string]string{
		"agent-7":          "agent-7",
		"Ö/é":              "Ö/é",
		"a\x1b[2Jb":        `"a\x1b[2Jb"`,
		"a\tb":             `"a\tb"`,
		"\u202egnp.exe":    `"\u202egnp.exe"`,
		"https://h/\r\nok": `"https://h/\r\nok"`,
	} {
		require.Equal(t, want, plain(text))
	}
}

// awayStore is a store whose server can be lost.
type awayStore struct {
	store.LivenessStore
	lost   atomic.Bool
	listed int // workspaces
}

func (s *awayStore) Unwrap() store.LivenessStore { return s.LivenessStore }

func (s *awayStore) Online(ctx context.Context) iter.Seq2[store.Status, error] {
	return func(yield func(store.Status, error) bool) {
		for status, err := range store.Online(ctx, s.LivenessStore) {
			if s.listed++; s.lost.Load() || !yield(status, err) {
				break
			}
		}
		if s.lost.Load() {
			yield(store.Status{}, driver.Errorf("Online", "", store.ErrUnavailable, "the server is away"))
		}
	}
}

func (s *awayStore) Lookup(ctx context.Context, id string) (store.Status, error) {
	return store.Lookup(ctx, s.LivenessStore, id)
}

func (s *awayStore) Count(ctx context.Context) (int, error) { return store.Count(ctx, s.LivenessStore) }

var errFull = errors.New("the pipe is full")

// limitedWriter takes so many bytes and then fails.
type limitedWriter struct{ left int }

func (w *limitedWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}
