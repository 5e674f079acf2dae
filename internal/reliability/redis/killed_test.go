package redis

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

// moment is by how much a call may outlive its context (C7).
const moment = 50 * time.Millisecond

// A server is stopped, killed and restarted under callers with deadlines of
// their own. No call may outlive its context, and no living workspace may be
// called offline or unknown, whatever the server does: it syncs every write
// before it acknowledges, and lifetimes are longer than the test.
func TestServerIsKilledAndStopped(t *testing.T) {
	t.Parallel()
	kit.InRealTime(t, func(t testing.TB) { serverIsKilledAndStopped(t, nil) })
}

func TestAFailureThatIsTakenForAnAnswerIsFound(t *testing.T) {
	t.Parallel()
	attempt.Found(t, "says that a living workspace is offline", func(a *attempt.T) {
		serverIsKilledAndStopped(a, func(s *redisstore.Store, ctx context.Context, id string) (bool, error) {
			online, err := s.IsOnline(ctx, id)
			if errors.Is(err, store.ErrUnavailable) {
				err = nil
			}
			return online, err
		})
	})
}

// isOnline asks a store.
type isOnline func(s *redisstore.Store, ctx context.Context, id string) (bool, error)

// serverIsKilledAndStopped tells the story, in which ask may be another than the store's own.
func serverIsKilledAndStopped(t testing.TB, ask isOnline) {
	const (
		callers = 32
		rounds  = 4

		floorServed = 2_000       // calls that the server answered
		floorLate   = 2 * callers // calls of each pause that ended with their context
		floorFailed = 2 * callers // calls of each death that found no server
	)
	slower := kit.Slower(t)
	away, patient := slower*1500*time.Millisecond, slower*200*time.Millisecond
	server := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always", "--key-load-delay", "-20")
	s, err := redisstore.Open(context.Background(), "redis://"+server.Addr(), redisstore.Options{
		TTLs:    store.TTLs{Liveness: time.Hour, URL: time.Hour},
		Timeout: slower * time.Second,
	})
	require.NoError(t, err)
	defer s.Close()

	crowd := make([]*agent, callers)
	for i := range crowd {
		crowd[i] = &agent{s: s, id: fmt.Sprintf("agent-%d", i), patience: patient, ask: ask}
		if ask == nil {
			crowd[i].ask = (*redisstore.Store).IsOnline
		}
		require.NoError(t, s.SetOnline(context.Background(), crowd[i].id))
		require.NoError(t, s.CacheURL(context.Background(), crowd[i].id, "http://"+crowd[i].id))
	}

	stop := make(chan struct{})
	var all sync.WaitGroup
	for _, a := range crowd {
		all.Go(func() { a.live(t, stop) })
	}
	halt := sync.OnceFunc(func() {
		close(stop)
		all.Wait()
	})
	defer halt()
	faults := 0
	for n := 0; n < rounds && !t.Failed(); n++ {
		serve(t, crowd)
		before := tally(crowd)
		server.Pause(t)
		faults++
		time.Sleep(away)
		require.GreaterOrEqual(t, tally(crowd).late-before.late, int64(floorLate), "the server did not stop")
		server.Resume(t)

		serve(t, crowd)
		before = tally(crowd)
		server.Kill()
		faults++
		time.Sleep(away)
		require.GreaterOrEqual(t, tally(crowd).failed-before.failed, int64(floorFailed), "the server was not gone")
		server.Restart(t)

		serve(t, crowd)
		server.Pause(t)
		faults++
		time.Sleep(away / 3)
		server.Restart(t)
	}
	serve(t, crowd)
	halt()

	n := tally(crowd)
	t.Logf("%d rounds: %d calls served, %d ended by their context, %d without a server", rounds, n.served, n.late, n.failed)
	require.GreaterOrEqual(t, n.served, int64(floorServed), "the callers were too idle to show anything")
	board.Row(t, "Redis is killed and stopped under callers", board.Figures{
		Operations: int(n.served + n.late + n.failed), Faults: faults, FloorOperations: floorServed, FloorFaults: 3 * rounds,
	})
}

// counts is how many calls ended how.
type counts struct{ served, late, failed int64 }

func tally(crowd []*agent) (n counts) {
	for _, a := range crowd {
		n.served += a.served.Load()
		n.late += a.late.Load()
		n.failed += a.failed.Load()
	}
	return n
}

// agent is one workspace, which is alive all the time, and what calls about it.
type agent struct {
	s        *redisstore.Store
	id       string
	patience time.Duration
	ask      isOnline

	served, late, failed atomic.Int64 // calls, by how they ended
}

// live calls until stop is closed, each time with a deadline.
func (a *agent) live(t testing.TB, stop <-chan struct{}) {
	calls := []func(ctx context.Context) error{
		func(ctx context.Context) error { return a.s.RefreshTTL(ctx, a.id) },
		func(ctx context.Context) error {
			online, err := a.ask(a.s, ctx, a.id)
			if err == nil && !online {
				t.Errorf("IsOnline(%q) says that a living workspace is offline", a.id)
			}
			return err
		},
		func(ctx context.Context) error { _, err := a.s.GetCachedURL(ctx, a.id); return err },
		func(ctx context.Context) error { return a.s.SetOnline(ctx, a.id) },
		func(ctx context.Context) error {
			online, err := a.s.RefreshMany(ctx, []string{a.id, a.id})
			if err == nil && (!online[0] || !online[1]) {
				t.Errorf("RefreshMany(%q) says that a living workspace is offline", a.id)
			}
			return err
		},
	}
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		ctx, cancel := context.WithTimeout(context.Background(), a.patience)
		deadline := time.Now().Add(a.patience)
		err := calls[i%len(calls)](ctx)
		end := time.Now()
		cancel()
		if over := end.Sub(deadline); over > moment {
			if overslept := kit.Overslept(deadline, end); over > moment+overslept {
				t.Errorf("a call outlives its context by %v, of which the machine overslept %v", over, overslept)
			}
		}
		switch {
		case err == nil:
			a.served.Add(1)
			time.Sleep(time.Millisecond) // other tests share the machine
		case errors.Is(err, context.DeadlineExceeded):
			a.late.Add(1)
		case errors.Is(err, store.ErrUnavailable):
			a.failed.Add(1)
			time.Sleep(time.Millisecond) // a refused connection answers at once
		default:
			t.Errorf("about a living workspace: %v", err)
		}
	}
}

// serve waits until every agent is served again.
func serve(t testing.TB, crowd []*agent) {
	t.Helper()
	soon := kit.Slower(t) * 10 * time.Second
	for _, a := range crowd {
		before := a.served.Load()
		require.Eventually(t, func() bool { return a.served.Load() >= before+10 }, soon, time.Millisecond,
			"%q is not served within %v of the server's return", a.id, soon)
	}
}
