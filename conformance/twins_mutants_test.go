package conformance

import (
	"context"
	"errors"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// clearingMany does something before and after a ClearMany that succeeds.
func (b *bent) clearingMany(before, after func(id string)) {
	b.clearMany = func(ctx context.Context, ids []string) error {
		b.with(func() {
			for _, id := range ids {
				before(id)
			}
		})
		err := b.ref.ClearMany(ctx, ids)
		if err == nil {
			b.with(func() {
				for _, id := range ids {
					after(id)
				}
			})
		}
		return err
	}
}

// sinceOutlives restores Since after a call about the workspace.
func (b *bent) sinceOutlives(id string, call func() error) error {
	var since time.Time
	b.with(func() { since = b.since[id] })
	err := call()
	if err == nil && !since.IsZero() {
		b.with(func() { b.since[id] = since })
	}
	return err
}

// writtenTwice writes the deadline that a call has granted again, a moment later.
func (b *bent) writtenTwice(ids ...string) {
	ends := map[string]time.Time{}
	b.with(func() {
		for _, id := range ids {
			ends[id] = b.lives[id]
		}
	})
	time.Sleep(time.Nanosecond)
	b.with(func() {
		for id, end := range ends {
			b.lives[id] = end
			delete(b.deaths, id)
		}
	})
}

func twinMutants() []mutant {
	return []mutant{
		{"RefreshMany looks first and writes then", "Batcher", func(b *bent) {
			b.refreshMany = func(ctx context.Context, ids []string) ([]bool, error) {
				found, err := b.ref.RefreshMany(ctx, ids)
				var online []string
				for i := range found {
					if found[i] {
						online = append(online, ids[i])
					}
				}
				if len(online) == 1 {
					b.writtenTwice(online...)
				}
				return found, err
			}
		}},
		{"Since outlives a RefreshMany", "Batcher", func(b *bent) {
			b.refreshMany = func(ctx context.Context, ids []string) (found []bool, err error) {
				if len(ids) != 1 && len(ids) != 3 {
					return b.ref.RefreshMany(ctx, ids)
				}
				err = b.sinceOutlives(ids[len(ids)/2], func() error { found, err = b.ref.RefreshMany(ctx, ids); return err })
				return found, err
			}
		}},
		{"ClearMany leaves a workspace recent", "Batcher", func(b *bent) {
			recent := map[string]time.Time{}
			b.clearingMany(
				func(id string) { recent[id] = b.recent[id] },
				func(id string) { b.recent[id] = recent[id] })
		}},
		{"ClearMany is a comeback", "Batcher", func(b *bent) {
			recent := map[string]time.Time{}
			b.clearingMany(
				func(id string) { recent[id] = b.recent[id] },
				func(id string) { b.recent[id] = recent[id]; b.comeBack(id) })
		}},
		{"Since outlives a ClearMany", "Batcher", func(b *bent) {
			old := map[string]time.Time{}
			b.clearingMany(func(id string) { old[id] = b.since[id] }, func(string) {})
			b.setOnline = func(ctx context.Context, id string) error {
				err := b.ref.SetOnline(ctx, id)
				if err == nil && !old[id].IsZero() {
					b.with(func() { b.since[id] = old[id] })
				}
				return err
			}
		}},
		{"ClearMany clears the lives first and the URLs then", "Batcher", func(b *bent) {
			b.clearMany = func(ctx context.Context, ids []string) error {
				if driver.CheckMany(ctx, "ClearMany", ids) == nil {
					b.with(func() {
						for _, id := range ids {
							if !b.closed {
								delete(b.lives, id)
							}
						}
					})
					time.Sleep(time.Nanosecond)
				}
				return b.ref.ClearMany(ctx, ids)
			}
		}},
		{"cleared by ClearMany is back with the store", "Batcher", func(b *bent) {
			b.clearMany = func(ctx context.Context, ids []string) error {
				err := b.ref.ClearMany(ctx, ids)
				if err == nil {
					b.with(func() { b.acked = append(b.acked, ids...) })
				}
				return err
			}
			for _, id := range b.acked {
				b.grant(id, b.ttls.Liveness)
			}
		}},
		{"RefreshFor looks first and writes then", "C13", func(b *bent) {
			b.refreshFor = func(ctx context.Context, id string, ttl time.Duration) error {
				var left time.Duration
				b.with(func() { left = b.left(id) })
				err := b.ref.RefreshFor(ctx, id, ttl)
				if err == nil && left == ttl && ttl == b.ttls.Liveness {
					b.writtenTwice(id)
				}
				return err
			}
		}},
		{"Since outlives a RefreshFor", "C13", func(b *bent) {
			b.refreshFor = func(ctx context.Context, id string, ttl time.Duration) error {
				return b.sinceOutlives(id, func() error { return b.ref.RefreshFor(ctx, id, ttl) })
			}
		}},
		{"Since outlives a SetOnlineFor", "C13", func(b *bent) {
			b.setOnlineFor = func(ctx context.Context, id string, ttl time.Duration) error {
				return b.sinceOutlives(id, func() error { return b.ref.SetOnlineFor(ctx, id, ttl) })
			}
		}},
		{"Since outlives a Register", "Registrar", func(b *bent) {
			b.register = func(ctx context.Context, id, url, internalURL string) error {
				return b.sinceOutlives(id, func() error { return b.ref.Register(ctx, id, url, internalURL) })
			}
		}},
		{"Register is no comeback", "Registrar", func(b *bent) {
			b.register = func(ctx context.Context, id, url, internalURL string) error {
				var recent time.Time
				var returned int64
				b.with(func() { recent, returned = b.recent[id], b.shards[shardOf(id)].returned })
				err := b.ref.Register(ctx, id, url, internalURL)
				if err == nil && !recent.IsZero() {
					b.with(func() { b.recent[id], b.shards[shardOf(id)].returned = recent, returned })
				}
				return err
			}
		}},
		{"there is no limit for SetOnlineFor", "C13", func(b *bent) {
			b.setOnlineFor = func(ctx context.Context, id string, ttl time.Duration) error {
				err := b.ref.SetOnlineFor(ctx, id, ttl)
				if errors.Is(err, store.ErrFull) {
					b.with(func() {
						for other := range b.lives {
							delete(b.lives, other)
							break
						}
					})
					return b.ref.SetOnlineFor(ctx, id, ttl)
				}
				return err
			}
		}},
		{"deaths take room from SetOnlineFor", "C13", func(b *bent) {
			b.setOnlineFor = func(ctx context.Context, id string, ttl time.Duration) error {
				if b.fullOfDeaths(id) && driver.CheckGrant(ctx, "SetOnlineFor", id, ttl) == nil {
					return &store.Error{Op: "SetOnlineFor", ID: id, Err: store.ErrFull}
				}
				return b.ref.SetOnlineFor(ctx, id, ttl)
			}
		}},
		{"deaths take room from Register", "Registrar", func(b *bent) {
			b.register = func(ctx context.Context, id, url, internalURL string) error {
				if b.fullOfDeaths(id) && driver.Check(ctx, "Register", id) == nil {
					return &store.Error{Op: "Register", ID: id, Err: store.ErrFull}
				}
				return b.ref.Register(ctx, id, url, internalURL)
			}
		}},
		{"a Register that is refused ends the death", "Registrar", func(b *bent) {
			b.register = func(ctx context.Context, id, url, internalURL string) error {
				err := b.ref.Register(ctx, id, url, internalURL)
				if errors.Is(err, store.ErrFull) {
					b.with(func() { delete(b.deaths, id) })
				}
				return err
			}
		}},
	}
}

// fullOfDeaths reports whether the store is full if deaths take room too.
func (b *bent) fullOfDeaths(id string) (full bool) {
	b.with(func() {
		full = b.left(id) == 0 && !b.closed && b.online()+len(b.deaths) >= refLimit
	})
	return full
}
