package monitor_test

import (
	"context"
	"hash/fnv"
	"iter"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// sharded is a store of several shards, each a store in memory behind a line
// of its own. Workspaces are registered with the shards, not with it.
type sharded struct {
	store.LivenessStore
	shards []*line
}

// inShards tells of a world whose store has n shards.
func inShards(t *testing.T, n int, tell func(w *world, s *sharded)) {
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

func (s *sharded) Shards() int { return len(s.shards) }

func (s *sharded) Sweep(ctx context.Context, shard int, w store.Watch) (store.Sweep, error) {
	return s.shards[shard].Sweep(ctx, 0, w)
}

func (s *sharded) Claim(ctx context.Context, shard int, q store.Quota) ([]store.Death, error) {
	return s.shards[shard].Claim(ctx, 0, q)
}

func (s *sharded) Extend(ctx context.Context, held []store.Death, lease time.Duration) ([]bool, error) {
	var still []bool
	for _, d := range held {
		one, err := s.of(d.ID).Extend(ctx, []store.Death{d}, lease)
		if err != nil {
			return nil, err
		}
		still = append(still, one...)
	}
	return still, nil
}

func (s *sharded) Acknowledge(ctx context.Context, d store.Death) (bool, error) {
	return s.of(d.ID).Acknowledge(ctx, d)
}

func (s *sharded) PutBack(ctx context.Context, d store.Death, after time.Duration) (bool, error) {
	return s.of(d.ID).PutBack(ctx, d, after)
}

func (s *sharded) Deaths(ctx context.Context, shard int) iter.Seq2[store.Death, error] {
	return s.shards[shard].Deaths(ctx, 0)
}

func (s *sharded) Adopt(ctx context.Context, shard int, ids []string) error {
	in, _ := s.split(s.shards[shard], ids)
	return s.shards[shard].Adopt(ctx, 0, in)
}

func (s *sharded) Disown(ctx context.Context, ids []string) error {
	for _, id := range ids {
		if err := s.of(id).Disown(ctx, []string{id}); err != nil {
			return err
		}
	}
	return nil
}

func (s *sharded) Note(ctx context.Context, shard int, old, new string) (string, error) {
	return s.shards[shard].Note(ctx, 0, old, new)
}

func TestAStormIsThatOfAllShards(t *testing.T) {
	inShards(t, 16, func(w *world, s *sharded) {
		const fleet, drip = 1600, 16
		ids := names("w", fleet)
		dead, alive := ids[:fleet/2], ids[fleet/2:]
		w.watchBy("", s, monitor.Config{}, nil)
		w.watchBy("", s, monitor.Config{}, nil)
		s.beating(w, 2*ttl, ids...)
		s.beating(w, ttl-heartbeat, alive...)
		died := time.Now()
		s.beating(w, ttl-soon, alive...)
		w.nobody()
		s.beating(w, 2*ttl, alive...)

		w.once(dead...)
		assert.Equal(t, 2, w.log.count(stormBegins))
		assert.Equal(t, 2, w.log.count(stormEnds))
		perInterval := make(map[int]int)
		for _, r := range w.reported() {
			perInterval[int(r.at.Sub(died.Add(ttl))/interval)]++
		}
		last := slices.Max(slices.Collect(maps.Keys(perInterval)))
		for i, n := range perInterval {
			assert.True(t, n <= 2*drip || i == last, "%d reports in interval %d", n, i)
		}
		assert.Greater(t, last, fleet/2/drip-5, "little by little")
	})
}

func TestAFewDeathsInOneShardAreNoStorm(t *testing.T) {
	inShards(t, 16, func(w *world, s *sharded) {
		ids := names("w", 320)
		dead, alive := s.split(s.shards[3], ids)
		w.watchBy("", s, monitor.Config{}, nil)
		s.beating(w, 2*ttl, ids...)
		s.beating(w, ttl, alive...)
		w.once(dead...)
		assert.Zero(t, w.log.count(stormBegins))
	})
}

func TestADeadShardDelaysOnlyItsOwn(t *testing.T) {
	for name, f := range map[string]fault{"refused": broken, "hanging": hanging} {
		t.Run(name, func(t *testing.T) {
			inShards(t, 4, func(w *world, s *sharded) {
				ids := names("w", 400)
				theirs, others := s.split(s.shards[1], ids[:40])
				alive := ids[40:]
				// All places are taken by handlers for the shard that fails,
				// which cannot say that they are done.
				m := w.watchBy("", s, monitor.Config{Concurrency: 4, Storm: unguarded.Storm}, nil)
				s.beating(w, 2*ttl, ids...)
				s.beating(w, heartbeat, append(slices.Clone(alive), others...)...)
				s.shards[1].is(only(f, "Acknowledge", "PutBack"))
				s.beating(w, ttl-heartbeat, append(slices.Clone(alive), others...)...)
				require.Equal(t, 4, min(4, len(w.reported())))
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
