package outages

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// distance delays what servers answer.
type distance struct {
	t       testing.TB
	delay   time.Duration
	mu      sync.Mutex
	proxies map[string]string // by the address of the server
}

// dial connects to the server by way of a proxy that delays its answers.
func (d *distance) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	proxy, err := d.proxy(network, addr)
	if err != nil {
		return nil, err
	}
	var dialer net.Dialer
	return dialer.DialContext(ctx, network, proxy)
}

func (d *distance) proxy(network, addr string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if proxy, known := d.proxies[addr]; known {
		return proxy, nil
	}
	l, err := net.Listen(network, "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	d.t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial(network, addr)
			if err != nil {
				client.Close()
				continue
			}
			go func() {
				_, _ = io.Copy(server, client)
				server.Close()
			}()
			go d.relay(client, server)
		}
	}()
	d.proxies[addr] = l.Addr().String()
	return d.proxies[addr], nil
}

// relay passes on the answers of the server, each part after the delay.
func (d *distance) relay(client, server net.Conn) {
	type part struct {
		bytes []byte
		due   time.Time
	}
	const most = 1 << 16
	parts := make(chan part, most)
	go func() {
		defer close(parts)
		for {
			buffer := make([]byte, most)
			n, err := server.Read(buffer)
			if n > 0 {
				parts <- part{buffer[:n], time.Now().Add(d.delay)}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range parts {
		time.Sleep(time.Until(p.due))
		if _, err := client.Write(p.bytes); err != nil {
			break
		}
	}
	client.Close()
	server.Close()
}

// openFar opens a Cluster that is so far away.
func openFar(t testing.TB, c *redistest.Cluster, away time.Duration, ttls store.TTLs) store.LivenessStore {
	t.Helper()
	d := &distance{t: t, delay: away, proxies: make(map[string]string)}
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: c.Addrs(), Dialer: d.dial, ContextTimeoutEnabled: true, MaxRedirects: -1})
	t.Cleanup(func() { client.Close() })
	s, err := redisstore.New(client, redisstore.Options{TTLs: ttls})
	return kit.Closing(t, s, err)
}

// The monitors are 50 ms away from the Cluster, so that the counts of its shards
// are never all of one moment. Half of the fleet falls silent at once: nothing is
// reported, however many handlers could run.
//
// It fails if the guard is off.
func TestNoReportBeforeAHoldOverADistantCluster(t *testing.T) {
	t.Parallel()
	for _, concurrency := range []int{16, 200} {
		t.Run(fmt.Sprintf("concurrency=%d", concurrency), func(t *testing.T) {
			t.Parallel()
			kit.InRealTime(t, func(t testing.TB) {
				const (
					fleet    = 200
					away     = 50 * time.Millisecond
					monitors = 2
				)
				ttls := store.TTLs{Liveness: 9 * time.Second, Heartbeat: 1500 * time.Millisecond}
				c := redistest.StartCluster(t, 3)
				ids := kit.Named("workspace", fleet)
				alive := kit.StartPulse(t, openFar(t, c, 0, ttls), ttls, ids...)
				reports, log := kit.NewBook(), new(noticeboard)
				for n := range monitors {
					s := openFar(t, c, away, ttls)
					asked := time.Now()
					require.NoError(t, store.Ping(t.Context(), s))
					require.GreaterOrEqual(t, time.Since(asked), away, "the Cluster is not far away")
					m, _ := kit.RunMonitor(t, s, monitor.Config{
						Interval:    kit.SharedInterval(ttls),
						Concurrency: concurrency, Logger: slog.New(slog.NewTextHandler(log, nil)),
					}, reports.Handler(n))
					kit.AwaitNormal(t, m)
				}
				require.Empty(t, reports.All())
				alive.Stop(ids[:fleet/2]...)
				require.Eventually(t, func() bool { return log.count(holdBegins) == monitors }, 3*ttls.Liveness, 10*time.Millisecond, "no hold")
				time.Sleep(ttls.Liveness - 2*time.Second) // a partial hold lasts one TTL
				detected := len(kit.Pending(t, openFar(t, c, 0, ttls)))
				t.Logf("%d of %d silent at once, 50 ms away: %d deaths detected, %d reported", fleet/2, fleet, detected, len(reports.All()))
				assert.Empty(t, reports.All(), "reports")
				assert.Equal(t, fleet/2, detected)
				assert.LessOrEqual(t, log.count("liveness: grace:"), monitors, "the monitors swept all the time")
			})
		})
	}
}

// All nodes of a Cluster of 64 shards are stopped for longer than calls wait. A
// monitor tells of it in a few lines.
//
// It fails if each shard tells of its own outage.
func TestAnOutageOfManyShardsIsAFewLines(t *testing.T) {
	t.Parallel()
	kit.InRealTime(t, outageOfManyShards)
}

func outageOfManyShards(t testing.TB) {
	const (
		shards = 64
		lines  = 3 // of each monitor: the outage, its end, and the grace after it
	)
	away := 8 * time.Second // calls wait for 3 s
	if kit.Full() {
		away = time.Minute
	}
	ttls := store.TTLs{Liveness: 15 * time.Second, Heartbeat: 2 * time.Second}
	c := redistest.StartCluster(t, 3)
	var logs [replicas]noticeboard
	var monitors [replicas]*monitor.Monitor
	alive := kit.StartPulse(t, openFar(t, c, 0, ttls), ttls, kit.Named("workspace", 20)...)
	reports := kit.NewBook()
	for n := range replicas {
		s := openFar(t, c, 0, ttls)
		reaper, _ := store.As[driver.Reaper](s)
		require.Equal(t, shards, reaper.Traits().Shards)
		monitors[n], _ = kit.RunMonitor(t, s, monitor.Config{Interval: time.Second, Lease: 9 * time.Second, Logger: slog.New(slog.NewTextHandler(&logs[n], nil))}, reports.Handler(n))
	}
	for _, m := range monitors {
		kit.AwaitNormal(t, m)
	}
	var before [replicas]int
	for n := range replicas {
		before[n] = logs[n].count()
	}
	paused := time.Now()
	for _, m := range c.Masters {
		m.Pause(t)
	}
	time.Sleep(away)
	for _, m := range c.Masters {
		m.Resume(t)
	}
	for n, m := range monitors {
		require.Eventually(t, func() bool {
			return m.Status().State == monitor.StateNormal && logs[n].count("answers again") > 0
		}, time.Minute, 10*time.Millisecond, "the outage does not end")
	}
	time.Sleep(time.Second)
	most := lines
	if overslept := kit.Overslept(paused, time.Now()); overslept > time.Second {
		t.Logf("the machine did not keep up: it overslept by %v, which may be another outage", overslept)
		most = 2 * lines
	}
	for n := range replicas {
		wrote := logs[n].count() - before[n]
		t.Logf("monitor %d wrote %d lines about an outage of %v of %d shards:\n%s", n, wrote, away, shards, logs[n].last(wrote))
		assert.LessOrEqual(t, wrote, most)
	}
	assert.Empty(t, reports.All(), "living workspaces reported; the longest gap between heartbeats was %v", alive.LongestGap())
}
