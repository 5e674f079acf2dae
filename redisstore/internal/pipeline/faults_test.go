package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
)

const (
	timeout = 500 * time.Millisecond // of a call
	enough  = 30 * time.Second       // for a fault to be over, on a busy machine too
)

// fault is what can befall the server that holds a key.
type fault struct {
	open func(t testing.TB, o Options) *Transport
	key  string
	lose func()
	mend func()

	unnoticed bool // no call has to fail
	forgets   bool // the server may lose what it has acknowledged
}

// A caller who comes alone is served when the fault is over, as eight are who come
// together, and nothing is sent twice. The log tells of it in two lines, or of two
// servers in four.
func TestALoneCallerIsServedLikeEight(t *testing.T) {
	for name, start := range map[string]func(t *testing.T) fault{
		"standalone is killed":               killed,
		"standalone is stopped":              stopped,
		"standalone loads its data":          loading,
		"standalone is busy with a script":   busy,
		"standalone is paused":               paused,
		"standalone becomes a replica":       demoted,
		"standalone closes all connections":  cutOff,
		"sentinel promotes a replica":        sentinel,
		"cluster: a master is killed":        clusterKilled,
		"cluster: a master is stopped":       clusterStopped,
		"cluster: a master has lost peers":   clusterForgotten,
		"cluster: too many masters are away": clusterDown,
		"cluster: a slot moves":              clusterReshards,
		"cluster: a master comes and goes":   clusterGrows,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			alone, crowd := startCallers(t, f, 1), startCallers(t, f, 8)
			alone.wait(t, time.Now(), 2*loneCalls)
			crowd.wait(t, time.Now(), 8)
			if !strings.HasPrefix(name, "sentinel") {
				require.Eventually(t, func() bool { return alone.server(t).lone.Load() != nil }, time.Minute, time.Millisecond, "a lone caller has no line")
			}
			f.lose()
			if !f.unnoticed {
				alone.notices(t)
				crowd.notices(t)
			}
			f.mend()
			mended := time.Now()
			served := crowd.wait(t, mended, 1)
			servedAlone := alone.wait(t, mended, 1)
			t.Logf("served after %v alone, %v together", servedAlone.Sub(mended).Round(time.Millisecond), served.Sub(mended).Round(time.Millisecond))
			alone.end(t)
			crowd.end(t)
		})
	}
}

// callers count up, each with a key of its own in the same slot.
type callers struct {
	fault
	transport *Transport
	log       lines
	stop      chan struct{}
	all       sync.WaitGroup
	failed    atomic.Int64
	tried     []atomic.Int64
	counted   []atomic.Int64

	mu     sync.Mutex
	served []time.Time // when calls began that succeeded
}

func startCallers(t *testing.T, f fault, n int) *callers {
	c := &callers{fault: f, stop: make(chan struct{}), tried: make([]atomic.Int64, n), counted: make([]atomic.Int64, n)}
	o := options()
	o.Logger = slog.New(slog.NewTextHandler(&c.log, nil))
	c.transport = f.open(t, o)
	for i := range n {
		c.all.Go(func() { c.call(i) })
	}
	t.Cleanup(c.halt)
	return c
}

func (c *callers) keyOf(i int) string { return fmt.Sprintf("%s:%d of %d", c.key, i, len(c.tried)) }

func (c *callers) call(i int) {
	for {
		select {
		case <-c.stop:
			return
		default:
		}
		began := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), 2*timeout)
		c.tried[i].Add(1)
		if err := c.transport.do(ctx, To(c.keyOf(i), "incr", c.keyOf(i))); err != nil {
			c.failed.Add(1)
			time.Sleep(time.Millisecond)
		} else {
			c.counted[i].Add(1)
			c.mu.Lock()
			c.served = append(c.served, began)
			c.mu.Unlock()
		}
		cancel()
	}
}

// do makes one call.
func (t *Transport) do(ctx context.Context, r Request) error {
	w := t.Limit(ctx)
	if err := t.Ready(w); err != nil {
		return err
	}
	return t.RunAll(w, []Request{r})
}

// wait returns when the last of n calls began that began since then and succeeded.
func (c *callers) wait(t *testing.T, since time.Time, n int) time.Time {
	t.Helper()
	var last time.Time
	require.Eventually(t, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		found := 0
		for _, began := range c.served {
			if !began.Before(since) && found < n {
				found++
				last = began
			}
		}
		return found == n
	}, enough, 2*time.Millisecond, "%d callers are not served", len(c.tried))
	return last
}

// notices waits until a call fails.
func (c *callers) notices(t *testing.T) {
	t.Helper()
	before := c.failed.Load()
	require.Eventually(t, func() bool { return c.failed.Load() > before }, enough, time.Millisecond, "no call of %d callers noticed", len(c.tried))
}

