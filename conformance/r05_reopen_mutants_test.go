package conformance

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// undone notes that the next store undoes what a method has done.
func (b *bent) undone(op string, ids ...string) {
	for _, id := range ids {
		b.acked = append(b.acked, op+" "+id)
	}
}

// reborn lets those die again whose deaths the method has ended.
func (b *bent) reborn(op string) {
	for _, done := range b.acked {
		if id, ok := strings.CutPrefix(done, op+" "); ok {
			b.die(id, time.Now())
		}
	}
}

func reopenMutants() []mutant {
	return []mutant{
		{"deadlines of deaths are those of the opening", "R5", func(b *bent) {
			for _, x := range b.deaths {
				x.Deadline = time.Now()
			}
		}},
		{"Since is the deadline after the store", "R5", func(b *bent) {
			for _, x := range b.deaths {
				x.Since = x.Deadline
			}
		}},
		{"tokens go on from the leases that are kept", "R5", func(b *bent) {
			b.token = 0
			for _, l := range b.leases {
				b.token = max(b.token, l.token)
			}
		}},
		{"a Withdraw is undone with the store", "R5", func(b *bent) {
			b.withdraw = func(ctx context.Context, d driver.Death) (bool, error) {
				was, err := b.ref.Withdraw(ctx, d)
				if was {
					b.with(func() { b.undone("withdrawn", d.ID) })
				}
				return was, err
			}
			b.reborn("withdrawn")
		}},
		{"a Forget is undone with the store", "R5", func(b *bent) {
			b.forgetMany = func(ctx context.Context, ids []string) error {
				err := b.ref.Forget(ctx, ids)
				if err == nil {
					b.with(func() { b.undone("forgotten", ids...) })
				}
				return err
			}
			b.reborn("forgotten")
		}},
		{"a death that ClearMany has ended is back with the store", "R5", func(b *bent) {
			b.clearMany = func(ctx context.Context, ids []string) error {
				err := b.ref.ClearMany(ctx, ids)
				if err == nil {
					b.with(func() { b.undone("cleared", ids...) })
				}
				return err
			}
			b.reborn("cleared")
		}},
		{"a death that Register has ended is back with the store", "R5", func(b *bent) {
			b.register = func(ctx context.Context, id, url, internalURL string) error {
				err := b.ref.Register(ctx, id, url, internalURL)
				if err == nil {
					b.with(func() { b.undone("registered", id) })
				}
				return err
			}
			b.reborn("registered")
		}},
		{"Since of a withdrawn workspace is gone with the store", "Withdraw", func(b *bent) { clear(b.since) }},
		{"the URLs that were registered are gone with the store", "Registrar", func(b *bent) {
			b.register = func(ctx context.Context, id, url, internalURL string) error {
				err := b.ref.Register(ctx, id, url, internalURL)
				if err == nil {
					b.with(func() { b.undone("registered", id) })
				}
				return err
			}
			for _, done := range b.acked {
				b.forgetURLs(strings.TrimPrefix(done, "registered "))
			}
		}},
		{"a RefreshMany is undone with the store", "Batcher", func(b *bent) {
			b.refreshMany = func(ctx context.Context, ids []string) ([]bool, error) {
				before := map[string]time.Time{}
				b.with(func() {
					for _, id := range ids {
						before[id] = b.lives[id]
					}
				})
				found, err := b.ref.RefreshMany(ctx, ids)
				b.with(func() {
					for i := range found {
						if found[i] {
							b.unsaved[ids[i]] = before[ids[i]]
						}
					}
				})
				return found, err
			}
			b.forgetUnsaved()
		}},
		{"a RefreshFor is undone with the store", "C13", func(b *bent) {
			b.refreshFor = func(ctx context.Context, id string, ttl time.Duration) error {
				var before time.Time
				b.with(func() { before = b.lives[id] })
				err := b.ref.RefreshFor(ctx, id, ttl)
				if err == nil {
					b.with(func() { b.unsaved[id] = before })
				}
				return err
			}
			b.forgetUnsaved()
		}},
		{"opening ends the leases", "R5", func(b *bent) {
			for _, l := range b.leases {
				l.until = time.Now()
			}
		}},
		{"opening ends the delays", "R5", func(b *bent) {
			for _, x := range b.deaths {
				if !x.Adopted {
					x.ready = time.Now()
				}
			}
		}},
		{"opening forgets who is recent", "R5", func(b *bent) { clear(b.recent) }},
	}
}

// forgetUnsaved restores the deadlines that were in the file.
func (b *bent) forgetUnsaved() {
	for id, end := range b.unsaved {
		b.lives[id] = end
	}
	clear(b.unsaved)
}

// restartMutants lose at a restart, or in an outage, what is in no file.
func restartMutants() []mutant {
	// losing loses something when a caller waits for the backend in vain.
	losing := func(lose func(*bent)) func(*bent) {
		return func(b *bent) {
			waited := func(err error) {
				if errors.Is(err, context.DeadlineExceeded) {
					b.with(func() { lose(b) })
				}
			}
			b.extend = func(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
				all, err := b.ref.Extend(ctx, leased, lease)
				waited(err)
				return all, err
			}
			b.note = func(ctx context.Context, shard int, old, next string) (string, error) {
				note, err := b.ref.Note(ctx, shard, old, next)
				waited(err)
				return note, err
			}
		}
	}
	return []mutant{
		{"adopted deaths are gone with the store", "R5", func(b *bent) {
			for id, x := range b.deaths {
				if x.Adopted {
					delete(b.deaths, id)
				}
			}
		}},
		{"adopted deaths are ready with the store", "R5", func(b *bent) {
			for _, x := range b.deaths {
				if x.Adopted {
					x.ready = time.Now()
				}
			}
		}},
		{"adopted deaths are by silence after the store", "R5", func(b *bent) {
			for _, x := range b.deaths {
				x.Adopted = false
			}
		}},
		{"a former holder is one beside the next", "R5", func(b *bent) {
			former := map[int64]bool{}
			for _, l := range b.leases {
				former[l.token] = true
				l.until = time.Now()
			}
			b.extend = func(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
				var before map[string]*refDeath
				b.with(func() { before = b.deaths })
				all, err := b.ref.Extend(ctx, leased, lease)
				for i := range all {
					if former[leased[i].Token] && before[leased[i].ID] != nil {
						all[i] = driver.Held
					}
				}
				return all, err
			}
		}},
		{"all time counts once the store is opened again", "R5", func(b *bent) {
			for _, x := range b.deaths {
				x.kept = time.Since(x.born)
			}
		}},
		{"leases are gone with an outage", "R5", losing(func(b *bent) { clear(b.leases) })},
		{"delays are gone with an outage", "R5", losing(func(b *bent) {
			for _, x := range b.deaths {
				x.ready = time.Now()
			}
		})},
		{"adopted deaths are gone with an outage", "R5", losing(func(b *bent) {
			for id, x := range b.deaths {
				if x.Adopted {
					delete(b.deaths, id)
				}
			}
		})},
		{"attempts are gone with an outage", "R5", losing(func(b *bent) {
			for _, x := range b.deaths {
				x.Attempt = 0
			}
		})},
		{"an outage is no gap", "R5", losing(func(b *bent) {
			for i := range b.shards {
				b.shards[i].tick = time.Now()
			}
		})},
		{"a note is gone with an outage", "Note", losing(func(b *bent) {
			for i := range b.shards {
				b.shards[i].note = ""
			}
		})},
		{"a grace is gone with an outage", "R6", losing(func(b *bent) {
			for i := range b.shards {
				b.shards[i].graceEnd = time.Time{}
			}
		})},
	}
}
