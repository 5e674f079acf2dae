package kit

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// Pulse has workspaces heard from, as their owner does: each once per heartbeat,
// and it knows until when each is surely online.
type Pulse struct {
	heartbeat, ttl time.Duration

	mu    sync.Mutex
	alive []string
	heard map[string]time.Time // when the last heartbeat that was answered was sent
	muted bool                 // no heartbeat is sent
	gap   time.Duration        // longest between two heartbeats of one workspace
	beats int                  // heartbeats that were answered
}

// StartPulse has the workspaces heard from until the test ends. Heartbeats that
// fail are not repeated.
func StartPulse(t testing.TB, s store.LivenessStore, ttls store.TTLs, ids ...string) *Pulse {
	p := &Pulse{heartbeat: ttls.Heartbeat, ttl: ttls.Liveness, heard: make(map[string]time.Time)}
	SetOnline(t, s, ids)
	p.Start(ids...)
	ctx, end := context.WithCancel(context.Background())
	var beating sync.WaitGroup
	beating.Go(func() { p.beat(ctx, s) })
	t.Cleanup(func() {
		end()
		beating.Wait()
	})
	return p
}

func (p *Pulse) beat(ctx context.Context, s store.LivenessStore) {
	const callers = 16
	for next := time.Now(); ctx.Err() == nil; next = next.Add(p.heartbeat) {
		p.mu.Lock()
		alive := slices.Clone(p.alive)
		if p.muted {
			alive = nil
		}
		p.mu.Unlock()
		var calls sync.WaitGroup
		for part := range slices.Chunk(alive, max(1, (len(alive)+callers-1)/callers)) {
			calls.Go(func() {
				for _, id := range part {
					p.hear(ctx, s, id)
				}
			})
		}
		calls.Wait()
		select {
		case <-ctx.Done():
		case <-time.After(time.Until(next.Add(p.heartbeat))):
		}
	}
}

// hear has one workspace heard from, unless it was stopped meanwhile.
func (p *Pulse) hear(ctx context.Context, s store.LivenessStore, id string) {
	p.mu.Lock()
	lives := slices.Contains(p.alive, id) && !p.muted
	p.mu.Unlock()
	if !lives {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, p.heartbeat)
	defer cancel()
	sent := time.Now()
	if _, err := store.Heartbeat(ctx, s, id); err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if before, known := p.heard[id]; known {
		p.gap = max(p.gap, sent.Sub(before))
	}
	p.heard[id] = sent
	p.beats++
}

// Start begins the heartbeats of the workspaces.
func (p *Pulse) Start(ids ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.alive = append(p.alive, ids...)
	for _, id := range ids {
		delete(p.heard, id)
	}
}

// Stop ends them, and returns when the last of them may have been answered.
func (p *Pulse) Stop(ids ...string) time.Time {
	p.mu.Lock()
	p.alive = slices.DeleteFunc(p.alive, func(id string) bool { return slices.Contains(ids, id) })
	p.mu.Unlock()
	time.Sleep(p.heartbeat / 10)
	return time.Now()
}

// Mute says that no heartbeat arrives at all, or that they do again.
func (p *Pulse) Mute(is bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.muted = is
}

// Lives reports whether the workspace is alive.
func (p *Pulse) Lives(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.alive, id)
}

// Forget forgets gaps so far.
func (p *Pulse) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gap = 0
	clear(p.heard)
}

// LongestGap returns the longest time between two heartbeats of one workspace:
// the machine did not keep up if that is near a TTL.
func (p *Pulse) LongestGap() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.gap
}
