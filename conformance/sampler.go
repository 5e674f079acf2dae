package conformance

import (
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// samplerChecks are those of driver.Sampler.
func samplerChecks() []entry {
	return []entry{
		{"Sampler", "a sample of as many as there are is all of them", timed, func(c *check) {
			s := c.sampling()
			s.wantSample()
			s.setOnline("cleared", "dead", "refreshed")
			end := s.in(s.ttl)
			s.pass(s.ttl / 2)
			s.setOnline("late")
			s.refresh("refreshed")
			s.clear("cleared")
			s.passUnswept(end)
			s.wantSample("dead", "late", "refreshed")
			s.sweep()
			s.wantSample("late", "refreshed")
			s.adopt(s.at(s.in(s.ttl)), "adopted")
			s.wantSample("late", "refreshed")
		}},

		{"Sampler", "a sample is drawn at random", atOnce, func(c *check) {
			const crowd, most = 30, 5000 // also where some are drawn seldom
			s := c.sampler()
			ids := names("crowd", crowd)
			s.setOnline(ids...)
			drawn := map[string]bool{}
			for range most {
				some := s.sample(1)
				if len(slices.Compact(slices.Clone(some))) < len(some) {
					s.fail("samples of the shards return a workspace twice: %q", some)
				}
				for _, id := range some {
					if !slices.Contains(ids, id) {
						s.fail("Sample returns %q, which is not online", id)
					}
					drawn[id] = true
				}
				if len(drawn) == crowd {
					return
				}
			}
			s.fail("%d samples of 1 return %d of %d workspaces, want all", most, len(drawn), crowd)
		}},

		{"Sampler", "a sample has no more than was asked for, each once", atOnce, func(c *check) {
			s := c.sampler()
			ids, _ := s.fill("crowd", smallCrowd)
			for _, n := range []int{2, 10} {
				some := s.sample(n)
				if distinct := len(slices.Compact(slices.Clone(some))); distinct < len(some) {
					s.fail("Sample of %d returns %d workspaces, of which %d are distinct", n, len(some), distinct)
				}
			}
			s.wantSample(ids...)
		}},

		{"Sampler", "Look returns the state of a life", timed, func(c *check) {
			s := c.sampling()
			s.wantState(driver.Unknown, 0, "a")
			s.setOnline("a")
			end := s.in(s.ttl)
			s.wantState(driver.Online, s.ttl, "a")
			s.pass(s.ttl / 2)
			s.wantState(driver.Online, s.ttl/2, "a")
			s.passUnswept(end)
			s.wantState(driver.Vanished, 0, "a")
			s.sweep()
			s.wantState(driver.Dead, 0, "a")
			leased := s.claim("a")
			s.wantState(driver.Dead, 0, "a")
			s.begin(leased...)
			s.wantState(driver.Unknown, 0, "a")
			s.release(0, leased...)
			s.wantState(driver.Unknown, 0, "a")
			s.acknowledge(s.handOut("a")...)
			s.wantState(driver.Unknown, 0, "a")
			s.setOnline("a")
			s.wantState(driver.Online, s.ttl, "a")
			s.clear("a")
			s.wantState(driver.Unknown, 0, "a")
		}},

		{"Sampler", "Look returns what remains of a life with a TTL of its own", timed, func(c *check) {
			s := c.sampling()
			g := c.granter()
			g.setOnline("brief", s.ttl/2)
			g.setOnline("long", 2*s.ttl)
			s.pass(s.ttl / 4)
			s.wantState(driver.Online, s.ttl/4, "brief")
			s.wantState(driver.Online, s.ttl*7/4, "long")
			g.refresh("long", s.ttl*3/4)
			s.wantState(driver.Online, s.ttl*3/4, "long")
			s.refresh("brief")
			s.wantState(driver.Online, s.ttl, "brief")
		}},

		// The handler has granted the workspace a life, which does not make it less recent.
		{"Sampler", "Look at a recent workspace returns that it is online", timed, func(c *check) {
			s := c.sampling()
			g := c.granter()
			s.die("a")
			s.acknowledge(s.handOut("a")...)
			g.setOnline("a", s.ttl/4)
			end := s.in(s.ttl / 4)
			s.wantState(driver.Online, s.ttl/4, "a")
			s.justAfter(end)
			s.wantDetected("a")
			s.wantState(driver.Unknown, 0, "a")
		}},

		{"Sampler", "Look at an adopted workspace returns that it is dead", timed, func(c *check) {
			s := c.sampling()
			s.adopt(s.at(s.in(s.ttl/2)), "a")
			s.wantState(driver.Dead, 0, "a")
			s.justAfter(s.in(s.ttl / 2))
			s.wantState(driver.Dead, 0, "a")
			s.handOut("a")
			s.wantState(driver.Unknown, 0, "a")
		}},

		{"Sampler", "Look at an expired workspace returns that it is dead", timed, func(c *check) {
			s := c.sampling()
			e := c.expirer()
			s.setOnline("a")
			e.expire("a")
			s.wantState(driver.Dead, 0, "a")
			s.handOut("a")
			s.wantState(driver.Unknown, 0, "a")
		}},

		{"Sampler", "strange ids are sampled and looked at as they are", timed, func(c *check) {
			s := c.sampler()
			for _, ids := range strangeIDs() {
				s.setOnline(alternate(ids, 0)...)
				s.wantSample(alternate(ids, 0)...)
				for i, got := range s.look(ids...) {
					if (got.State == driver.Online) != (i%2 == 0) {
						s.fail("Look at %q returns the state %d, after %v", ids[i], got.State, s.passed)
					}
				}
				s.clear(ids...)
				s.catchUp()
			}
		}},

		{"Sampler", "thousands are looked at in one call", atOnce, func(c *check) {
			s := c.sampler()
			unknown := names("unknown", s.many(largeCrowd))
			online, _ := s.fill("online", smallCrowd)
			ids := append(unknown, online...)
			for i, got := range s.look(ids...) {
				if (got.State == driver.Online) != (i >= len(unknown)) {
					s.fail("Look at %q, number %d, returns the state %d", ids[i], i, got.State)
				}
			}
		}},

		{"Sampler", "Look answers in the order of the ids", timed, func(c *check) {
			s := c.sampling()
			s.die("dead")
			s.setOnline("online")
			states := []driver.State{driver.Unknown, driver.Online, driver.Dead, driver.Online, driver.Unknown}
			for i, got := range s.look("unknown", "online", "dead", "online", "other") {
				if got.State != states[i] {
					s.fail("Look returns the state %d as number %d, want %d", got.State, i, states[i])
				}
			}
			s.look()
		}},
	}
}

// samples is a check of the Sampler of a store that is watched.
type samples struct{ *watch }

func (c *check) sampler() samples {
	need[driver.Sampler](c)
	return samples{c.newWatch()}
}

// sampling is sampler, past the first grace.
func (c *check) sampling() samples {
	s := c.sampler()
	s.watch = c.watched()
	return s
}

// sample returns a sample of every shard.
func (s samples) sample(n int) (all []string) {
	for shard := range s.traits.Shards {
		some, err := need[driver.Sampler](s.check).Sample(s.ctx, shard, n)
		s.wantNil("Sample", "", err)
		if len(some) > n {
			s.fail("Sample of %d returns %d workspaces", n, len(some))
		}
		all = append(all, some...)
	}
	slices.Sort(all)
	return all
}

func (s samples) wantSample(ids ...string) {
	slices.Sort(ids)
	if got := s.sample(1000); !slices.Equal(got, ids) {
		s.fail("Sample returns %q, want %q, after %v", got, ids, s.passed)
	}
}

func (s samples) look(ids ...string) []driver.Sighting {
	all, err := need[driver.Sampler](s.check).Look(s.ctx, ids)
	s.wantNil("Look", "", err)
	if len(all) != len(ids) {
		s.fail("Look at %d workspaces returns %d sightings", len(ids), len(all))
	}
	return all
}

func (s samples) wantState(want driver.State, remaining time.Duration, ids ...string) {
	for i, got := range s.look(ids...) {
		if got.State != want {
			s.fail("Look at %q returns the state %d, want %d, after %v", ids[i], got.State, want, s.passed)
		}
		if !s.near(got.Remaining, remaining) || want != driver.Online && got.Remaining != 0 {
			s.fail("Look at %q says that %v remain, want %v (± %v)", ids[i], got.Remaining, remaining, s.after())
		}
	}
}