func (c *callers) server(t *testing.T) *Server {
	s, err := c.transport.ServerOf(c.key)
	require.NoError(t, err)
	return s
}

func (c *callers) halt() {
	select {
	case <-c.stop:
	default:
		close(c.stop)
	}
	c.all.Wait()
}

// end compares what was counted with what the server has.
func (c *callers) end(t *testing.T) {
	t.Helper()
	c.halt()
	require.LessOrEqual(t, c.log.count("level="), 4, c.log.text.String())
	require.LessOrEqual(t, c.log.count("answers again"), c.log.count("does not answer"))
	for i := range c.tried {
		get := To(c.keyOf(i), "get", c.keyOf(i))
		require.NoError(t, c.transport.do(context.Background(), get))
		has, err := get.Cmd.Int64()
		require.NoError(t, err)
		require.LessOrEqual(t, has, c.tried[i].Load(), "something was sent twice")
		if !c.forgets {
			require.GreaterOrEqual(t, has, c.counted[i].Load(), "an acknowledged command was lost")
		}
	}
}

var silent = slog.New(slog.DiscardHandler)

func options() Options {
	return Options{Timeout: timeout, Logger: silent, Text: error.Error}
}

// closing closes a transport and its client with the test.
func closing(t testing.TB, transport *Transport, client redis.UniversalClient) *Transport {
	t.Cleanup(func() {
		transport.Close(transport.Limit(context.Background()))
		_ = client.Close() // a test may have closed it
	})
	return transport
}

func standalone(server *redistest.Server) func(t testing.TB, o Options) *Transport {
	return func(t testing.TB, o Options) *Transport {
		c := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1, DialerRetries: 1, ContextTimeoutEnabled: true})
		return closing(t, New(c, o), c)
	}
}

func killed(t *testing.T) fault {
	s := redistest.Start(t)
	return fault{open: standalone(s), key: "k", lose: s.Kill, mend: func() { s.Restart(t) }, forgets: true}
}

func stopped(t *testing.T) fault {
	s := redistest.Start(t)
	return fault{open: standalone(s), key: "k", lose: func() { s.Pause(t) }, mend: func() { s.Resume(t) }}
}

// loading takes about half a second to load what it has saved.
func loading(t *testing.T) fault {
	s := redistest.Start(t, "--key-load-delay", "500", "--loading-process-events-interval-bytes", "1024")
	ctx, c := context.Background(), s.Client(t)
	for i := range 1000 {
		require.NoError(t, c.Set(ctx, fmt.Sprint("other", i), strings.Repeat("x", 100), 0).Err())
	}
	return fault{open: standalone(s), key: "k", forgets: true, lose: func() {
		s.Save(t)
		s.Kill()
	}, mend: func() { s.Restart(t) }}
}

func busy(t *testing.T) fault {
	s := redistest.Start(t, "--lua-time-limit", "50")
	ctx, c, killer := context.Background(), s.Client(t), s.Client(t)
	return fault{open: standalone(s), key: "k", lose: func() {
		go c.Eval(ctx, "while true do end", nil)
	}, mend: func() {
		require.Eventually(t, func() bool { return killer.ScriptKill(ctx).Err() == nil }, enough, 10*time.Millisecond)
	}}
}

func paused(t *testing.T) fault {
	const pause = 4 * timeout
	s := redistest.Start(t)
	var ends time.Time
	return fault{open: standalone(s), key: "k", lose: func() {
		require.NoError(t, s.Client(t).Do(context.Background(), "client", "pause", pause.Milliseconds(), "all").Err())
		ends = time.Now().Add(pause)
	}, mend: func() { time.Sleep(time.Until(ends)) }}
}

func demoted(t *testing.T) fault {
	s, other := redistest.Start(t), redistest.Start(t)
	ctx, c := context.Background(), s.Client(t)
	host, port, _ := strings.Cut(other.Addr(), ":")
	return fault{open: standalone(s), key: "k", forgets: true, lose: func() {
		require.NoError(t, c.ReplicaOf(ctx, host, port).Err())
	}, mend: func() {
		require.NoError(t, c.ReplicaOf(ctx, "no", "one").Err())
	}}
}

func cutOff(t *testing.T) fault {
	s := redistest.Start(t)
	return fault{open: standalone(s), key: "k", unnoticed: true, mend: func() {}, lose: func() {
		require.NoError(t, s.Client(t).Do(context.Background(), "client", "kill", "type", "normal").Err())
	}}
}

