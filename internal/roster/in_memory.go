package roster

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// InMemory has the methods of a store that write memory alone, no URL and no file:
// those of [store.LivenessStore] that extend or look at a life, [store.Lister], and
// the greater part of [store.Batcher], [driver.Reaper], [driver.Reconciler],
// [driver.Sampler] and [driver.Restorer]. A store embeds it and adds the others.
type InMemory struct {
	roster *Roster
	gate   *Gate
	urls   URLs
}

// URLs is how InMemory looks at the URLs, which the store itself caches.
type URLs struct {
	// Read returns the URLs of a workspace that are readable at now, or "".
	Read func(id string, now time.Duration) (url, internalURL string)

	// Peek is Read with the time that remains. It does not count as a use of the URLs.
	Peek peek

	// IDs returns the workspaces that have a URL, in any order.
	IDs func() []string
}

type peek = func(id string, now time.Duration) (url, internalURL driver.CachedURL)

// NewInMemory returns the methods of a store of r, which work until the gate is
// closed.
func NewInMemory(r *Roster, g *Gate, urls URLs) InMemory { return InMemory{r, g, urls} }

// RefreshTTL implements [store.LivenessStore]. It allocates nothing, and takes
// no lock unless it makes the deadline earlier.
func (s InMemory) RefreshTTL(ctx context.Context, id string) error {
	const op = "RefreshTTL"
	ttl, err := driver.CheckTTL(ctx, op, id, s.roster.TTLs)
	if err != nil {
		return err
	}
	return s.refresh(op, id, ttl)
}

// RefreshFor implements [store.Granter].
func (s InMemory) RefreshFor(ctx context.Context, id string, ttl time.Duration) error {
	const op = "RefreshFor"
	if err := driver.CheckGrant(ctx, op, id, ttl); err != nil {
		return err
	}
	return s.refresh(op, id, ttl)
}

func (s InMemory) refresh(op, id string, ttl time.Duration) error {
	refreshed := s.roster.Refresh(id, ttl)
	// The gate comes last: a heartbeat that succeeds was before Close, and a
	// file that follows the roster has it.
	if err := s.gate.Open(op, id); err != nil {
		return err
	}
	if !refreshed {
		return &store.Error{Op: op, ID: id, Err: store.ErrNotFound}
	}
	return nil
}

// IsOnline implements [store.LivenessStore].
func (s InMemory) IsOnline(ctx context.Context, id string) (bool, error) {
	if err := s.gate.Check(ctx, "IsOnline", id); err != nil {
		return false, err
	}
	return s.roster.Remaining(id) > 0, nil
}

// Online implements [store.Lister].
func (s InMemory) Online(ctx context.Context) iter.Seq2[store.Status, error] {
	return func(yield func(store.Status, error) bool) {
		err := s.gate.CheckMany(ctx, "Online", nil)
		for id, left := range s.roster.All() {
			if err != nil || !yield(store.Status{ID: id, Remaining: left}, nil) {
				break
			}
			err = s.gate.CheckMany(ctx, "Online", nil)
		}
		if err != nil {
			yield(store.Status{}, err)
		}
	}
}

// Lookup implements [store.Lister].
func (s InMemory) Lookup(ctx context.Context, id string) (store.Status, error) {
	const op = "Lookup"
	if err := s.gate.Check(ctx, op, id); err != nil {
		return store.Status{}, err
	}
	found := store.Status{ID: id}
	found.Remaining = s.roster.Lookup(id, func(now time.Duration) { found.URL, found.InternalURL = s.urls.Read(id, now) })
	if found.Remaining == 0 {
		return store.Status{}, &store.Error{Op: op, ID: id, Err: store.ErrNotFound}
	}
	return found, nil
}

// Count implements [store.Lister].
func (s InMemory) Count(ctx context.Context) (int, error) {
	const op = "Count"
	if err := s.gate.CheckMany(ctx, op, nil); err != nil {
		return 0, err
	}
	online, done := s.roster.Count(func(int) bool { return ctx.Err() == nil })
	if !done {
		return 0, &store.Error{Op: op, Err: ctx.Err()}
	}
	return online, nil
}

// RefreshMany implements [store.Batcher].
func (s InMemory) RefreshMany(ctx context.Context, ids []string) ([]bool, error) {
	const op = "RefreshMany"
	ttls := make([]time.Duration, 0, len(ids))
	for some := range slices.Chunk(ids, perCheck) {
		granted, err := driver.CheckTTLs(ctx, op, some, s.roster.TTLs)
		if err != nil {
			return nil, err
		}
		ttls = append(ttls, granted...)
	}
	refreshed := make([]bool, len(ids))
	if err := s.gate.Each(ctx, op, ids, func(i int) { refreshed[i] = s.roster.Refresh(ids[i], ttls[i]) }); err != nil {
		return nil, err
	}
	return refreshed, nil
}

// IsOnlineMany implements [store.Batcher].
func (s InMemory) IsOnlineMany(ctx context.Context, ids []string) ([]bool, error) {
	const op = "IsOnlineMany"
	if err := s.gate.CheckMany(ctx, op, ids); err != nil {
		return nil, err
	}
	online := make([]bool, len(ids))
	if err := s.gate.Each(ctx, op, ids, func(i int) { online[i] = s.roster.Remaining(ids[i]) > 0 }); err != nil {
		return nil, err
	}
	return online, nil
}
