// Package wire puts a function in the way from a process to its store, so that tests and
// simulations can refuse, delay, repeat or count its calls.
package wire

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// Pass makes a call of a method, or returns an error in its place. The id is "" for a method
// that is not about one workspace.
type Pass func(ctx context.Context, op, id string, call func(context.Context) error) error

// Store is a store whose heartbeats, and whose methods of driver.Reaper but Traits, go
// through a Pass. Its other capabilities are found through Unwrap and go past it.
type Store struct {
	store.LivenessStore
	driver.Reaper
	pass Pass
}

// New returns a way to a store that has driver.Reaper.
func New(s store.LivenessStore, pass Pass) *Store {
	reaper, _ := store.As[driver.Reaper](s)
	return &Store{s, reaper, pass}
}

// Unwrap returns the store itself.
func (s *Store) Unwrap() store.LivenessStore { return s.LivenessStore }

// through has no answer of a call whose Pass returns an error, whether or not it was made.
func through[T any](ctx context.Context, s *Store, op, id string, call func(context.Context) (T, error)) (T, error) {
	var answer, none T
	err := s.pass(ctx, op, id, func(ctx context.Context) (err error) {
		answer, err = call(ctx)
		return err
	})
	if err != nil {
		return none, err
	}
	return answer, nil
}

func (s *Store) SetOnline(ctx context.Context, id string) error {
	return s.pass(ctx, "SetOnline", id, func(ctx context.Context) error { return s.LivenessStore.SetOnline(ctx, id) })
}

func (s *Store) RefreshTTL(ctx context.Context, id string) error {
	return s.pass(ctx, "RefreshTTL", id, func(ctx context.Context) error { return s.LivenessStore.RefreshTTL(ctx, id) })
}

func (s *Store) SetOnlineFor(ctx context.Context, id string, ttl time.Duration) error {
	return s.pass(ctx, "SetOnlineFor", id, func(ctx context.Context) error { return store.SetOnlineFor(ctx, s.LivenessStore, id, ttl) })
}

func (s *Store) RefreshFor(ctx context.Context, id string, ttl time.Duration) error {
	return s.pass(ctx, "RefreshFor", id, func(ctx context.Context) error { return store.RefreshFor(ctx, s.LivenessStore, id, ttl) })
}

func (s *Store) Sweep(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
	return through(ctx, s, "Sweep", "", func(ctx context.Context) (driver.SweepResult, error) { return s.Reaper.Sweep(ctx, shard, o) })
}

func (s *Store) Claim(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
	return through(ctx, s, "Claim", "", func(ctx context.Context) ([]driver.Death, error) { return s.Reaper.Claim(ctx, shard, o) })
}

func (s *Store) Begin(ctx context.Context, d driver.Death) (driver.Standing, error) {
	return through(ctx, s, "Begin", d.ID, func(ctx context.Context) (driver.Standing, error) { return s.Reaper.Begin(ctx, d) })
}

func (s *Store) Extend(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
	return through(ctx, s, "Extend", "", func(ctx context.Context) ([]driver.Standing, error) { return s.Reaper.Extend(ctx, leased, lease) })
}

func (s *Store) Acknowledge(ctx context.Context, d driver.Death) (bool, error) {
	return through(ctx, s, "Acknowledge", d.ID, func(ctx context.Context) (bool, error) { return s.Reaper.Acknowledge(ctx, d) })
}

func (s *Store) Release(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
	return through(ctx, s, "Release", d.ID, func(ctx context.Context) (bool, error) { return s.Reaper.Release(ctx, d, after) })
}

func (s *Store) Withdraw(ctx context.Context, d driver.Death) (bool, error) {
	return through(ctx, s, "Withdraw", d.ID, func(ctx context.Context) (bool, error) { return s.Reaper.Withdraw(ctx, d) })
}

func (s *Store) Note(ctx context.Context, shard int, old, next string) (string, error) {
	return through(ctx, s, "Note", "", func(ctx context.Context) (string, error) { return s.Reaper.Note(ctx, shard, old, next) })
}
