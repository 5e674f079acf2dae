package peers

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/benchmarks/peers/goals"
	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/store"
)

const (
	dying    = 100              // workspaces of each fleet, one after the other
	within   = 10 * time.Second // they die
	patience = time.Minute      // after which a death counts as that late
)

// redisLateness tells how late deaths are learnt on one server that is idle but
// for them: from its events for keys that expire, and from a monitor.
func redisLateness(b *bench) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.alone(func(b *bench) { newWake(b, n).byEvents(redistest.Start(b, "--notify-keyspace-events", "Ex")) })
		b.alone(func(b *bench) { newWake(b, n).byMonitor(redistest.Start(b)) })
	}
}

// wake waits for the deaths of a fleet.
type wake struct {
	b      *bench
	living []string
	ttls   map[string]time.Duration // of the workspaces that die
	all    chan struct{}

	mu   sync.Mutex
	due  map[string]time.Time
	late []float64 // seconds
}

func newWake(b *bench, n int) *wake {
	w := &wake{b: b, ttls: make(map[string]time.Duration), due: make(map[string]time.Time), all: make(chan struct{})}
	ids := workspaces(n)
	w.living = ids[dying:]
	for i, id := range ids[:dying] {
		w.ttls[id] = time.Second + within*time.Duration(i)/dying
	}
	return w
}

// byEvents is the code before this module, without the URLs.
func (w *wake) byEvents(server *redistest.Server) {
	ctx, client := context.Background(), redis.NewClient(&redis.Options{Addr: server.Addr()})
	w.b.closing(client)
	expired := client.PSubscribe(ctx, "__keyevent@*__:expired")
	w.b.closing(expired)
	_, err := expired.Receive(ctx)
	w.b.must(err)
	go func() {
		for m := range expired.Channel() {
			w.saw(m.Payload)
		}
	}()
	w.begin(func(ctx context.Context, id string) error {
		return client.Set(ctx, key(id), "online", w.ttl(id)).Err()
	}, key)
	w.tell("keyspace events")
}

func (w *wake) byMonitor(server *redistest.Server) {
	// What begins with an empty server begins with a grace of one TTL.
	w.b.watch(w.b.newRedis(server, store.TTLs{Liveness: time.Second}), w.saw).onAndReady()
	s := w.b.newRedis(server, store.TTLs{For: w.ttl})
	w.begin(s.SetOnline, func(id string) string { return id })
	w.tell("the monitor")
}

func (w *wake) ttl(id string) time.Duration {
	if ttl, dies := w.ttls[id]; dies {
		return ttl
	}
	return lifetime
}

// begin makes the fleet online, the ones that die last. Their deaths are seen under
// the names.
func (w *wake) begin(setOnline call, name func(id string) string) {
	load{callers: 64, ids: w.living}.run(w.b, setOnline)
	for id, ttl := range w.ttls {
		w.mu.Lock()
		w.due[name(id)] = time.Now().Add(ttl)
		w.mu.Unlock()
		w.b.must(setOnline(context.Background(), id))
	}
}

func (w *wake) saw(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	due, dies := w.due[name]
	if !dies {
		w.b.Errorf("%s is reported dead", name)
		return
	}
	delete(w.due, name)
	w.late = append(w.late, time.Since(due).Seconds())
	if len(w.late) == dying {
		close(w.all)
	}
}

// tell waits and prints the result.
func (w *wake) tell(by string) {
	select {
	case <-w.all:
	case <-time.After(within + patience):
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	late := append(slices.Clone(w.late), slices.Repeat([]float64{patience.Seconds()}, dying-len(w.late))...)
	w.b.print(goals.Result{
		Backend: "redis", Op: "lateness", Load: fmt.Sprintf("%s, n=%d", by, len(w.living)+dying), Unit: "s",
		Note: fmt.Sprintf("%d of %d deaths within %v", len(w.late), dying, patience),
	}.Summary(late))
}
