package reliability

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

// moment is by how much a call may outlive its context (C7).
const moment = 50 * time.Millisecond

// A server is stopped, killed and restarted under callers with deadlines of
// their own. No call may outlive its context, and nobody who is alive may be
// called offline or unknown, whatever the server does: it syncs every write
// before it acknowledges, and lifetimes are longer than the test.
func TestRedisOutage(t *testing.T) {
	const (
		callers = 32
		rounds  = 4
		away    = 1500 * time.Millisecond
		patient = 200 * time.Millisecond

		floorServed = 2_000 // calls that the server answered
		floorLate   = 500   // calls that ended with their context
		floorFailed = 500   // calls that found no server
	)
	server := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always", "--key-load-delay", "-20")
	s, err := redisstore.Open(context.Background(), "redis://"+server.Addr(), redisstore.Options{
		TTLs:    store.TTLs{Liveness: time.Hour, URL: time.Hour},
		Timeout: time.Second,
	})
	require.NoError(t, err)
	defer s.Close()

	crowd := make([]*agent, callers)
	for i := range crowd {
		crowd[i] = &agent{s: s, id: fmt.Sprintf("agent-%d", i), patience: patient}
		require.NoError(t, s.SetOnline(context.Background(), crowd[i].id))
		require.NoError(t, s.CacheURL(context.Background(), crowd[i].id, "http://"+crowd[i].id))
	}

	watch := startWatch()
	stop := make(chan struct{})
	var all sync.WaitGroup
	for _, a := range crowd {
		all.Go(func() { a.live(t, watch, stop) })
	}
	for range rounds {
		serve(t, crowd)
		server.Pause(t)
		time.Sleep(away)
		server.Resume(t)

		serve(t, crowd)
		server.Kill()
		time.Sleep(away)
		server.Restart(t)

		serve(t, crowd)
		server.Pause(t)
		time.Sleep(away / 3)
		server.Restart(t)
	}
	serve(t, crowd)
	close(stop)
	all.Wait()
	stall := watch.stop()

	var served, late, failed int64
	for _, a := range crowd {
		served += a.served.Load()
		late += a.late.Load()
		failed += a.failed.Load()
	}
	t.Logf("%d rounds: %d calls served, %d ended by their context, %d without a server; the machine's longest stall: %v",
		rounds, served, late, failed, stall)
	require.GreaterOrEqual(t, served, int64(floorServed), "the callers were too idle to show anything")
	require.GreaterOrEqual(t, late, int64(floorLate), "the server hardly stopped")
	require.GreaterOrEqual(t, failed, int64(floorFailed), "the server was hardly gone")
}

// agent is one workspace, which is alive all the time, and what calls about it.
type agent struct {
	s        *redisstore.Store
	id       string
	patience time.Duration

	served, late, failed atomic.Int64 // calls, by how they ended
}

// live calls until stop is closed, each time with a deadline.
func (a *agent) live(t *testing.T, watch *watch, stop <-chan struct{}) {
	calls := []func(ctx context.Context) error{
		func(ctx context.Context) error { return a.s.RefreshTTL(ctx, a.id) },
		func(ctx context.Context) error {
			online, err := a.s.IsOnline(ctx, a.id)
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
		peer := startPeer(a.patience)
		err := calls[i%len(calls)](ctx)
		end := time.Now()
		cancel()
		due := peer.woken(end)
		if over, stalled := end.Sub(due), watch.stalled(due, end); over > moment+stalled {
			t.Errorf("a call outlives its context by %v, of which the machine stalled for %v", over, stalled)
		}
		switch {
		case err == nil:
			a.served.Add(1)
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
func serve(t *testing.T, crowd []*agent) {
	t.Helper()
	const soon = 10 * time.Second
	for _, a := range crowd {
		before := a.served.Load()
		require.Eventually(t, func() bool { return a.served.Load() >= before+10 }, soon, time.Millisecond,
			"%q is not served within %v of the server's return", a.id, soon)
	}
}

// A machine that is shared may itself sleep for longer than a moment. Two
// witnesses tell how much of a delay is the machine's, and only that is
// discounted.

// peer does nothing but wait for as long as a call may take. The machine wakes
// the two alike.
type peer struct {
	deadline time.Time
	timer    *time.Timer
	woke     chan time.Time
}

func startPeer(patience time.Duration) peer {
	p := peer{deadline: time.Now().Add(patience), woke: make(chan time.Time, 1)}
	p.timer = time.AfterFunc(patience, func() { p.woke <- time.Now() })
	return p
}

// woken returns when the peer woke, or the end of the call if it has not: the
// deadline, if the call ended before that.
func (p peer) woken(end time.Time) time.Time {
	if p.timer.Stop() {
		if end.Before(p.deadline) {
			return p.deadline
		}
		return end
	}
	return <-p.woke
}

// watch measures how late the machine wakes a goroutine that wants to run all
// the time.
type watch struct {
	mu     sync.Mutex
	due    time.Time // when the watch wakes next
	stalls []stall
	end    chan struct{}
	ended  chan struct{}
}

type stall struct{ begin, end time.Time }

const tick = 5 * time.Millisecond

func startWatch() *watch {
	w := &watch{due: time.Now().Add(tick), end: make(chan struct{}), ended: make(chan struct{})}
	go w.run()
	return w
}

func (w *watch) run() {
	defer close(w.ended)
	for {
		select {
		case <-time.After(time.Until(w.due)):
		case <-w.end:
			return
		}
		w.mu.Lock()
		now := time.Now()
		w.stalls = append(w.stalls, stall{w.due, now})
		w.due = now.Add(tick)
		w.mu.Unlock()
	}
}

// stalled returns for how long the watch was late between the two moments.
func (w *watch) stalled(begin, end time.Time) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	var sum time.Duration
	for _, s := range append(w.stalls, stall{w.due, end}) {
		if s.begin.Before(begin) {
			s.begin = begin
		}
		if s.end.After(end) {
			s.end = end
		}
		sum += max(0, s.end.Sub(s.begin))
	}
	return sum
}

// stop returns the longest stall.
func (w *watch) stop() time.Duration {
	close(w.end)
	<-w.ended
	var longest time.Duration
	for _, s := range w.stalls {
		longest = max(longest, s.end.Sub(s.begin))
	}
	return longest
}
