package conformance

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// bring makes the workspace online without asking whether it was.
func (b *bent) bring(id string, ttl time.Duration) {
	b.Lock()
	defer b.Unlock()
	b.grant(id, ttl)
}

// alive reports whether the workspace is online, for the mutants' own use.
func (b *bent) alive(id string) bool {
	b.Lock()
	defer b.Unlock()
	return b.left(id) > 0
}

func lifeMutants() []mutant {
	return []mutant{
		{"a life is too short", "C1", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				err := b.ref.SetOnline(ctx, id)
				if err == nil {
					b.bring(id, b.ttls.Liveness-time.Second)
				}
				return err
			}
		}},
		{"a life ends one moment late", "C1", func(b *bent) {
			b.isOnline = func(ctx context.Context, id string) (bool, error) {
				online, err := b.ref.IsOnline(ctx, id)
				b.Lock()
				defer b.Unlock()
				return online || err == nil && b.lives[id].Equal(time.Now()), err
			}
		}},
		{"SetOnline does not restart a life", "C1", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				if online, _ := b.ref.IsOnline(ctx, id); online {
					return nil
				}
				return b.ref.SetOnline(ctx, id)
			}
		}},
		{"asking extends a life", "C1", func(b *bent) {
			b.isOnline = func(ctx context.Context, id string) (bool, error) {
				online, err := b.ref.IsOnline(ctx, id)
				if online {
					b.bring(id, b.ttls.Liveness)
				}
				return online, err
			}
		}},
		{"none dies", "C1", func(b *bent) {
			b.isOnline = func(ctx context.Context, id string) (bool, error) {
				_, err := b.ref.IsOnline(ctx, id)
				b.Lock()
				defer b.Unlock()
				return err == nil && !b.lives[id].IsZero(), err
			}
		}},
		{"offline is an error", "C1", func(b *bent) {
			b.isOnline = func(ctx context.Context, id string) (bool, error) {
				online, err := b.ref.IsOnline(ctx, id)
				if !online && err == nil {
					err = &store.Error{Op: "IsOnline", ID: id, Err: store.ErrNotFound}
				}
				return online, err
			}
		}},
		{"opening gives all a new life", "C1", func(b *bent) {
			for id := range b.lives {
				b.bring(id, b.ttls.Liveness)
			}
		}},
		{"opening loses all", "C1", func(b *bent) { clear(b.lives) }},

		{"a refresh brings back the dead", "C2", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				err := b.ref.RefreshTTL(ctx, id)
				if errors.Is(err, store.ErrNotFound) {
					return b.ref.SetOnline(ctx, id)
				}
				return err
			}
		}},
		{"a refresh brings back the dead and says not found", "C2", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				err := b.ref.RefreshTTL(ctx, id)
				if errors.Is(err, store.ErrNotFound) {
					_ = b.ref.SetOnline(ctx, id)
				}
				return err
			}
		}},
		{"a refresh of the dead is silent", "C2", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				err := b.ref.RefreshTTL(ctx, id)
				if errors.Is(err, store.ErrNotFound) {
					return nil
				}
				return err
			}
		}},
		{"a refresh adds to the life that is left", "C2", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				b.Lock()
				left := b.left(id)
				b.Unlock()
				err := b.ref.RefreshTTL(ctx, id)
				if err == nil {
					b.bring(id, left+b.ttls.Liveness)
				}
				return err
			}
		}},
		{"a refresh is for one third of the TTL", "C2", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				err := b.ref.RefreshTTL(ctx, id)
				if err == nil {
					b.bring(id, b.ttls.Liveness/3)
				}
				return err
			}
		}},
		{"a refresh is of all", "C2", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				err := b.ref.RefreshTTL(ctx, id)
				if err != nil {
					return err
				}
				for _, other := range []string{"a", "b"} {
					if b.alive(other) {
						b.bring(other, b.ttls.Liveness)
					}
				}
				return nil
			}
		}},
	}
}

func ttlMutants() []mutant {
	granting := func(b *bent, op func(context.Context, string) error, ttl func(id string) time.Duration) func(context.Context, string) error {
		return func(ctx context.Context, id string) error {
			err := op(ctx, id)
			if err == nil {
				b.bring(id, ttl(id))
			}
			return err
		}
	}
	var firstTTL, firstURL sync.Map // by the data
	return []mutant{
		{"SetOnline does not ask For", "C12", func(b *bent) {
			b.setOnline = granting(b, b.ref.SetOnline, func(string) time.Duration { return b.ttls.Liveness })
		}},
		{"RefreshTTL does not ask For", "C12", func(b *bent) {
			b.refresh = granting(b, b.ref.RefreshTTL, func(string) time.Duration { return b.ttls.Liveness })
		}},
		{"RefreshMany does not ask For", "Batcher", func(b *bent) {
			b.refreshMany = func(ctx context.Context, ids []string) ([]bool, error) {
				answers, err := b.ref.RefreshMany(ctx, ids)
				for i, online := range answers {
					if online {
						b.bring(ids[i], b.ttls.Liveness)
					}
				}
				return answers, err
			}
		}},
		{"For is asked once", "C12", func(b *bent) {
			var first sync.Map
			once := func(id string) time.Duration {
				ttl, _ := b.ttls.ForLiveness(id)
				kept, _ := first.LoadOrStore(id, ttl)
				return kept.(time.Duration)
			}
			b.setOnline = granting(b, b.ref.SetOnline, once)
			b.refresh = granting(b, b.ref.RefreshTTL, once)
		}},
		{"the TTL is that of the first opening", "C12", func(b *bent) {
			kept, _ := firstTTL.LoadOrStore(b.data, b.ttls.Liveness)
			b.ttls.Liveness = kept.(time.Duration)
		}},
		{"the URL TTL is that of the first opening", "C12", func(b *bent) {
			kept, _ := firstURL.LoadOrStore(b.data, b.ttls.URL)
			b.ttls.URL = kept.(time.Duration)
		}},
		{"For only lengthens", "C12", func(b *bent) {
			longer := func(id string) time.Duration {
				ttl, _ := b.ttls.ForLiveness(id)
				return max(ttl, b.ttls.Liveness)
			}
			b.setOnline = granting(b, b.ref.SetOnline, longer)
			b.refresh = granting(b, b.ref.RefreshTTL, longer)
		}},
		{"a TTL out of range is clamped", "C12", func(b *bent) {
			if forID := b.ttls.For; forID != nil {
				b.ttls.For = func(id string) time.Duration { return min(max(forID(id), 0), store.MaxTTL) }
			}
		}},
		{"a TTL below three heartbeats is taken", "C12", func(b *bent) { b.ttls.Heartbeat = 0 }},
		{"two heartbeats are enough for a TTL", "C12", func(b *bent) { b.ttls.Heartbeat = b.ttls.Heartbeat * 2 / 3 }},
		{"a TTL that is refused ends the life", "C12", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				err := b.ref.RefreshTTL(ctx, id)
				if errors.Is(err, store.ErrInvalid) {
					_ = b.ref.Clear(ctx, id)
				}
				return err
			}
		}},
	}
}