func sentinel(t *testing.T) fault {
	s := redistest.StartSentinel(t, 0)
	url, err := redis.ParseFailoverURL(s.URL())
	require.NoError(t, err)
	url.MaxRetries, url.DialerRetries, url.ContextTimeoutEnabled = -1, 1, true
	return fault{key: "k", forgets: true, unnoticed: true, lose: func() { s.Failover(t) }, mend: func() {}, open: func(t testing.TB, o Options) *Transport {
		c := redis.NewFailoverClient(url)
		return closing(t, New(c, o), c)
	}}
}

// startCluster returns three masters, and a fault of the first that does nothing.
func startCluster(t *testing.T) (*redistest.Cluster, fault) {
	c := redistest.StartCluster(t, 3)
	f := fault{mend: func() {}, open: func(t testing.TB, o Options) *Transport {
		client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: c.Addrs(), MaxRetries: -1, DialerRetries: 1, ContextTimeoutEnabled: true})
		return closing(t, NewCluster(client, o), client)
	}}
	for i := 0; f.key == ""; i++ {
		if key := fmt.Sprintf("{%d}", i); c.Masters[0].Client(t).Get(context.Background(), key).Err() == redis.Nil {
			f.key = key // it is not MOVED
		}
	}
	return c, f
}

// failover has the replica of the first master promoted.
func failover(t *testing.T, lose func(master, replica *redistest.Server)) fault {
	c, f := startCluster(t)
	replica := c.AddReplica(t, 0)
	f.forgets = true
	f.lose = func() { lose(c.Masters[0], replica) }
	f.mend = func() {
		client := replica.Client(t)
		require.Eventually(t, func() bool {
			ctx := context.Background()
			return strings.Contains(client.Info(ctx, "replication").Val(), "role:master") && strings.Contains(client.ClusterInfo(ctx).Val(), "cluster_state:ok")
		}, enough, 10*time.Millisecond)
	}
	return f
}

func clusterKilled(t *testing.T) fault {
	return failover(t, func(master, _ *redistest.Server) { master.Kill() })
}

func clusterStopped(t *testing.T) fault {
	return failover(t, func(master, _ *redistest.Server) { master.Pause(t) })
}

// clusterForgotten has a master that knows its peers no more, and answers that the
// cluster is down, while its replica has taken over.
func clusterForgotten(t *testing.T) fault {
	return failover(t, func(master, replica *redistest.Server) {
		ctx, m := context.Background(), master.Client(t)
		for _, line := range strings.Split(strings.TrimSpace(m.ClusterNodes(ctx).Val()), "\n") {
			if id, _, _ := strings.Cut(line, " "); !strings.Contains(line, "myself") {
				require.NoError(t, m.ClusterForget(ctx, id).Err())
			}
		}
		require.NoError(t, replica.Client(t).Do(ctx, "cluster", "failover", "takeover").Err())
	})
}

func clusterDown(t *testing.T) fault {
	c, f := startCluster(t)
	c.Notices(t, true)
	f.lose = func() {
		c.Masters[1].Pause(t)
		c.Masters[2].Pause(t)
	}
	f.mend = func() {
		c.Masters[1].Resume(t)
		c.Masters[2].Resume(t)
	}
	return f
}

func clusterReshards(t *testing.T) fault {
	c, f := startCluster(t)
	from, to := c.Masters[0], c.Masters[1]
	slot := int(from.Client(t).ClusterKeySlot(context.Background(), f.key).Val())
	f.unnoticed = true
	f.lose = func() {
		c.OpenSlot(t, slot, from, to)
		require.Eventually(t, func() bool { return to.Commands(t, "asking") > 8 }, enough, 10*time.Millisecond, "nobody was referred")
	}
	f.mend = func() { c.CloseSlot(t, slot, from, to) }
	return f
}

// clusterGrows moves a slot to a master that holds none, and back, and ends the master.
func clusterGrows(t *testing.T) fault {
	c, f := startCluster(t)
	from, added := c.Masters[0], c.AddMaster(t)
	slot := int(from.Client(t).ClusterKeySlot(context.Background(), f.key).Val())
	f.unnoticed = true
	f.lose = func() {
		c.OpenSlot(t, slot, from, added)
		require.Eventually(t, func() bool { return added.Commands(t, "asking") > 8 }, enough, 10*time.Millisecond, "nobody was referred")
		c.CloseSlot(t, slot, from, added)
		before := added.Commands(t, "incr")
		require.Eventually(t, func() bool { return added.Commands(t, "incr") > before+8 }, enough, 10*time.Millisecond)
		c.OpenSlot(t, slot, added, from)
		c.CloseSlot(t, slot, c.Masters[1], c.Masters[2], from) // one that has lost its last slot becomes a replica
	}
	f.mend = added.Kill
	return f
}
