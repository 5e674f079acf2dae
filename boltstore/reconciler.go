package boltstore

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// Adopt implements [driver.Reconciler]. It returns when the deaths are on the disk.
// For workspaces that the store knows it writes nothing.
func (s *Store) Adopt(ctx context.Context, shard int, ids []string, due time.Time) (recent []string, err error) {
	const op = "Adopt"
	if err := s.gate.CheckMany(ctx, op, ids, driver.CheckShard(op, s, shard)); err != nil {
		return nil, err
	}
	var unknown []string
	err = s.gate.Each(ctx, op, ids, func(i int) {
		switch adoptable, isRecent := s.memory.roster.Adoptable(ids[i]); {
		case adoptable:
			unknown = append(unknown, ids[i])
		case isRecent:
			recent = append(recent, ids[i])
		}
	})
	if err != nil {
		return nil, err
	}
	var changes []*adopt
	err = s.doEach(ctx, op, unknown, func(w target) change {
		changes = append(changes, &adopt{target: w, due: due})
		return changes[len(changes)-1]
	})
	if err != nil {
		return nil, err
	}
	for _, c := range changes {
		if c.recent {
			recent = append(recent, c.id)
		}
	}
	return recent, nil
}

// Forget implements [driver.Reconciler]. It returns when the workspaces are
// forgotten on the disk.
func (s *Store) Forget(ctx context.Context, ids []string) error {
	return s.doEach(ctx, "Forget", ids, func(w target) change { return &forget{target: w} })
}
