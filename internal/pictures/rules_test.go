package pictures_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/internal/pictures"
)

// registry is what Eureka and Kubernetes are in these tests: it knows when each
// workspace was last heard from, and a rule says how many of those whose TTL
// has passed it evicts, in random order. An evicted workspace is restarted, and
// registered when it is heard from again.
type registry struct {
	fleet *pictures.Fleet
	rule  rule

	mu       sync.Mutex
	heard    map[string]time.Time
	renewals []time.Time
}

// rule decides once a second.
type rule interface{ evicts(v view) int }

// view is what a registry sees.
type view struct {
	now        time.Time
	registered int
	silent     int // of these, not heard from for four heartbeats
	expired    int // of these, not heard from for a TTL
	renewals   int // heartbeats in the last minute
}

func (r *registry) beat(_ context.Context, id string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard[id] = time.Now()
	r.renewals = append(r.renewals, time.Now())
	return nil
}

func (r *registry) watch(ctx context.Context) error {
	var restarts sync.WaitGroup
	defer restarts.Wait()
	for tick := time.NewTicker(time.Second); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			return nil
		case <-tick.C:
		}
		for _, id := range r.evict() {
			restarts.Go(func() { r.fleet.Restart(id) })
		}
	}
}

func (r *registry) evict() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := view{now: time.Now(), registered: len(r.heard)}
	for len(r.renewals) > 0 && v.now.Sub(r.renewals[0]) > time.Minute {
		r.renewals = r.renewals[1:]
	}
	v.renewals = len(r.renewals)
	var expired []string
	for id, heard := range r.heard {
		silence := v.now.Sub(heard)
		if silence > 4*pictures.Heartbeat {
			v.silent++
		}
		if silence > pictures.TTL {
			expired = append(expired, id)
		}
	}
	v.expired = len(expired)
	rand.Shuffle(len(expired), func(i, j int) { expired[i], expired[j] = expired[j], expired[i] })
	expired = expired[:min(r.rule.evicts(v), len(expired))]
	for _, id := range expired {
		delete(r.heard, id)
	}
	return expired
}

// none has no guard.
type none struct{}

func (none) evicts(v view) int { return v.expired }

// eureka evicts once a minute, at most 15 % of the registered, and nothing
// while less than 85 % of the renewals come that are due in a minute.
type eureka struct{ next time.Time }

func (e *eureka) evicts(v view) int {
	const due = float64(time.Minute / pictures.Heartbeat)
	if v.now.Before(e.next) {
		return 0
	}
	e.next = v.now.Add(time.Minute)
	if float64(v.renewals) <= 0.85*due*float64(v.registered) {
		return 0
	}
	return v.registered - int(0.85*float64(v.registered))
}

// kubernetes takes the fleet for one zone: nothing is evicted while the zone is
// fully disrupted, 0.01 a second while more than 55 % are not ready, or nothing
// if the zone is small, and else 0.1 a second.
type kubernetes struct{ tokens float64 }

func (k *kubernetes) evicts(v view) int {
	const large = 50
	rate := 0.1
	switch {
	case v.silent == v.registered:
		rate = 0
	case v.silent > 2 && float64(v.silent) >= 0.55*float64(v.registered):
		rate = 0.01
		if v.registered <= large {
			rate = 0
		}
	}
	k.tokens = min(1, k.tokens+rate)
	if rate == 0 || v.expired == 0 || k.tokens < 1 {
		return 0
	}
	k.tokens--
	return 1
}
