package monitored

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/monitor"
)

// story is what a fleet and its monitors go through.
type story struct {
	name    string
	defends string // of the guarantees of package monitor
	acts    func(w *world)
}

const (
	p1 = "P1: a workspace that falls silent is reported once per silence, soon after its deadline"
	p2 = "P2: no workspace is reported while it is online"
	p3 = "P3: a death is handed out until a handler returns nil or the workspace is online again"
	p4 = "P4: at most one handler per workspace at a time"
	p5 = "P5: after a time without a sweep nothing is handed out until the living could be heard from"
)

func stories() []story {
	return []story{
		{"each death is reported once, and no living workspace", p1, func(w *world) {
			fleet := names("w", 30)
			dead := fleet[:12]
			w.startHeartbeats(fleet...)
			w.pass(w.interval / 3) // deadlines are not at the time of a sweep anyway
			w.watchAll(replicas, succeeds)
			for _, id := range dead {
				w.stopHeartbeats(id)
				w.pass(w.beat / 4)
			}
			w.awaitHandledOnce(dead...)
			w.wantSoon()
		}},

		{"a workspace that falls silent again is reported again", p1, func(w *world) {
			fleet := names("w", 6)
			w.startHeartbeats(fleet...)
			w.watchAll(replicas, succeeds)
			for range 3 {
				w.forgetCalls()
				w.stopHeartbeats(fleet[0])
				w.await("the death is handled", func() bool { return w.handled(fleet[0]) })
				w.wantSoon()
				w.wantHandledOnce(fleet[0])
				w.startHeartbeats(fleet[0])
				w.pass(w.beat)
			}
		}},

		// More workspaces die than there are handlers, which wait until some came back.
		{"a workspace that comes back in time is not reported", p2, func(w *world) {
			fleet := names("w", 60)
			back := make(chan struct{})
			w.startHeartbeats(fleet...)
			w.watchAll(replicas, func(ctx context.Context, _ monitor.Death) error {
				select {
				case <-back:
				case <-ctx.Done():
				}
				return ctx.Err()
			})
			w.stopHeartbeats(fleet...)
			w.await("all places are taken", func() bool { return w.calls() >= replicas*concurrency })
			waiting := w.unreported(fleet)
			w.startHeartbeats(waiting...)
			w.pass(w.beat)
			close(back)
			w.await("the other deaths are handled", func() bool { return w.calls() >= len(fleet)-len(waiting) })
			w.pass(w.ttl / 2)
			if reported := len(waiting) - len(w.unreported(waiting)); reported > 0 {
				w.wrong("%d of %d that came back before their turn are reported", reported, len(waiting))
			}
		}},

		{"a workspace that comes back just before the hand-out is not reported", p2, func(w *world) {
			fleet := names("w", 8)
			var back atomic.Int64
			w.claimed = func(id string) {
				back.Add(1)
				w.startHeartbeats(id)
			}
			w.startHeartbeats(fleet...)
			w.watchAll(replicas, succeeds)
			w.stopHeartbeats(fleet[:3]...)
			w.await("3 deaths are claimed", func() bool { return back.Load() >= 3 })
			w.pass(w.ttl / 2)
			w.wantHandledOnce()
		}},

		{"a handler that fails or panics is called again", p3, func(w *world) {
			fleet := names("w", 8)
			attempts := map[string]*atomic.Int64{}
			for _, id := range fleet {
				attempts[id] = new(atomic.Int64)
			}
			w.startHeartbeats(fleet...)
			w.watchAll(replicas, func(_ context.Context, d monitor.Death) error {
				n := attempts[d.ID].Add(1)
				if n != int64(d.Attempt) {
					w.wrong("the handler of %s is called for the %d. time with attempt %d", d.ID, n, d.Attempt)
				}
				switch n {
				case 1:
					return errors.New("this handler fails once")
				case 2:
					panic("this handler panics once")
				}
				return nil
			})
			w.stopHeartbeats(fleet[:3]...)
			w.awaitHandledOnce(fleet[:3]...)
		}},

		{"the deaths of a monitor that was killed are handed out by another", p3, func(w *world) {
			fleet := names("w", 8)
			w.startHeartbeats(fleet...)
			var first *host
			first = w.watch(0, func(ctx context.Context, _ monitor.Death) error {
				first.kill()
				<-ctx.Done()
				return ctx.Err()
			})
			w.pass(w.ttl + 2*w.interval)
			w.stopHeartbeats(fleet[:3]...)
			w.await("the monitor is killed", first.killed.Load)
			w.watch(1, succeeds)
			w.awaitHandledOnce(fleet[:3]...)
		}},

		{"a handler that takes longer than a lease stays alone", p4, func(w *world) {
			fleet := names("w", 6)
			w.startHeartbeats(fleet...)
			w.watchAll(replicas, func(ctx context.Context, _ monitor.Death) error {
				select {
				case <-time.After(3 * w.lease):
				case <-ctx.Done():
				}
				return ctx.Err()
			})
			w.stopHeartbeats(fleet[:2]...)
			w.await("a handler runs", func() bool { return w.calls() == 2 })
			w.startHeartbeats(fleet[0]) // a comeback ends the death, not the lease
			w.pass(w.beat)
			w.stopHeartbeats(fleet[0])
			w.await("two deaths are handled", func() bool { return w.handled(fleet[1]) })
			w.pass(w.ttl / 2)
		}},

		{"an outage of everything restarts no workspace", p5, func(w *world) {
			fleet := names("w", 12)
			w.startHeartbeats(fleet...)
			monitors := w.watchAll(replicas, succeeds)
			for _, m := range monitors {
				m.stop()
			}
			w.stopHeartbeats(fleet...)
			w.pass(2 * w.ttl)
			for n := range replicas {
				w.watch(n, succeeds)
			}
			w.pass(w.beat / 2)
			w.startHeartbeats(fleet...)
			w.pass(2 * w.ttl)
			w.wantHandledOnce()
		}},

		// In the end no call fails, and no death is lost.
		{"calls fail in every way while workspaces die and come back", p3, func(w *world) {
			fleet := names("w", 16)
			w.startHeartbeats(fleet...)
			by := func(ctx context.Context, d monitor.Death) error {
				if rand.IntN(4) == 0 {
					return errors.New("by chance")
				}
				time.Sleep(rand.N(w.lease / 2))
				return nil
			}
			monitors := w.watchAll(replicas, by)
			w.faulty.Store(true)
			end := time.Now().Add(3 * w.ttl)
			for n := 0; time.Now().Before(end); n++ {
				id := fleet[n%12] // the others stay alive
				if n/12%2 == 0 {
					w.stopHeartbeats(id)
				} else {
					w.startHeartbeats(id)
				}
				if n == 10 {
					monitors[0].kill()
					w.watch(0, by)
				}
				w.pass(w.ttl / 8)
			}
			w.stopHeartbeats(fleet[:6]...)
			w.startHeartbeats(fleet[6:]...)
			w.faulty.Store(false)
			w.await("the last deaths are handled", func() bool { return w.handled(fleet[:6]...) })
			w.pass(w.ttl / 2)
			if silent := w.unreported(fleet[12:]); len(silent) < 4 {
				w.wrong("some of %v are reported, which were online all the time", fleet[12:])
			}
		}},
	}
}

// clockJumps is the story of a backend with a clock of its own.
func clockJumps() story {
	return story{"the clock of the backend jumps ahead", p5, func(w *world) {
		fleet := names("w", 12)
		w.startHeartbeats(fleet...)
		w.watchAll(replicas, succeeds)
		w.jump(time.Hour)
		w.pass(2 * w.ttl)
		w.wantHandledOnce()
		w.stopHeartbeats(fleet[:2]...)
		w.awaitHandledOnce(fleet[:2]...)
	}}
}

// replicas is how many monitors watch a fleet.
const replicas = 2

// succeeds is a handler.
func succeeds(context.Context, monitor.Death) error { return nil }

func names(word string, n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprint(word, i)
	}
	return ids
}
