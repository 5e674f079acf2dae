package conformance

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// rerestore changes the records before they are restored.
func (b *bent) rerestore(change func(r *driver.Record)) {
	b.restore = func(ctx context.Context, records []driver.Record) error {
		if err := driver.CheckRecords(context.WithoutCancel(ctx), "Restore", records); err != nil {
			return err
		}
		changed := make([]driver.Record, len(records))
		for i, r := range records {
			if r.Death != nil {
				death := *r.Death
				r.Death = &death
			}
			changed[i] = r
			b.with(func() { change(&changed[i]) })
		}
		return b.ref.Restore(ctx, changed)
	}
}

// afterRestore does more once each record is restored.
func (b *bent) afterRestore(before func(id string), after func(r driver.Record)) {
	b.restore = func(ctx context.Context, records []driver.Record) error {
		for _, r := range records {
			b.with(func() { before(r.ID) })
			if err := b.ref.Restore(ctx, []driver.Record{r}); err != nil {
				return err
			}
			b.with(func() { after(r) })
		}
		return nil
	}
}

func restoreMutants() []mutant {
	nothing := func(string) {}
	deaths := func(change func(r *driver.Record, d *driver.DeathRecord)) func(b *bent) {
		return func(b *bent) {
			b.rerestore(func(r *driver.Record) {
				if r.Death != nil {
					change(r, r.Death)
				}
			})
		}
	}
	forgetting := func(forget func(b *bent, r driver.Record)) func(b *bent) {
		return func(b *bent) {
			b.rerestore(func(r *driver.Record) { forget(b, *r) })
		}
	}
	return []mutant{
		{"a TTL is restored", "R11", func(b *bent) {
			b.rerestore(func(r *driver.Record) {
				if r.Remaining > 0 {
					r.Remaining = b.ttls.Liveness
				}
			})
		}},
		{"no more than a TTL is restored", "R11", func(b *bent) {
			b.rerestore(func(r *driver.Record) { r.Remaining = min(r.Remaining, b.ttls.Liveness) })
		}},
		{"the last life counts", "R11", func(b *bent) {
			b.afterRestore(nothing, func(r driver.Record) {
				if r.Remaining > 0 {
					b.lives[r.ID] = time.Now().Add(r.Remaining)
				}
			})
		}},
		{"the first life counts", "R11", func(b *bent) {
			b.rerestore(func(r *driver.Record) {
				if b.left(r.ID) > 0 {
					r.Remaining = 0
				}
			})
		}},
		{"a restored life is never shortened", "R11", func(b *bent) {
			ends := map[string]time.Time{}
			b.afterRestore(nothing, func(r driver.Record) { ends[r.ID] = b.lives[r.ID] })
			longest := func(call func(context.Context, string) error) func(context.Context, string) error {
				return func(ctx context.Context, id string) error {
					err := call(ctx, id)
					b.with(func() {
						if end, ok := ends[id]; ok && err == nil && end.After(b.lives[id]) {
							b.lives[id] = end
						}
					})
					return err
				}
			}
			b.refresh, b.setOnline = longest(b.ref.RefreshTTL), longest(b.ref.SetOnline)
		}},
		{"the dead stay dead", "R11", func(b *bent) {
			b.rerestore(func(r *driver.Record) {
				if b.deaths[r.ID] != nil {
					r.Remaining = 0
				}
			})
		}},
		{"a life that is restored ends the lease", "R11", func(b *bent) {
			b.afterRestore(nothing, func(r driver.Record) {
				if r.Remaining > 0 {
					delete(b.leases, r.ID)
				}
			})
		}},
		{"a life that is restored is a comeback", "R11", func(b *bent) {
			b.afterRestore(nothing, func(r driver.Record) {
				if r.Remaining > 0 {
					b.comeBack(r.ID)
				}
			})
		}},
		{"a restored life has no Since", "R11", func(b *bent) {
			b.rerestore(func(r *driver.Record) { r.Withdrawn = 0 })
		}},
		{"deaths are not restored", "R11", deaths(func(r *driver.Record, _ *driver.DeathRecord) { r.Death = nil })},
		{"deaths are restored as new", "R11", deaths(func(_ *driver.Record, d *driver.DeathRecord) { d.Ago, d.Since = min(d.Ago, 0), min(d.Since, 0) })},
		{"deaths are restored without attempts", "R11", deaths(func(_ *driver.Record, d *driver.DeathRecord) { d.Attempt = 0 })},
		{"deaths are restored without Since", "R11", deaths(func(_ *driver.Record, d *driver.DeathRecord) { d.Since = d.Ago })},
		{"deaths by Expire are restored like others", "R11", deaths(func(_ *driver.Record, d *driver.DeathRecord) { d.Expired = false })},
		{"deaths by Adopt are restored like others", "R11", deaths(func(_ *driver.Record, d *driver.DeathRecord) {
			d.Adopted, d.Ago = false, max(d.Ago, 0)
		})},
		{"a restored death is ready at once", "R11", deaths(func(_ *driver.Record, d *driver.DeathRecord) { d.Delay, d.Ago = 0, max(d.Ago, 0) })},
		{"restored deaths are detected again", "R11", func(b *bent) {
			b.afterRestore(nothing, func(r driver.Record) {
				if x := b.deaths[r.ID]; r.Death != nil && x != nil && x.Attempt == 0 && !x.Adopted && !x.Expired {
					delete(b.deaths, r.ID)
					b.lives[r.ID] = x.Deadline
				}
			})
		}},
		{"restored deaths are leased in the order of their ids", "R11", func(b *bent) {
			b.afterRestore(nothing, func(r driver.Record) {
				if x := b.deaths[r.ID]; r.Death != nil && x != nil {
					x.ready = time.Time{}
				}
			})
		}},
		{"a restored death is kept from its deadline", "R11", func(b *bent) {
			b.afterRestore(nothing, func(r driver.Record) {
				if x := b.deaths[r.ID]; r.Death != nil && x != nil {
					x.kept += max(0, r.Death.Ago)
				}
			})
		}},
		{"restored deaths are gone with the store", "R11", func(b *bent) {
			b.afterRestore(nothing, func(r driver.Record) {
				if r.Death != nil {
					b.undone("restored", r.ID)
				}
			})
			for _, done := range b.acked {
				delete(b.deaths, done[len("restored "):])
			}
		}},
		{"no more than 1,000 are restored", "R11", func(b *bent) {
			b.limit = 2 * largeCrowd
			b.restore = func(ctx context.Context, records []driver.Record) error {
				return b.ref.Restore(ctx, records[:min(len(records), 1000)])
			}
		}},
		{"a death ends the life", "R11", forgetting(func(b *bent, r driver.Record) {
			if r.Death != nil {
				delete(b.lives, r.ID)
			}
		})},
		{"the recent are dead", "R11", forgetting(func(b *bent, r driver.Record) {
			if r.Death != nil && b.deaths[r.ID] == nil {
				delete(b.recent, r.ID)
			}
		})},
		{"a death takes the place of one that was handed out", "R11", forgetting(func(b *bent, r driver.Record) {
			if x := b.deaths[r.ID]; r.Death != nil && x != nil && x.Attempt > 0 {
				delete(b.deaths, r.ID)
				delete(b.recent, r.ID)
			}
		})},
		{"a death takes the place of one that is leased", "R11", forgetting(func(b *bent, r driver.Record) {
			if r.Death != nil && b.leases[r.ID].lasts(time.Now()) {
				delete(b.deaths, r.ID)
			}
		})},
		{"a death takes the place of any that is ready", "R11", forgetting(func(b *bent, r driver.Record) {
			if x := b.deaths[r.ID]; r.Death != nil && x != nil && x.Attempt == 0 && !b.leases[r.ID].lasts(time.Now()) {
				delete(b.deaths, r.ID)
			}
		})},
		{"a death takes the place of none", "R11", func(b *bent) {
			b.rerestore(func(r *driver.Record) {
				if b.deaths[r.ID] != nil || !b.lives[r.ID].IsZero() {
					r.Death = nil
				}
			})
		}},
		{"URLs are restored for their usual time", "R11", func(b *bent) {
			b.rerestore(func(r *driver.Record) {
				for _, u := range []*driver.CachedURL{&r.URL, &r.InternalURL} {
					if u.URL != "" {
						u.Remaining = b.ttls.ForURL()
					}
				}
			})
		}},
		{"the last URL counts", "R11", forgetting(func(b *bent, r driver.Record) {
			if r.URL.URL != "" {
				delete(b.urls, slot{"public", r.ID})
			}
		})},
		{"the first URL counts", "R11", func(b *bent) {
			b.rerestore(func(r *driver.Record) {
				if b.peek("internal", r.ID, time.Now()).URL != "" {
					r.InternalURL = driver.CachedURL{}
				}
			})
		}},
		{"the URLs of the dead come back", "R11", func(b *bent) {
			b.afterRestore(nothing, func(r driver.Record) {
				b.take("public", r.ID, r.URL, time.Now())
				b.take("internal", r.ID, r.InternalURL, time.Now())
			})
		}},
		{"no URL is restored", "R11", func(b *bent) {
			b.rerestore(func(r *driver.Record) { r.URL, r.InternalURL = driver.CachedURL{}, driver.CachedURL{} })
		}},
		{"records are checked one after another", "R11", func(b *bent) {
			b.restore = func(ctx context.Context, records []driver.Record) error {
				for _, r := range records {
					if err := b.ref.Restore(ctx, []driver.Record{r}); err != nil {
						return err
					}
				}
				return nil
			}
		}},
		{"a life and a death are taken together", "R11", func(b *bent) {
			b.restore = func(ctx context.Context, records []driver.Record) error {
				for i, r := range records {
					if r.Remaining > 0 && r.Death != nil {
						records[i].Death = nil
					}
				}
				return b.ref.Restore(ctx, records)
			}
		}},
		{"a record is restored in two steps", "R11", func(b *bent) {
			b.restore = func(ctx context.Context, records []driver.Record) error {
				lives := make([]driver.Record, len(records))
				for i, r := range records {
					r.URL, r.InternalURL = driver.CachedURL{}, driver.CachedURL{}
					lives[i] = r
				}
				if driver.CheckRecords(ctx, "Restore", records) == nil && b.ref.Restore(ctx, lives) == nil {
					time.Sleep(time.Nanosecond)
				}
				return b.ref.Restore(ctx, records)
			}
		}},
		{"one that is refused has its URLs", "R11", func(b *bent) {
			b.restore = func(ctx context.Context, records []driver.Record) error {
				err := b.ref.Restore(ctx, records)
				if err != nil && len(records) == 1 && ctx.Err() == nil {
					_ = b.ref.put(ctx, "CacheURL", "public", records[0].ID, urlOf(records[0].ID))
				}
				return err
			}
		}},
		{"a full store takes one more", "R11", func(b *bent) {
			b.restore = func(ctx context.Context, records []driver.Record) error {
				b.with(func() { b.limit = 2 * largeCrowd })
				defer b.with(func() { b.limit = refLimit })
				for i := range records {
					if b.ref.left(records[i].ID) > 0 {
						records[i].Remaining = min(records[i].Remaining, store.DefaultLivenessTTL)
					}
				}
				return b.ref.Restore(ctx, records)
			}
		}},
	}
}
