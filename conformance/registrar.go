package conformance

import "github.com/molecule-ai/liveness/store"

// registrarChecks are those of store.Registrar, and of what stands in for one.
func registrarChecks() []entry {
	return []entry{
		{"Registrar", "Register sets online and caches both URLs", timed, func(c *check) { c.registrar().all() }},

		{"Registrar", "an empty URL leaves the cached one", timed, func(c *check) { c.registrar().empty() }},

		{"Registrar", "an illegal URL refuses the whole call", atOnce, func(c *check) {
			r := c.registrar()
			c.cacheBoth("a")
			for what, url := range illegalURLs() {
				if url == "" {
					continue
				}
				for _, id := range []string{"a", "b"} {
					for _, urls := range [][2]string{{url, urlOf("new")}, {urlOf("new"), url}, {"", url}, {url, ""}} {
						err := store.Register(c.ctx, r.s, id, urls[0], urls[1])
						if err == nil {
							c.fail("Register of a URL that is wrong (%s) succeeds, want %q", what, store.ErrInvalid)
						}
						c.wantError("Register", id, err, store.ErrInvalid)
					}
					c.wantOffline(id)
				}
			}
			c.wantBoth("a")
			c.wantNeither("b")
			c.wantError("Register", "a b", store.Register(c.ctx, r.s, "a b", "", ""), store.ErrInvalid)
		}},

		// The workspace is registered again and again with two URLs of the same number.
		{"Registrar", "URLs that are registered together are seen together", atOnce, func(c *check) {
			const rounds, readers, looks = 30, 3, 200
			r := c.registrar()
			l := c.lister()
			urls := map[string]string{}
			for i := range rounds {
				urls[numbered(i)] = numbered(i) + "/internal"
			}
			r.register("a", numbered(0), urls[numbered(0)])
			c.callers(1+readers, func(i int) {
				if i == 0 {
					for n := range rounds {
						r.register("a", numbered(n), urls[numbered(n)])
					}
					return
				}
				for range looks {
					s, err := l.Lookup(c.ctx, "a")
					c.wantNil("Lookup", "a", err)
					if s.InternalURL != urls[s.URL] {
						c.fail("Lookup returns the URLs %q and %q, which were not registered together", s.URL, s.InternalURL)
					}
				}
			})
		}},

		{"Registrar", "a workspace that is seen online has its URLs", atOnce, func(c *check) {
			r := c.registrar()
			c.isOneStep(func() { r.register("a", urlOf("a"), urlOf("a/internal")) })
		}},

		{"Registrar", "Register brings back, and its URLs stay", timed, func(c *check) {
			r := c.registrar()
			w := c.withDeaths("a")
			leased := w.handOut("a")
			r.register("a", urlOf("a"), urlOf("a/internal"))
			w.wantCameBack(leased...)
			w.wantPending()
			w.wantBoth("a")
			w.acknowledge(leased...)
			w.wantBoth("a")
		}},

		{"Registrar", "a registered workspace outlives the store", timed, func(c *check) {
			r := c.registrar()
			r.register("a", urlOf("a"), urlOf("a/internal"))
			end := c.in(c.ttl)
			c.reopen(c.ttl / 2)
			c.wantBoth("a")
			c.wantOnlineUntil(end, "a")
		}},

		{"Registrar", "Register asks For", timed, func(c *check) {
			now := c.openVarying()
			r := c.registrar()
			now.set(c.ttl / 2)
			r.register("a", "", "")
			c.wantOnlineFor(c.ttl/2, "a")
			now.set(-1)
			c.wantError("Register", "a", store.Register(c.ctx, r.s, "a", urlOf("a"), ""), store.ErrInvalid)
			c.wantOffline("a")
			c.wantNeither("a")
		}},

		// A store that is never full takes the workspace.
		{"Registrar", "a refused workspace is registered in no part", atOnce, func(c *check) {
			r := c.registrar()
			taken, _ := c.fill("crowd", smallCrowd)
			if err := store.Register(c.ctx, r.s, "later", urlOf("later"), ""); err != nil {
				c.wantError("Register", "later", err, store.ErrFull)
				c.wantOffline("later")
				c.wantNeither("later")
			}
			r.register(taken[0], "", "")
			c.wantOnline(taken...)
		}},

		{"Registrar", "a backend that is away registers nothing", breaking, func(c *check) {
			r := c.registrar()
			c.breakdown()
			ctx := c.bounded(answerTime)
			c.wantError("Register", "a", store.Register(ctx, r.s, "a", urlOf("a"), ""), store.ErrUnavailable)
		}},

		{"Registrar", "single calls register as well", timed, func(c *check) { registry{c, bare{c.s}}.all() }},

		{"Registrar", "an empty URL leaves the cached one by single calls", timed, func(c *check) { registry{c, bare{c.s}}.empty() }},
	}
}

// registry is a check of a store's Registrar, or of what stands in for one.
type registry struct {
	c *check
	s store.LivenessStore
}

func (c *check) registrar() registry {
	need[store.Registrar](c)
	return registry{c, c.wrapped()}
}

func (r registry) register(id, url, internalURL string) {
	r.c.wantNil("Register", id, store.Register(r.c.ctx, r.s, id, url, internalURL))
}

func (r registry) all() {
	c := r.c
	r.register("a", urlOf("a"), urlOf("a/internal"))
	c.wantOnline("a")
	c.wantBoth("a")
	c.wantOffline("b")
	c.wantNeither("b")
	c.pass(c.ttl / 2)
	r.register("a", urlOf("new"), urlOf("new/internal"))
	c.public().want("a", urlOf("new"))
	c.internal().want("a", urlOf("new/internal"))
	urls := c.in(c.urlTTL)
	c.wantOnlineFor(c.ttl, "a")
	c.justBefore(urls)
	c.public().want("a", urlOf("new"))
	c.internal().want("a", urlOf("new/internal"))
	c.justAfter(urls)
	c.wantNeither("a")
}

func (r registry) empty() {
	c := r.c
	r.register("a", "", "")
	c.wantOnline("a")
	c.wantNeither("a")
	c.cacheBoth("a")
	end := c.in(c.urlTTL)
	c.pass(c.urlTTL / 2)
	r.register("a", "", "")
	c.wantBoth("a")
	r.register("a", urlOf("new"), "")
	c.public().want("a", urlOf("new"))
	c.internal().want("a", urlOf("a/internal"))
	r.register("b", "", urlOf("b/internal"))
	c.public().wantNone("b")
	c.internal().want("b", urlOf("b/internal"))
	c.justAfter(end)
	c.public().want("a", urlOf("new"))
	c.internal().wantNone("a")
}

// isOneStep lets readers look at a workspace that is brought online with its URLs: one that
// has seen a part of it sees all of it.
func (c *check) isOneStep(bring func()) {
	const rounds, readers, looks = 20, 3, 50
	for range rounds {
		c.callers(1+readers, func(i int) {
			if i == 0 {
				bring()
				return
			}
			for range looks {
				switch {
				case i%2 == 0 && c.isOnline("a"):
					c.wantBoth("a")
					return
				case i%2 == 1 && !c.gone(c.internal(), "a"):
					c.wantOnline("a")
					return
				}
			}
		})
		c.clear("a")
	}
}
