package conformance

import (
	"context"
	"iter"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// with runs f while nobody else touches the data.
func (b *bent) with(f func()) {
	b.Lock()
	defer b.Unlock()
	f()
}

// resweep changes what the sweeps find.
func (b *bent) resweep(change func(shard int, s *store.Sweep)) {
	b.sweep = func(ctx context.Context, shard int, w store.Watch) (store.Sweep, error) {
		s, err := b.ref.Sweep(ctx, shard, w)
		if err == nil {
			b.with(func() { change(shard, &s) })
		}
		return s, err
	}
}

// rewatch changes what the sweeps are told.
func (b *bent) rewatch(change func(shard int, w *store.Watch)) {
	b.sweep = func(ctx context.Context, shard int, w store.Watch) (store.Sweep, error) {
		if shard >= 0 && shard < refShards && w.Check("Sweep") == nil {
			b.with(func() { change(shard, &w) })
		}
		return b.ref.Sweep(ctx, shard, w)
	}
}

// reclaim changes what was handed out.
func (b *bent) reclaim(change func(shard int, d *store.Death)) {
	b.claim = func(ctx context.Context, shard int, q store.Quota) ([]store.Death, error) {
		deaths, err := b.ref.Claim(ctx, shard, q)
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
		var x *corpse
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
func (b *bent) trusting(d store.Death) store.Death {
	b.with(func() {
		if x := b.deaths[d.ID]; x != nil && x.Token != 0 {
			d.Token = x.Token
		}
	})
	return d
}

func reaperMutants() []mutant {
	return []mutant{
		{"every shard is the whole store", "Reaper", func(b *bent) {
			b.claim = func(ctx context.Context, shard int, q store.Quota) ([]store.Death, error) {
				if shard == 0 {
					shard++
				}
				return b.ref.Claim(ctx, shard, q)
			}
		}},
		{"each shard adopts everything", "Reaper", func(b *bent) {
			b.adopt = func(ctx context.Context, shard int, ids []string) error {
				for other := range refShards {
					if err := b.ref.Adopt(ctx, other, ids); err != nil || shard < 0 || shard >= refShards {
						return b.ref.Adopt(ctx, shard, ids)
					}
				}
				b.with(func() {
					for _, id := range ids {
						if x := b.deaths[id]; x != nil && x.Adopted {
							b.deaths[id+"'"] = b.newCorpse(id+"'", x.free, true)
						}
					}
				})
				return nil
			}
		}},
		{"a shard that is not there is the first", "Reaper", func(b *bent) {
			b.claim = func(ctx context.Context, shard int, q store.Quota) ([]store.Death, error) {
				return b.ref.Claim(ctx, max(0, shard%refShards), q)
			}
		}},
		{"an interval of nothing is taken", "Reaper", func(b *bent) {
			b.sweep = func(ctx context.Context, shard int, w store.Watch) (store.Sweep, error) {
				w.Interval = max(w.Interval, 1)
				return b.ref.Sweep(ctx, shard, w)
			}
		}},
		{"a lease of nothing is taken", "Reaper", func(b *bent) {
			b.extend = func(ctx context.Context, held []store.Death, lease time.Duration) ([]bool, error) {
				return b.ref.Extend(ctx, held, max(lease, store.MinTTL))
			}
		}},
		{"a death is put back for less than nothing", "Reaper", func(b *bent) {
			b.putBack = func(ctx context.Context, d store.Death, after time.Duration) (bool, error) {
				return b.ref.PutBack(ctx, d, max(after, 0))
			}
		}},
		{"one monitor at a time", "Reaper", func(b *bent) {
			inside := make(chan struct{}, 1)
			b.sweep = func(ctx context.Context, shard int, w store.Watch) (store.Sweep, error) {
				select {
				case inside <- struct{}{}:
					defer func() { <-inside }()
				default:
					return store.Sweep{}, &store.Error{Op: "Sweep", Err: store.ErrUnavailable}
				}
				time.Sleep(time.Nanosecond)
				return b.ref.Sweep(ctx, shard, w)
			}
		}},
	}
}

func deathsMutants() []mutant {
	// relist changes what is yielded; nil leaves a death out.
	relist := func(b *bent, change func(d store.Death, err error) (store.Death, error, bool)) {
		b.allDeaths = func(ctx context.Context, shard int) iter.Seq2[store.Death, error] {
			return func(yield func(store.Death, error) bool) {
				for d, err := range b.ref.Deaths(ctx, shard) {
					if d, err, ok := change(d, err); ok && !yield(d, err) {
						return
					}
				}
			}
		}
	}
	return []mutant{
		{"what is held is not yielded", "Deaths", func(b *bent) {
			relist(b, func(d store.Death, err error) (store.Death, error, bool) {
				free := true
				b.with(func() {
					if x := b.deaths[d.ID]; x != nil {
						free = x.isFree(time.Now())
					}
				})
				return d, err, free
			})
		}},
		{"tokens are given away", "Deaths", func(b *bent) {
			relist(b, func(d store.Death, err error) (store.Death, error, bool) {
				b.with(func() {
					if x := b.deaths[d.ID]; x != nil && err == nil {
						d.Token = x.Token
					}
				})
				return d, err, true
			})
		}},
		{"the adopted look like others", "Deaths", func(b *bent) {
			relist(b, func(d store.Death, err error) (store.Death, error, bool) {
				d.Adopted = false
				return d, err, true
			})
		}},
		{"the loop over deaths ends at Close without a word", "Deaths", func(b *bent) {
			relist(b, func(d store.Death, err error) (store.Death, error, bool) { return d, err, err == nil })
		}},
		{"the loop over deaths keeps the store busy", "Deaths", func(b *bent) {
			busy := make(chan struct{}, 1)
			b.allDeaths = func(ctx context.Context, shard int) iter.Seq2[store.Death, error] {
				return func(yield func(store.Death, error) bool) {
					select {
					case busy <- struct{}{}:
						defer func() { <-busy }()
					default:
						yield(store.Death{}, &store.Error{Op: "Deaths", Err: store.ErrUnavailable})
						return
					}
					for d, err := range b.ref.Deaths(ctx, shard) {
						if !yield(d, err) {
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
			b.note = func(ctx context.Context, shard int, old, new string) (string, error) {
				if shard >= 0 && shard < refShards && ctx.Err() == nil && len(new) <= store.MaxNoteLen {
					b.with(func() { old = b.shards[shard].note })
				}
				return b.ref.Note(ctx, shard, old, new)
			}
		}},
		{"a note is compared and written in two steps", "Note", func(b *bent) {
			b.note = func(ctx context.Context, shard int, old, new string) (string, error) {
				note, err := b.ref.Note(ctx, shard, old, old)
				if err != nil || note != old {
					return note, err
				}
				time.Sleep(time.Nanosecond)
				b.with(func() { old = b.shards[shard].note })
				return b.ref.Note(ctx, shard, old, new)
			}
		}},
		{"the note that was offered is returned", "Note", func(b *bent) {
			b.note = func(ctx context.Context, shard int, old, new string) (string, error) {
				_, err := b.ref.Note(ctx, shard, old, new)
				return new, err
			}
		}},
		{"the shards share a note", "Note", func(b *bent) {
			b.note = func(ctx context.Context, shard int, old, new string) (string, error) {
				return b.ref.Note(ctx, min(shard, 0), old, new)
			}
		}},
		{"a note is cut", "Note", func(b *bent) {
			b.note = func(ctx context.Context, shard int, old, new string) (string, error) {
				return b.ref.Note(ctx, shard, old, new[:min(len(new), 128)])
			}
		}},
		{"sweeps return no note", "Note", func(b *bent) {
			b.resweep(func(_ int, s *store.Sweep) { s.Note = "" })
		}},
		{"a note is gone with the store", "Note", func(b *bent) {
			for i := range b.shards {
				b.shards[i].note = ""
			}
		}},
	}
}
