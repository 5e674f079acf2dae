package monitor_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"iter"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/race"
	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// sharded is a store of several shards, each a store in memory behind a line
// of its own. Workspaces are registered with the shards, not with it.
type sharded struct {
	store.LivenessStore
	shards []*line
}

// inShards tells of a world whose store has n shards, or 8 under the race detector.
func inShards(t *testing.T, n int, tell func(w *world, s *sharded)) {
	if race.Enabled {
		n = min(n, 8)
	}
	synctest.Test(t, func(t *testing.T) {
		s := new(sharded)
		for range n {
			m, err := memstore.New(memstore.Options{})
			require.NoError(t, err)
			s.shards = append(s.shards, &line{Store: m})
		}
		tell(&world{Store: s.shards[0].Store, t: t, start: time.Now()}, s)
	})
}

func (s *sharded) of(id string) *line {
	h := fnv.New32a()
	h.Write([]byte(id))
	return s.shards[h.Sum32()%uint32(len(s.shards))]
}

// beating lets time pass while the workspaces are heard from, on lines of
// their own.
func (s *sharded) beating(w *world, d time.Duration, ids ...string) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		for _, id := range ids {
			_, err := store.Heartbeat(w.t.Context(), s.of(id).Store, id)
			require.NoError(w.t, err)
		}
		w.pass(min(heartbeat, time.Until(end)))
	}
}

// split returns which of the ids are in a shard and which are not.
func (s *sharded) split(shard *line, ids []string) (in, out []string) {
	for _, id := range ids {
		if s.of(id) == shard {
			in = append(in, id)
		} else {
			out = append(out, id)
		}
	}
	return in, out
}

func (s *sharded) Traits() driver.Traits {
	t := s.shards[0].Traits()
	t.Shards, t.Local = len(s.shards), false
	return t
}

func (s *sharded) Sweep(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
	return s.shards[shard].Sweep(ctx, 0, o)
}

func (s *sharded) Claim(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
	return s.shards[shard].Claim(ctx, 0, o)
}

func (s *sharded) Begin(ctx context.Context, d driver.Death) (driver.Standing, error) {
	return s.of(d.ID).Begin(ctx, d)
}

func (s *sharded) Extend(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
	var standings []driver.Standing
	for _, d := range leased {
		one, err := s.of(d.ID).Extend(ctx, []driver.Death{d}, lease)
		if err != nil {
			return nil, err
		}
		standings = append(standings, one...)
	}
	return standings, nil
}

func (s *sharded) Acknowledge(ctx context.Context, d driver.Death) (bool, error) {
	return s.of(d.ID).Acknowledge(ctx, d)
}

func (s *sharded) Release(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
	return s.of(d.ID).Release(ctx, d, after)
}

func (s *sharded) Withdraw(ctx context.Context, d driver.Death) (bool, error) {
	return s.of(d.ID).Withdraw(ctx, d)
}

func (s *sharded) Sample(ctx context.Context, shard, n int) ([]string, error) {
	return s.shards[shard].Sample(ctx, 0, n)
}

func (s *sharded) Look(ctx context.Context, ids []string) ([]driver.Sighting, error) {
	var seen []driver.Sighting
	for _, id := range ids {
		one, err := s.of(id).Look(ctx, []string{id})
		if err != nil {
			return nil, err
		}
		seen = append(seen, one...)
	}
	return seen, nil
}

func (s *sharded) Deaths(ctx context.Context, shard int) iter.Seq2[driver.Pending, error] {
	return s.shards[shard].Deaths(ctx, 0)
}

func (s *sharded) Adopt(ctx context.Context, shard int, ids []string, due time.Time) ([]string, error) {
	in, _ := s.split(s.shards[shard], ids)
	return s.shards[shard].Adopt(ctx, 0, in, due)
}

func (s *sharded) Forget(ctx context.Context, ids []string) error {
	for _, id := range ids {
		if err := s.of(id).Forget(ctx, []string{id}); err != nil {
			return err
		}
	}
	return nil
}

