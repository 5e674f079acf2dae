package conformance

import (
	"context"
	"errors"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

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
	}
}
