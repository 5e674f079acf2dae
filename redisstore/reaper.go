package redisstore

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/redisstore/internal/pipeline"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// batch is how many workspaces a script handles at most, so that it does not hold the
// server up for more than 5 ms.
const batch = 100

// Traits implements [driver.Reaper].
func (s *Store) Traits() driver.Traits { return s.traits }

// Sweep implements [driver.Reaper].
func (s *Store) Sweep(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
	const op = "Sweep"
	if err := checkArguments(ctx, op, driver.CheckShard(op, s, shard), o.Check(op)); err != nil {
		return driver.SweepResult{}, err
	}
	r, err := s.reply(ctx, op, s.onShard(s.scripts.sweep, shard,
		milliseconds(o.Interval), milliseconds(s.traits.Heartbeat()), s.traits.Patience(o.Interval).Milliseconds(),
		unixMilli(o.LastSweep), milliseconds(s.keepDeaths), batch, flag(o.Forbidden)))
	if err != nil {
		return driver.SweepResult{}, err
	}
	sweep := driver.SweepResult{
		Now:         r.time(),
		Next:        r.wait(),
		GraceEnd:    r.time(),
		Note:        r.text(),
		Online:      int(r.int()),
		Ready:       int(r.int()),
		Fresh:       int(r.int()),
		Leased:      int(r.int()),
		Delayed:     int(r.int()),
		Recent:      int(r.int()),
		Returned:    r.int(),
		Dropped:     r.int(),
		OldestReady: r.time(),
	}
	for detected := r.list(); detected.more(); {
		sweep.Detected = append(sweep.Detected, detected.text())
	}
	return sweep, r.err(op)
}

// Claim implements [driver.Reaper].
func (s *Store) Claim(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
	const op = "Claim"
	if err := checkArguments(ctx, op, driver.CheckShard(op, s, shard), o.Check(op)); err != nil {
		return nil, err
	}
	r, err := s.reply(ctx, op, s.onShard(s.scripts.claim, shard,
		milliseconds(o.Lease), min(o.Max, batch), unixMilli(o.Before), flag(o.Expired)))
	if err != nil {
		return nil, err
	}
	var deaths []driver.Death
	for r.more() {
		d := driver.Death{ID: r.text(), Deadline: r.time(), Token: r.int(), Attempt: int(r.int())}
		r.cause(&d)
		d.Since = r.time()
		deaths = append(deaths, d)
	}
	return deaths, r.err(op)
}

// Begin implements [driver.Reaper].
func (s *Store) Begin(ctx context.Context, d driver.Death) (driver.Standing, error) {
	const op = "Begin"
	if err := driver.Check(ctx, op, d.ID); err != nil {
		return driver.Lost, err
	}
	cmd, err := s.do(ctx, op, d.ID, s.onWorkspace(s.scripts.begin, d.ID, d.Token))
	if err != nil {
		return driver.Lost, err
	}
	standing, err := cmd.Int()
	return driver.Standing(standing), s.translate(ctx, op, d.ID, err)
}

// Extend implements [driver.Reaper]. It is one atomic step for each death, not
// for all.
func (s *Store) Extend(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
	const op = "Extend"
	ids := make([]string, len(leased))
	for i, d := range leased {
		ids[i] = d.ID
	}
	if err := driver.CheckLease(op, lease); err != nil {
		return nil, err
	}
	if err := driver.CheckMany(ctx, op, ids); err != nil {
		return nil, err
	}
	standings := make([]driver.Standing, len(leased))
	err := s.many(ctx, op, len(leased), func(i int) request {
		return s.onWorkspace(s.scripts.extend, ids[i], milliseconds(lease), leased[i].Token)
	}, func(i int, cmd *redis.Cmd) error {
		standing, err := cmd.Int()
		standings[i] = driver.Standing(standing)
		return err
	})
	if err != nil {
		return nil, err
	}
	return standings, nil
}

// Acknowledge implements [driver.Reaper].
func (s *Store) Acknowledge(ctx context.Context, d driver.Death) (bool, error) {
	const op = "Acknowledge"
	if err := driver.Check(ctx, op, d.ID); err != nil {
		return false, err
	}
	return s.ask(ctx, op, d.ID, s.onWorkspace(s.scripts.acknowledge, d.ID, d.Token))
}

// Release implements [driver.Reaper].
func (s *Store) Release(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
	const op = "Release"
	if err := driver.CheckDelay(op, after); err != nil {
		return false, err
	}
	if err := driver.Check(ctx, op, d.ID); err != nil {
		return false, err
	}
	return s.ask(ctx, op, d.ID, s.onWorkspace(s.scripts.release, d.ID, milliseconds(after), d.Token))
}

// Withdraw implements [driver.Reaper].
func (s *Store) Withdraw(ctx context.Context, d driver.Death) (bool, error) {
	const op = "Withdraw"
	ttl, err := driver.CheckTTL(ctx, op, d.ID, s.traits.TTLs)
	if err != nil {
		return false, err
	}
	return s.ask(ctx, op, d.ID, s.onWorkspace(s.scripts.withdraw, d.ID, milliseconds(ttl), d.Token))
}

// Note implements [driver.Reaper].
func (s *Store) Note(ctx context.Context, shard int, old, note string) (string, error) {
	const op = "Note"
	if err := checkArguments(ctx, op, driver.CheckShard(op, s, shard), driver.CheckNote(op, note)); err != nil {
		return "", err
	}
	r := s.onShard(s.scripts.note, shard, old, note)
	if old == note { // the caller only asks
		info := s.keys.info(shard)
		r = pipeline.To(info, "hget", info, ":note")
	}
	cmd, err := s.do(ctx, op, "", r)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	kept, err := cmd.Text()
	return kept, s.translate(ctx, op, "", err)
}

// checkArguments returns the first error of the arguments, otherwise that of the context.
func checkArguments(ctx context.Context, op string, arguments ...error) error {
	for _, err := range arguments {
		if err != nil {
			return err
		}
	}
	return driver.CheckMany(ctx, op, nil)
}
