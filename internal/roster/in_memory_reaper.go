package roster

import (
	"context"
	"iter"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// Traits implements [driver.Reaper]: a roster is one shard.
func (s InMemory) Traits() driver.Traits { return s.roster.Traits() }

// Sweep implements [driver.Reaper].
func (s InMemory) Sweep(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
	const op = "Sweep"
	if err := s.gate.CheckMany(ctx, op, nil, checkShard(op, shard), o.Check(op)); err != nil {
		return driver.SweepResult{}, err
	}
	found, err := s.roster.Sweep(ctx, o)
	if err != nil {
		return driver.SweepResult{}, &store.Error{Op: op, Err: err}
	}
	return found, nil
}

// Claim implements [driver.Reaper].
func (s InMemory) Claim(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
	const op = "Claim"
	if err := s.gate.CheckMany(ctx, op, nil, checkShard(op, shard), o.Check(op)); err != nil {
		return nil, err
	}
	claimed, err := s.roster.Claim(ctx, o)
	if err != nil {
		return nil, &store.Error{Op: op, Err: err}
	}
	return claimed, nil
}

// Extend implements [driver.Reaper].
func (s InMemory) Extend(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
	const op = "Extend"
	if err := s.gate.CheckMany(ctx, op, nil, driver.CheckLease(op, lease)); err != nil {
		return nil, err
	}
	standings, err := s.roster.Extend(ctx, leased, lease)
	if err != nil {
		return nil, &store.Error{Op: op, Err: err}
	}
	return standings, nil
}

// Release implements [driver.Reaper].
func (s InMemory) Release(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
	const op = "Release"
	if err := s.gate.Check(ctx, op, d.ID, driver.CheckDelay(op, after)); err != nil {
		return false, err
	}
	return s.roster.Release(d, after), nil
}

// Deaths implements [driver.Reconciler].
func (s InMemory) Deaths(ctx context.Context, shard int) iter.Seq2[driver.Pending, error] {
	const op = "Deaths"
	return func(yield func(driver.Pending, error) bool) {
		err := s.gate.CheckMany(ctx, op, nil, checkShard(op, shard))
		if err != nil {
			yield(driver.Pending{}, err)
			return
		}
		for d := range s.roster.Deaths() {
			if !yield(d, nil) {
				return
			}
			if err = s.gate.CheckMany(ctx, op, nil); err != nil {
				yield(driver.Pending{}, err)
				return
			}
		}
	}
}

// Adopt implements [driver.Reconciler].
func (s InMemory) Adopt(ctx context.Context, shard int, ids []string, due time.Time) (recent []string, err error) {
	const op = "Adopt"
	if err := s.gate.CheckMany(ctx, op, ids, checkShard(op, shard)); err != nil {
		return nil, err
	}
	err = s.gate.Each(ctx, op, ids, func(i int) {
		if s.roster.Adopt(ids[i], due) {
			recent = append(recent, ids[i])
		}
	})
	if err != nil {
		return nil, err
	}
	return recent, nil
}

// Sample implements [driver.Sampler].
func (s InMemory) Sample(ctx context.Context, shard, n int) ([]string, error) {
	const op = "Sample"
	if err := s.gate.CheckMany(ctx, op, nil, checkShard(op, shard)); err != nil {
		return nil, err
	}
	return s.roster.Sample(n), nil
}

// Look implements [driver.Sampler].
func (s InMemory) Look(ctx context.Context, ids []string) ([]driver.Sighting, error) {
	const op = "Look"
	if err := s.gate.CheckMany(ctx, op, ids); err != nil {
		return nil, err
	}
	seen := make([]driver.Sighting, len(ids))
	if err := s.gate.Each(ctx, op, ids, func(i int) { seen[i] = s.roster.Look(ids[i]) }); err != nil {
		return nil, err
	}
	return seen, nil
}

func checkShard(op string, shard int) error {
	if shard != 0 {
		return driver.Errorf(op, "", store.ErrInvalid, "there is no shard %d, want 0", shard)
	}
	return nil
}
