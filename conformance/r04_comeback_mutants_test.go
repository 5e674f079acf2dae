package conformance

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// forgetfulOf ends the lease with the death.
func (b *bent) forgetfulOf(op func(context.Context, string) error) func(context.Context, string) error {
	return func(ctx context.Context, id string) error {
		err := op(ctx, id)
		if err == nil {
			b.with(func() { delete(b.leases, id) })
		}
		return err
	}
}

func comebackMutants() []mutant {
	return []mutant{
		{"the living are leased", "R4", func(b *bent) { b.setOnline = b.keepTheDeath(b.ref.SetOnline) }},
		{"a comeback ends the lease", "R4", func(b *bent) { b.setOnline = b.forgetfulOf(b.ref.SetOnline) }},
		{"a Clear ends the lease", "R4", func(b *bent) { b.clear = b.forgetfulOf(b.ref.Clear) }},
		{"a grant ends the lease", "R4", func(b *bent) {
			b.setOnlineFor = func(ctx context.Context, id string, ttl time.Duration) error {
				return b.forgetfulOf(func(ctx context.Context, id string) error { return b.ref.SetOnlineFor(ctx, id, ttl) })(ctx, id)
			}
		}},
		{"the next death ends the lease", "R4", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) {
				for _, id := range s.Detected {
					delete(b.leases, id)
				}
			})
		}},
		{"a comeback is not told to the holder", "R4", func(b *bent) {
			b.begin = func(ctx context.Context, d driver.Death) (driver.Standing, error) {
				s, err := b.ref.Begin(ctx, d)
				if s == driver.CameBack {
					s = driver.Held
				}
				return s, err
			}
		}},
		{"a lease is not extended when its workspace is back", "R4", func(b *bent) {
			b.extend = func(ctx context.Context, leased []driver.Death, length time.Duration) ([]driver.Standing, error) {
				until := map[string]time.Time{}
				b.with(func() {
					for id, l := range b.leases {
						until[id] = l.until
					}
				})
				all, err := b.ref.Extend(ctx, leased, length)
				b.with(func() {
					for i, d := range leased {
						if err == nil && all[i] == driver.CameBack {
							b.leases[d.ID].until = until[d.ID]
						}
					}
				})
				return all, err
			}
		}},
		{"a lease without a death has no end", "R4", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				err := b.ref.SetOnline(ctx, id)
				b.with(func() {
					if l := b.leases[id]; err == nil && l != nil {
						l.until = l.until.Add(store.MaxTTL)
					}
				})
				return err
			}
		}},
		{"an acknowledgement ends the later death", "R4", func(b *bent) {
			b.acknowledge = func(ctx context.Context, d driver.Death) (bool, error) {
				was, err := b.ref.Acknowledge(ctx, d)
				if was {
					b.with(func() { delete(b.deaths, d.ID) })
				}
				return was, err
			}
		}},
		{"a release delays the later death", "R4", func(b *bent) {
			b.release = func(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
				was, err := b.ref.Release(ctx, d, after)
				b.with(func() {
					if x := b.deaths[d.ID]; was && x != nil {
						x.ready = time.Now().Add(after)
					}
				})
				return was, err
			}
		}},
		{"a withdrawal ends the later death", "R4", func(b *bent) {
			b.withdraw = func(ctx context.Context, d driver.Death) (bool, error) {
				was, err := b.ref.Withdraw(ctx, d)
				if was {
					b.bring(d.ID, b.ttls.Liveness)
				}
				return was, err
			}
		}},
		{"the former holder has the later death", "R4", func(b *bent) {
			b.extend = func(ctx context.Context, leased []driver.Death, length time.Duration) ([]driver.Standing, error) {
				b.with(func() {
					for _, d := range leased {
						if l := b.leases[d.ID]; l != nil && b.deaths[d.ID] != nil {
							l.of = b.deaths[d.ID]
						}
					}
				})
				return b.ref.Extend(ctx, leased, length)
			}
		}},
		{"an acknowledgement forgets one that came back", "R4", func(b *bent) {
			b.acknowledge = func(ctx context.Context, d driver.Death) (bool, error) {
				was, err := b.ref.Acknowledge(ctx, d)
				if was {
					b.with(func() { b.forget(d.ID) })
				}
				return was, err
			}
		}},
		{"an acknowledgement looks first and forgets then", "R4", func(b *bent) {
			b.acknowledge = b.lateForget(b.ref.Acknowledge)
			b.setOnline = b.slowly(b.ref.SetOnline)
		}},
		{"a release looks first and releases then", "R4", func(b *bent) {
			b.release = func(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
				var x *refDeath
				b.with(func() { x = b.deaths[d.ID] })
				was, err := b.ref.Release(ctx, d, after)
				if was && x != nil {
					time.Sleep(time.Nanosecond)
					b.with(func() { b.deaths[d.ID] = x })
				}
				return was, err
			}
		}},
		{"a withdrawal looks first and brings back then", "R4", func(b *bent) {
			b.withdraw = func(ctx context.Context, d driver.Death) (bool, error) {
				was, err := b.ref.Withdraw(ctx, d)
				if was {
					var x *refDeath
					b.with(func() { x = b.die(d.ID, time.Now()) })
					time.Sleep(time.Nanosecond)
					b.with(func() {
						b.grant(d.ID, b.ttls.Liveness)
						if b.refServer.flag = !b.refServer.flag; b.refServer.flag {
							b.deaths[d.ID] = x
						}
					})
				}
				return was, err
			}
		}},
		{"a hand-out looks first and forgets then", "R4", func(b *bent) {
			b.begin = func(ctx context.Context, d driver.Death) (driver.Standing, error) {
				time.Sleep(time.Nanosecond)
				s, err := b.ref.Begin(ctx, d)
				if s == driver.CameBack {
					b.with(func() { b.forgetURLs(d.ID) })
				}
				return s, err
			}
		}},
		{"an extension of one that is coming back is lost", "R4", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				var l *lease
				var until time.Time
				b.with(func() {
					if l = b.leases[id]; l != nil {
						until = l.until
					}
				})
				err := b.ref.SetOnline(ctx, id)
				if l != nil {
					time.Sleep(time.Nanosecond)
					b.with(func() { l.until = until })
				}
				return err
			}
		}},
		{"a sweep looks first and records then", "R4", func(b *bent) {
			b.sweep = func(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
				s, err := b.ref.Sweep(ctx, shard, o)
				b.lateDeaths(s.Detected...)
				return s, err
			}
		}},
		{"a claim looks first and leases then", "R4", func(b *bent) {
			b.claim = func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
				deaths, err := b.ref.Claim(ctx, shard, o)
				b.lateDeaths(idsOf(deaths)...)
				return deaths, err
			}
		}},
		{"attempts are counted on after a comeback", "R4", func(b *bent) {
			before := map[string]int{}
			b.reclaim(func(_ int, d *driver.Death) {
				before[d.ID] = max(before[d.ID]+1, d.Attempt)
				d.Attempt = before[d.ID]
			})
		}},
		{"the next silence has the deadline of the last", "R4", func(b *bent) {
			first := map[string]time.Time{}
			b.reclaim(func(_ int, d *driver.Death) {
				if first[d.ID].IsZero() {
					first[d.ID] = d.Deadline
				}
				d.Deadline = first[d.ID]
			})
		}},
		{"one silence is all that is reported", "R4", func(b *bent) {
			acknowledged := map[string]bool{}
			b.acknowledge = func(ctx context.Context, d driver.Death) (bool, error) {
				was, err := b.ref.Acknowledge(ctx, d)
				b.with(func() { acknowledged[d.ID] = acknowledged[d.ID] || was })
				return was, err
			}
			b.resweep(func(_ int, s *driver.SweepResult) {
				for _, id := range s.Detected {
					if acknowledged[id] {
						delete(b.deaths, id)
					}
				}
			})
		}},
		{"a refresh that is refused ends the death", "R4", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				err := b.ref.RefreshTTL(ctx, id)
				if errors.Is(err, store.ErrNotFound) {
					b.with(func() { delete(b.deaths, id) })
				}
				return err
			}
		}},

		{"a Clear is a death", "C5", func(b *bent) {
			b.clear = func(ctx context.Context, id string) error {
				alive := b.alive(id)
				err := b.ref.Clear(ctx, id)
				if err == nil && alive {
					b.with(func() { b.die(id, time.Now()) })
				}
				return err
			}
		}},
		{"a Clear of the dead leaves the death", "C5", func(b *bent) { b.clear = b.keepTheDeath(b.ref.Clear) }},
		{"ClearMany leaves the deaths", "Batcher", func(b *bent) {
			b.clearMany = func(ctx context.Context, ids []string) error {
				for _, id := range ids {
					if err := b.keepTheDeath(b.ref.Clear)(ctx, id); err != nil {
						return b.ref.ClearMany(ctx, ids)
					}
				}
				return b.ref.ClearMany(ctx, nil)
			}
		}},
		{"an adoption ends the lease", "R4", func(b *bent) {
			b.adopt = func(ctx context.Context, shard int, ids []string, due time.Time) ([]string, error) {
				recent, err := b.ref.Adopt(ctx, shard, ids, due)
				b.with(func() {
					for _, id := range ids {
						if x := b.deaths[id]; x != nil && x.Adopted && b.leases[id] != nil && b.leases[id].of != x {
							delete(b.leases, id)
						}
					}
				})
				return recent, err
			}
		}},
	}
}