func (s *sharded) Note(ctx context.Context, shard int, old, next string) (string, error) {
	return s.shards[shard].Note(ctx, 0, old, next)
}

func TestP6AHoldIsThatOfAllShards(t *testing.T) {
	for name, away := range map[string]time.Duration{"near": 0, "50 ms away": 25 * time.Millisecond} {
		for _, concurrency := range []int{16, 200} {
			t.Run(fmt.Sprintf("%s, concurrency=%d", name, concurrency), func(t *testing.T) {
				inShards(t, 64, func(w *world, s *sharded) {
					const fleet = 200
					ids := names("w", fleet)
					for _, l := range s.shards {
						l.is(func(context.Context, string) error { time.Sleep(2 * away); return nil })
					}
					for range 2 {
						w.watchBy("", s, monitor.Config{Concurrency: concurrency}, nil)
					}
					s.beating(w, 2*ttl, ids...)
					s.beating(w, ttl+2*time.Minute, ids[fleet*2/5:]...)
					w.nobody()
					s.beating(w, 5*ttl, ids...)
					w.nobody()
					assert.Equal(t, 2, w.log.count(holdBegins))
					assert.Equal(t, 2, w.log.count(holdEnds))
				})
			})
		}
	}
}

func TestP6AFewDeathsInOneShardBeginNoHold(t *testing.T) {
	inShards(t, 16, func(w *world, s *sharded) {
		ids := names("w", 320)
		dead, alive := s.split(s.shards[3], ids)
		w.watchBy("", s, monitor.Config{}, nil)
		s.beating(w, 2*ttl, ids...)
		s.beating(w, ttl, alive...)
		w.once(dead...)
		assert.Zero(t, w.log.count(holdBegins))
	})
}

func TestP6AShardThatCannotBeLookedAtHidesNoneOfTheOthers(t *testing.T) {
	inShards(t, 4, func(w *world, s *sharded) {
		ids := names("w", 400)
		w.watchBy("", s, monitor.Config{}, nil)
		s.beating(w, ttl, ids...)
		s.shards[1].is(only(broken, "Sample", "Look"))
		s.beating(w, ttl, ids...)
		unseen, seen := s.split(s.shards[1], ids)
		died := time.Now()
		s.beating(w, ttl+10*time.Second, append(seen[5:], unseen[5:]...)...)
		w.once(seen[:5]...)
		for _, r := range w.reported() {
			assert.WithinRange(t, r.at, died.Add(ttl-heartbeat), died.Add(ttl+5*time.Second))
		}
		s.beating(w, ttl+10*time.Second, append(seen[200:], unseen[5:]...)...)
		w.once(seen[:5]...)
		assert.Equal(t, 1, w.log.count(holdBegins))
	})
}

func TestP6AShardHasItsPartOfThePanel(t *testing.T) {
	// Each story returns who is heard from after it.
	for name, before := range map[string]func(w *world, s *sharded, its, others []string) []string{
		"after it failed at the start": func(w *world, s *sharded, its, others []string) []string {
			s.shards[1].is(broken)
			s.watch(w)
			s.beating(w, 2*ttl, slices.Concat(its, others)...)
			return others
		},
		"after it failed later": func(w *world, s *sharded, its, others []string) []string {
			s.watch(w)
			s.beating(w, ttl, slices.Concat(its, others)...)
			s.shards[1].is(broken)
			s.beating(w, ttl, slices.Concat(its, others)...)
			return others
		},
		"once it has as many workspaces as the others": func(w *world, s *sharded, its, others []string) []string {
			s.watch(w)
			s.beating(w, ttl, slices.Concat(its[:10], others)...)
			return others
		},
		"while those of another are dead": func(w *world, s *sharded, its, others []string) []string {
			s.watch(w)
			s.beating(w, ttl, slices.Concat(its, others)...)
			s.shards[1].is(broken)
			_, alive := s.split(s.shards[2], others)
			s.beating(w, 2*ttl, slices.Concat(its, alive)...)
			return alive
		},
	} {
		t.Run(name, func(t *testing.T) {
			inShards(t, 4, func(w *world, s *sharded) {
				its, others := s.split(s.shards[1], names("w", 400))
				ids := slices.Concat(its, before(w, s, its, others))
				var looks [4]atomic.Int64 // at those who are heard from
				for n, l := range s.shards {
					l.is(only(func(context.Context, string) error { looks[n].Add(1); return nil }, "Look"))
				}
				s.beating(w, ttl, ids...)
				for n := range looks {
					looks[n].Store(0)
				}
				s.beating(w, 10*heartbeat, ids...)
				all := 0.0
				for n, l := range s.shards {
					if in, _ := s.split(l, ids); len(in) > 0 {
						all += float64(looks[n].Load())
					}
				}
				fair := float64(len(its)) / float64(len(ids))
				assert.InDelta(t, fair, float64(looks[1].Load())/all, fair/4, "share of the looks")
			})
		})
	}
}

