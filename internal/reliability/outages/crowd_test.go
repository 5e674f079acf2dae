package outages

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

// beatsPerTTL is how often a workspace is heard from within its TTL, as in
// production.
const beatsPerTTL = 6

// crowd is workspaces on a Redis that are heard from, each in a rhythm of its
// own, and the reports of the monitors of that Redis.
type crowd struct {
	t     testing.TB
	url   string
	ttls  store.TTLs
	store *redisstore.Store // by which the workspaces are heard from
	ended chan struct{}
	away  atomic.Bool // no heartbeat gets through
	bend  bend        // between the monitors and their stores
	log   noticeboard

	beats   atomic.Int64 // heartbeats that were acknowledged
	returns atomic.Int64 // those that set a workspace online: the first, and after a loss

	mu      sync.Mutex
	members []*member
	byID    map[string]*member
	wrong   int // reports of workspaces that were not dead
}

// member is one workspace.
type member struct {
	id      string
	stop    context.CancelFunc
	stopped chan struct{}

	// What follows is locked with the fleet.
	silent   bool        // it is not heard from any more
	retired  bool        // its owner wants it no more, so that it may not be reported
	heard    time.Time   // when its last acknowledged heartbeat was sent
	reported []time.Time // once if it died
}

// gather starts a fleet of n workspaces and returns when all were heard from.
func gather(t testing.TB, url string, ttl time.Duration, n int) *crowd {
	c := &crowd{
		t: t, url: url, ttls: store.TTLs{Liveness: ttl, Heartbeat: ttl / beatsPerTTL},
		ended: make(chan struct{}), byID: make(map[string]*member),
	}
	c.store = c.open()
	t.Cleanup(func() {
		close(c.ended)
		for _, m := range c.members {
			<-m.stopped
		}
	})
	c.join(n)
	return c
}

// open opens the Redis by another client, as another platform replica does.
func (c *crowd) open() *redisstore.Store {
	c.t.Helper()
	s, err := redisstore.Open(c.t.Context(), c.url, redisstore.Options{TTLs: c.ttls})
	require.NoError(c.t, err)
	c.t.Cleanup(func() { s.Close() })
	return s
}

// join adds n workspaces and returns when they were heard from.
func (c *crowd) join(n int) []*member {
	c.mu.Lock()
	var joined []*member
	for range n {
		m := &member{id: fmt.Sprintf("workspace-%d", len(c.members))}
		c.members = append(c.members, m)
		c.byID[m.id] = m
		joined = append(joined, m)
	}
	c.mu.Unlock()
	c.speak(joined)
	eventually(c.t, "not all of those who joined were heard from", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return numberOf(joined, func(m *member) bool { return m.heard.IsZero() }) == 0
	})
	return joined
}

// speak has the workspaces heard from, for the first time or again.
func (c *crowd) speak(members []*member) {
	for _, m := range members {
		ctx, cancel := context.WithCancel(context.Background())
		c.mu.Lock()
		m.silent, m.stop, m.stopped = false, cancel, make(chan struct{})
		c.mu.Unlock()
		go c.live(ctx, m)
	}
}

// live is the life of a workspace: a heartbeat that fails is not repeated, the
// next one comes when it is due.
func (c *crowd) live(ctx context.Context, m *member) {
	defer close(m.stopped)
	first := time.After(rand.N(c.ttls.Heartbeat))
	rhythm := time.NewTicker(c.ttls.Heartbeat)
	defer rhythm.Stop()
	for {
		select {
		case <-c.ended:
			return
		case <-ctx.Done():
			return
		case <-first:
			rhythm.Reset(c.ttls.Heartbeat)
		case <-rhythm.C:
		}
		if !c.away.Load() {
			c.beat(m)
		}
	}
}

func (c *crowd) beat(m *member) {
	ctx, cancel := context.WithTimeout(context.Background(), c.ttls.Heartbeat)
	defer cancel()
	sent := time.Now()
	registered, err := store.Heartbeat(ctx, c.store, m.id)
	if err != nil {
		return
	}
	c.beats.Add(1)
	if registered {
		c.returns.Add(1)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	m.heard = sent
}

// silence ends n workspaces and returns when their last heartbeat is over.
func (c *crowd) silence(n int) []*member {
	c.t.Helper()
	c.mu.Lock()
	var ended []*member
	for _, m := range c.members {
		if len(ended) < n && !m.silent {
			m.silent = true
			ended = append(ended, m)
		}
	}
	c.mu.Unlock()
	require.Len(c.t, ended, n, "too few are alive")
	for _, m := range ended {
		m.stop()
		<-m.stopped
	}
	return ended
}

// retire ends n workspaces as their owner does, which wants them no more.
func (c *crowd) retire(n int) {
	for _, m := range c.silence(n) {
		c.mu.Lock()
		m.retired = true
		c.mu.Unlock()
		require.NoError(c.t, c.store.Clear(c.t.Context(), m.id))
	}
}

// expected is the owner's list: it begins with the first workspace and ends
// with the death that was handled.
func (c *crowd) expected(context.Context) ([]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var ids []string
	for _, m := range c.members {
		if !m.retired && len(m.reported) == 0 {
			ids = append(ids, m.id)
		}
	}
	return ids, nil
}

// living returns how many workspaces are heard from.
func (c *crowd) living() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return numberOf(c.members, func(m *member) bool { return !m.silent })
}

// stepTime is how long the fleet waits for a step without which it cannot go on.
const stepTime = 30 * time.Second

// eventually waits for such a step.
func eventually(t testing.TB, failure string, done func() bool) {
	t.Helper()
	require.Eventually(t, done, stepTime, 20*time.Millisecond, failure)
}

func numberOf[T any](all []T, is func(T) bool) (n int) {
	for _, one := range all {
		if is(one) {
			n++
		}
	}
	return n
}
