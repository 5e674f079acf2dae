package conformance

import (
	"context"
	"iter"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// with runs f while no other caller touches the data.
func (b *bent) with(f func()) {
	b.Lock()
	defer b.Unlock()
	f()
}

// resweep changes the results of sweeps.
func (b *bent) resweep(change func(shard int, s *driver.SweepResult)) {
	b.sweep = func(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
		s, err := b.ref.Sweep(ctx, shard, o)
		if err == nil {
			b.with(func() { change(shard, &s) })
		}
		return s, err
	}
}

// rewatch changes the options of sweeps.
func (b *bent) rewatch(change func(shard int, o *driver.SweepOptions)) {
	b.sweep = func(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
		if shard >= 0 && shard < refShards && o.Check("Sweep") == nil {
			b.with(func() { change(shard, &o) })
		}
		return b.ref.Sweep(ctx, shard, o)
	}
}

// reclaim changes the deaths that were leased.
func (b *bent) reclaim(change func(shard int, d *driver.Death)) {
	b.claim = func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
		deaths, err := b.ref.Claim(ctx, shard, o)
		b.with(func() {
			for i := range deaths {
				change(shard, &deaths[i])
			}
		})
		return deaths, err
	}
}

// keepTheDeath keeps a death that a call about its workspace would have ended.
func (b *bent) keepTheDeath(op func(context.Context, string) error) func(context.Context, string) error {
	return func(ctx context.Context, id string) error {
		var x *refDeath
		b.with(func() { x = b.deaths[id] })
		err := op(ctx, id)
		if err == nil && x != nil {
			b.with(func() { b.deaths[id] = x })
		}
		return err
	}
}

// trusting gives every death the token that its caller shows before it asks
// whether it is the holder's.
func (b *bent) trusting(d driver.Death) driver.Death {
	b.with(func() {
		if l := b.leases[d.ID]; l != nil {
			d.Token = l.token
		}
	})
	return d
}

func reaperMutants() []mutant {
	return []mutant{
		{"every shard is the whole store", "Reaper", func(b *bent) {
			b.claim = func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
				if shard == 0 {
					shard++
				}
				return b.ref.Claim(ctx, shard, o)
			}
		}},
		{"each shard adopts everything", "Reaper", func(b *bent) {
			b.adopt = func(ctx context.Context, shard int, ids []string, due time.Time) ([]string, error) {
				recent, err := b.ref.Adopt(ctx, shard, ids, due)
				if err == nil {
					b.with(func() {
						for _, id := range ids {
							if x := b.deaths[id]; x != nil && x.Adopted {
								b.die(id+"'", due).Adopted = true
							}
						}
					})
				}
				return recent, err
			}
		}},
		{"Traits returns the defaults", "Reaper", func(b *bent) {
			b.traits = func() driver.Traits { return driver.Traits{Shards: refShards} }
		}},
		{"Traits returns no For", "Reaper", func(b *bent) {
			b.traits = func() driver.Traits {
				t := b.ref.Traits()
				t.TTLs.For = nil
				return t
			}
		}},
		{"Traits returns no TTL of URLs", "Reaper", func(b *bent) {
			b.traits = func() driver.Traits {
				t := b.ref.Traits()
				t.TTLs.URL = 0
				return t
			}
		}},
		{"a shard that is not there is the first", "Reaper", func(b *bent) {
			b.claim = func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
				return b.ref.Claim(ctx, max(0, shard%refShards), o)
			}
		}},
		{"an interval of nothing is taken", "Reaper", func(b *bent) {
			b.sweep = func(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
				o.Interval = max(o.Interval, 1)
				return b.ref.Sweep(ctx, shard, o)
			}
		}},
		{"a lease of nothing is taken", "Reaper", func(b *bent) {
			b.extend = func(ctx context.Context, held []driver.Death, lease time.Duration) ([]driver.Standing, error) {
				return b.ref.Extend(ctx, held, max(lease, store.MinTTL))
			}
		}},
		{"a death is released for less than nothing", "Reaper", func(b *bent) {
			b.release = func(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
				return b.ref.Release(ctx, d, max(after, 0))
			}
		}},
		{"one monitor at a time", "Reaper", func(b *bent) {
			inside := make(chan struct{}, 1)
			b.sweep = func(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
				select {
				case inside <- struct{}{}:
					defer func() { <-inside }()
				default:
					return driver.SweepResult{}, &store.Error{Op: "Sweep", Err: store.ErrUnavailable}
				}
				time.Sleep(time.Nanosecond)
				return b.ref.Sweep(ctx, shard, o)
			}
		}},
	}
}

