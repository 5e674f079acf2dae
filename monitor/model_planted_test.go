//go:build !race

package monitor_test

import (
	"context"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// planted changes what one monitor and its store tell each other, as a faulty
// monitor would. A method that is nil is as it should be.
type planted struct {
	backend
	sweep    func(backend, context.Context, int, driver.SweepOptions) (driver.SweepResult, error)
	claim    func(backend, context.Context, int, driver.ClaimOptions) ([]driver.Death, error)
	begin    func(backend, context.Context, driver.Death) (driver.Standing, error)
	extend   func(backend, context.Context, []driver.Death, time.Duration) ([]driver.Standing, error)
	acked    func(backend, context.Context, driver.Death) (bool, error)
	release  func(backend, context.Context, driver.Death, time.Duration) (bool, error)
	withdraw func(backend, context.Context, driver.Death) (bool, error)
	look     func(backend, context.Context, []string) ([]driver.Sighting, error)
	adopt    func(backend, context.Context, int, []string, time.Time) ([]string, error)
}

// The planted bugs are looked for without the race detector alone: it would find nothing
// that it does not in TestModel, and take minutes.

// bugs are what TestTheModelFindsPlantedBugs plants, each with the kind of
// world that shows it and what the model finds wrong there.
var bugs = map[string]struct {
	kind  kind
	finds string
	planted
}{
	"a claim leases for a moment only": {steady, "has two handlers", planted{
		claim: func(s backend, ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
			o.Lease = time.Millisecond
			return s.Claim(ctx, shard, o)
		}}},
	"the first attempt never ends": {faulty, "the attempt", planted{
		claim: func(s backend, ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
			deaths, err := s.Claim(ctx, shard, o)
			for i := range deaths {
				deaths[i].Attempt = 1
			}
			return deaths, err
		}}},
	"a death is handed out without a Begin": {steady, "without a Begin", planted{
		begin: func(backend, context.Context, driver.Death) (driver.Standing, error) { return driver.Held, nil }}},
	"a comeback before the hand-out is overlooked": {steady, "without a Begin", planted{
		begin: func(s backend, ctx context.Context, d driver.Death) (driver.Standing, error) {
			_, err := s.Begin(ctx, d)
			return driver.Held, err
		}}},
	"leases are not extended": {steady, "has two handlers", planted{
		extend: func(_ backend, _ context.Context, leased []driver.Death, _ time.Duration) ([]driver.Standing, error) {
			standings := make([]driver.Standing, len(leased))
			for i := range standings {
				standings[i] = driver.Held
			}
			return standings, nil
		}}},
	"every lease is given up when it is extended": {steady, "is lost without need", planted{
		extend: func(_ backend, _ context.Context, leased []driver.Death, _ time.Duration) ([]driver.Standing, error) {
			return make([]driver.Standing, len(leased)), nil
		}}},
	"an acknowledgement is not sent": {steady, "after it was handled", planted{
		acked: func(backend, context.Context, driver.Death) (bool, error) { return true, nil }}},
	"a release is not sent": {steady, "late, attempt 2", planted{
		release: func(backend, context.Context, driver.Death, time.Duration) (bool, error) { return true, nil }}},
	"a failed handler is acknowledged": {steady, "the death of", planted{
		release: func(s backend, ctx context.Context, d driver.Death, _ time.Duration) (bool, error) {
			return s.Acknowledge(ctx, d)
		}}},
	"a failed handler waits for ever": {steady, "the death of", planted{
		release: func(s backend, ctx context.Context, d driver.Death, _ time.Duration) (bool, error) {
			return s.Release(ctx, d, time.Hour)
		}}},
	"a withdrawal is not sent": {steady, "the Probe is asked again", planted{
		withdraw: func(backend, context.Context, driver.Death) (bool, error) { return true, nil }}},
	"ready deaths are overlooked": {steady, "the death of", planted{
		sweep: func(s backend, ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
			r, err := s.Sweep(ctx, shard, o)
			r.Ready = 0
			return r, err
		}}},
	"the next deadline is overlooked": {steady, "late, attempt 1", planted{
		sweep: func(s backend, ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
			r, err := s.Sweep(ctx, shard, o)
			if r.Next > 0 {
				r.Next = math.MaxInt64
			}
			return r, err
		}}},
	"the guard sees heartbeats that did not arrive": {storm, "only its heartbeats were cut off", planted{
		look: func(s backend, ctx context.Context, ids []string) ([]driver.Sighting, error) {
			seen, err := s.Look(ctx, ids)
			for i := range seen {
				seen[i] = driver.Sighting{State: driver.Online, Remaining: modelTTL}
			}
			return seen, err
		}}},
	"the guard does not count the dead": {storm, "only its heartbeats were cut off", planted{
		sweep: func(s backend, ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
			r, err := s.Sweep(ctx, shard, o)
			r.Fresh = 0
			return r, err
		}}},
	"the expected are not adopted": {steady, "never registered", planted{
		adopt: func(backend, context.Context, int, []string, time.Time) ([]string, error) { return nil, nil }}},
}

func TestTheModelFindsPlantedBugs(t *testing.T) {
	for name, bug := range bugs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			find(t, bug.kind, bug.finds, bug.planted.in)
		})
	}
	t.Run("monitors do not share their notes", func(t *testing.T) {
		t.Parallel()
		find(t, steady, "after a pause", func(s backend) backend { return &lonely{backend: s} })
	})
}

