package mapstore

import (
	"context"
	"iter"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

var _ driver.Reconciler = (*Store)(nil)

// Deaths implements driver.Reconciler.
func (s *Store) Deaths(ctx context.Context, shard int) iter.Seq2[driver.Pending, error] {
	return func(yield func(driver.Pending, error) bool) {
		if err := driver.CheckShard("Deaths", s, shard); err != nil {
			yield(driver.Pending{}, err)
			return
		}
		each(ctx, s, "Deaths", yield, func(w *workspace, now time.Time) (p driver.Pending, pending bool) {
			if w.death == nil {
				return p, false
			}
			p.Death = w.death.Death
			p.Phase, p.Until = w.phase(now)
			return p, true
		})
	}
}

// Adopt implements driver.Reconciler.
func (s *Store) Adopt(ctx context.Context, shard int, ids []string, due time.Time) ([]string, error) {
	if err := s.checkShard(ctx, "Adopt", shard, nil, ids...); err != nil {
		return nil, err
	}
	return step(s, "Adopt", "", func(now time.Time) (recent []string, _ error) {
		for _, id := range ids {
			switch w := s.find(id); {
			case !w.deadline.IsZero() || w.death != nil:
			case w.isRecent(now):
				recent = append(recent, id)
			default:
				s.need(id).die(later(due, now), now).Adopted = true
			}
		}
		return recent, nil
	})
}

// Forget implements driver.Reconciler.
func (s *Store) Forget(ctx context.Context, ids []string) error {
	if err := driver.CheckMany(ctx, "Forget", ids); err != nil {
		return err
	}
	return s.write("Forget", "", func(now time.Time) {
		for _, id := range ids {
			w := s.find(id)
			handedOut := w.isRecent(now) || w.death != nil && w.death.Attempt > 0
			if !w.online(now) && !w.leased(now) && !handedOut {
				s.clear(id, now)
			}
		}
	})
}