func deathsMutants() []mutant {
	// relist changes the deaths that are yielded, or leaves one out.
	relist := func(b *bent, change func(p *driver.Pending, err error) bool) {
		b.allDeaths = func(ctx context.Context, shard int) iter.Seq2[driver.Pending, error] {
			return func(yield func(driver.Pending, error) bool) {
				for p, err := range b.ref.Deaths(ctx, shard) {
					if change(&p, err) && !yield(p, err) {
						return
					}
				}
			}
		}
	}
	return []mutant{
		{"leased deaths are not yielded", "Deaths", func(b *bent) {
			relist(b, func(p *driver.Pending, _ error) bool { return p.Phase != driver.Leased })
		}},
		{"every phase is ready", "Deaths", func(b *bent) {
			relist(b, func(p *driver.Pending, err error) bool {
				if err == nil {
					p.Phase, p.Until = driver.Ready, time.Time{}
				}
				return true
			})
		}},
		{"a lease has no end", "Deaths", func(b *bent) {
			relist(b, func(p *driver.Pending, _ error) bool { p.Until = time.Time{}; return true })
		}},
		{"a delay is a lease", "Deaths", func(b *bent) {
			relist(b, func(p *driver.Pending, _ error) bool {
				if p.Phase == driver.Delayed {
					p.Phase = driver.Leased
				}
				return true
			})
		}},
		{"tokens are given away", "Deaths", func(b *bent) {
			relist(b, func(p *driver.Pending, err error) bool {
				b.with(func() {
					if l := b.leases[p.ID]; l != nil && err == nil {
						p.Token = l.token
					}
				})
				return true
			})
		}},
		{"deaths by Expire look like others", "Deaths", func(b *bent) {
			relist(b, func(p *driver.Pending, _ error) bool { p.Expired = false; return true })
		}},
		{"leased deaths by Expire look like others", "Deaths", func(b *bent) {
			relist(b, func(p *driver.Pending, _ error) bool {
				p.Expired = p.Expired && p.Phase != driver.Leased
				return true
			})
		}},
		{"the adopted look like others", "Deaths", func(b *bent) {
			relist(b, func(p *driver.Pending, _ error) bool { p.Adopted = false; return true })
		}},
		{"the loop over deaths ends at Close without a word", "Deaths", func(b *bent) {
			relist(b, func(_ *driver.Pending, err error) bool { return err == nil })
		}},
		{"a loop over deaths that is broken off keeps the deaths", "Deaths", func(b *bent) {
			b.allDeaths = func(ctx context.Context, shard int) iter.Seq2[driver.Pending, error] {
				return func(yield func(driver.Pending, error) bool) {
					var kept *refDeath
					for p, err := range b.ref.Deaths(ctx, shard) {
						b.with(func() {
							kept = b.deaths[p.ID]
							delete(b.deaths, p.ID)
						})
						if !yield(p, err) {
							return
						}
						b.with(func() {
							if kept != nil {
								b.deaths[p.ID] = kept
							}
						})
					}
				}
			}
		}},
		{"the loop over deaths keeps the store busy", "Deaths", func(b *bent) {
			busy := make(chan struct{}, 1)
			b.allDeaths = func(ctx context.Context, shard int) iter.Seq2[driver.Pending, error] {
				return func(yield func(driver.Pending, error) bool) {
					select {
					case busy <- struct{}{}:
						defer func() { <-busy }()
					default:
						yield(driver.Pending{}, &store.Error{Op: "Deaths", Err: store.ErrUnavailable})
						return
					}
					for p, err := range b.ref.Deaths(ctx, shard) {
						if !yield(p, err) {
							return
						}
					}
				}
			}
		}},
	}
}

func noteMutants() []mutant {
	return []mutant{
		{"a note is not compared", "Note", func(b *bent) {
			b.note = func(ctx context.Context, shard int, old, next string) (string, error) {
				if shard >= 0 && shard < refShards && ctx.Err() == nil && len(next) <= driver.MaxNoteLen {
					b.with(func() { old = b.shards[shard].note })
				}
				return b.ref.Note(ctx, shard, old, next)
			}
		}},
		{"a note is compared and written in two steps", "Note", func(b *bent) {
			b.note = func(ctx context.Context, shard int, old, next string) (string, error) {
				note, err := b.ref.Note(ctx, shard, old, old)
				if err != nil || note != old {
					return note, err
				}
				time.Sleep(time.Nanosecond)
				b.with(func() { old = b.shards[shard].note })
				return b.ref.Note(ctx, shard, old, next)
			}
		}},
		{"the note that was offered is returned", "Note", func(b *bent) {
			b.note = func(ctx context.Context, shard int, old, next string) (string, error) {
				_, err := b.ref.Note(ctx, shard, old, next)
				return next, err
			}
		}},
		{"the shards share a note", "Note", func(b *bent) {
			b.note = func(ctx context.Context, shard int, old, next string) (string, error) {
				return b.ref.Note(ctx, min(shard, 0), old, next)
			}
		}},
		{"a note is cut", "Note", func(b *bent) {
			b.note = func(ctx context.Context, shard int, old, next string) (string, error) {
				return b.ref.Note(ctx, shard, old, next[:min(len(next), 128)])
			}
		}},
		{"sweeps return no note", "Note", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) { s.Note = "" })
		}},
		{"a note is gone with the store", "Note", func(b *bent) {
			for i := range b.shards {
				b.shards[i].note = ""
			}
		}},
	}
}