// find plays worlds with a bug until one shows it.
func find(t *testing.T, kind kind, finds string, plant func(backend) backend) {
	const seeds = 400
	for seed := range uint64(seeds) {
		for _, wrong := range play(t, kind, seed, plant) {
			if strings.Contains(wrong, finds) {
				t.Logf("seed %d: %s", seed, wrong)
				return
			}
		}
	}
	t.Errorf("none of %d worlds shows it", seeds)
}

// in returns the bug between a monitor and a store.
func (p planted) in(s backend) backend {
	p.backend = s
	return p
}

// otherwise calls what is planted, or else what is right.
func otherwise[F any](planted, right F, is bool) F {
	if is {
		return planted
	}
	return right
}

func (p planted) Sweep(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
	return otherwise(p.sweep, backend.Sweep, p.sweep != nil)(p.backend, ctx, shard, o)
}

func (p planted) Claim(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
	return otherwise(p.claim, backend.Claim, p.claim != nil)(p.backend, ctx, shard, o)
}

func (p planted) Begin(ctx context.Context, d driver.Death) (driver.Standing, error) {
	return otherwise(p.begin, backend.Begin, p.begin != nil)(p.backend, ctx, d)
}

func (p planted) Extend(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
	return otherwise(p.extend, backend.Extend, p.extend != nil)(p.backend, ctx, leased, lease)
}

func (p planted) Acknowledge(ctx context.Context, d driver.Death) (bool, error) {
	return otherwise(p.acked, backend.Acknowledge, p.acked != nil)(p.backend, ctx, d)
}

func (p planted) Release(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
	return otherwise(p.release, backend.Release, p.release != nil)(p.backend, ctx, d, after)
}

func (p planted) Withdraw(ctx context.Context, d driver.Death) (bool, error) {
	return otherwise(p.withdraw, backend.Withdraw, p.withdraw != nil)(p.backend, ctx, d)
}

func (p planted) Look(ctx context.Context, ids []string) ([]driver.Sighting, error) {
	return otherwise(p.look, backend.Look, p.look != nil)(p.backend, ctx, ids)
}

func (p planted) Adopt(ctx context.Context, shard int, ids []string, due time.Time) ([]string, error) {
	return otherwise(p.adopt, backend.Adopt, p.adopt != nil)(p.backend, ctx, shard, ids, due)
}

// lonely keeps the note of one monitor from all others.
type lonely struct {
	backend
	mu   sync.Mutex
	note string
}

func (l *lonely) Sweep(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
	r, err := l.backend.Sweep(ctx, shard, o)
	l.mu.Lock()
	defer l.mu.Unlock()
	r.Note = l.note
	return r, err
}

func (l *lonely) Note(_ context.Context, _ int, old, next string) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.note == old {
		l.note = next
	}
	return l.note, nil
}