// watch starts a monitor in whose holds the dead stay in the panel.
func (s *sharded) watch(w *world) {
	w.watchBy("", s, monitor.Config{Hold: monitor.Hold{Partial: 5 * ttl}}, nil)
}

func TestP6ASlowStartIsThatOfAllShards(t *testing.T) {
	inShards(t, 16, func(w *world, s *sharded) {
		const start = 4 // 2 % of the fleet
		ids := names("w", 200)
		var back atomic.Int64
		for range 2 {
			w.watchBy("", s, monitor.Config{Concurrency: 200}, func(ctx context.Context, d monitor.Death) error {
				time.Sleep(time.Minute)
				if back.Add(1) > start {
					return nil
				}
				return s.of(d.ID).Store.SetOnline(ctx, d.ID)
			})
		}
		s.beating(w, 2*ttl, ids...)
		w.pass(6*ttl - time.Minute)
		w.nobody()
		w.pass(90 * time.Second)
		assert.NotEmpty(t, w.reported())
		assert.LessOrEqual(t, len(w.reported()), start)
		w.pass(time.Minute)
		assert.LessOrEqual(t, len(w.reported()), start+2*start, "one more for each that came back")
	})
}

func TestADeadShardDelaysOnlyItsOwn(t *testing.T) {
	for name, f := range map[string]fault{"refused": broken, "hanging": hanging} {
		t.Run(name, func(t *testing.T) {
			inShards(t, 4, func(w *world, s *sharded) {
				ids := names("w", 1000)
				theirs, others := s.split(s.shards[1], ids[:40])
				alive := ids[40:]
				// All places are taken by handlers for the shard that fails,
				// which cannot say that they are done.
				m := w.watchBy("", s, monitor.Config{Concurrency: 4}, nil)
				s.beating(w, 2*ttl, ids...)
				s.beating(w, heartbeat, append(slices.Clone(alive), others...)...)
				s.shards[1].is(only(f, "Acknowledge", "Release"))
				s.beating(w, ttl-heartbeat, append(slices.Clone(alive), others...)...)
				require.GreaterOrEqual(t, len(w.reported()), 4)
				s.shards[1].is(f)
				died := time.Now().Add(ttl - heartbeat)
				s.beating(w, ttl, alive...)

				at := make(map[string]time.Time)
				for _, r := range w.reported() {
					at[r.ID] = r.at
				}
				for _, id := range others {
					assert.WithinRange(t, at[id], died, died.Add(50*time.Millisecond))
				}
				assert.Equal(t, monitor.StateBlind, m.Status().State)
				s.shards[1].mend()
				s.beating(w, 2*ttl, alive...)
				assert.Equal(t, monitor.StateNormal, m.Status().State)
				for _, id := range theirs {
					assert.NotEmpty(t, w.reports(id))
				}
				assert.Len(t, at, len(theirs)+len(others))
			})
		})
	}
}
