package mapstore

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

var _ driver.Sampler = (*Store)(nil)

// Sample implements driver.Sampler.
func (s *Store) Sample(ctx context.Context, shard, n int) ([]string, error) {
	if err := driver.CheckShard("Sample", s, shard); err != nil {
		return nil, err
	}
	ids, err := s.ids(ctx, "Sample", func(w *workspace, _ time.Time) bool { return !w.deadline.IsZero() })
	rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	return ids[:min(max(n, 0), len(ids))], err
}

// Look implements driver.Sampler.
func (s *Store) Look(ctx context.Context, ids []string) ([]driver.Sighting, error) {
	if err := driver.CheckMany(ctx, "Look", ids); err != nil {
		return nil, err
	}
	return step(s, "Look", "", func(now time.Time) (seen []driver.Sighting, _ error) {
		for _, id := range ids {
			seen = append(seen, s.find(id).look(now))
		}
		return seen, nil
	})
}

func (w *workspace) look(now time.Time) driver.Sighting {
	switch {
	case w.online(now):
		return driver.Sighting{State: driver.Online, Remaining: w.deadline.Sub(now)}
	case w.isRecent(now):
		return driver.Sighting{State: driver.Unknown}
	case w.vanished(now):
		return driver.Sighting{State: driver.Vanished}
	case w.death != nil && w.death.Attempt == 0:
		return driver.Sighting{State: driver.Dead}
	}
	return driver.Sighting{State: driver.Unknown}
}