// slowly lets other callers in before a call.
func (b *bent) slowly(op func(context.Context, string) error) func(context.Context, string) error {
	return func(ctx context.Context, id string) error {
		time.Sleep(time.Nanosecond)
		return op(ctx, id)
	}
}

// lateForget lets other callers in before a workspace that was dead is
// forgotten.
func (b *bent) lateForget(op func(context.Context, driver.Death) (bool, error)) func(context.Context, driver.Death) (bool, error) {
	return func(ctx context.Context, d driver.Death) (bool, error) {
		dead := !b.alive(d.ID)
		was, err := op(ctx, d)
		if was && dead {
			time.Sleep(2 * time.Nanosecond)
			b.with(func() { b.forget(d.ID) })
		}
		return was, err
	}
}

// lateDeaths lets other callers in before deaths that have been recorded are written.
func (b *bent) lateDeaths(ids ...string) {
	deaths := map[string]*refDeath{}
	b.with(func() {
		for _, id := range ids {
			if x := b.deaths[id]; x != nil {
				deaths[id] = x
			}
		}
	})
	letOthersIn()
	b.with(func() {
		for id, x := range deaths {
			delete(b.lives, id)
			b.deaths[id] = x
		}
	})
}

// letOthersIn lets other callers in, in no time.
func letOthersIn() {
	const turns = 10
	for range turns {
		runtime.Gosched()
	}
}
