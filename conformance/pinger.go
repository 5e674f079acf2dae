package conformance

import "github.com/molecule-ai/liveness/store"

// pingerChecks are those of store.Pinger.
func pingerChecks() []entry {
	return []entry{
		{"Pinger", "answers, and tells why it cannot", atOnce, func(c *check) {
			s := c.pinger()
			c.wantNil("Ping", "", store.Ping(c.ctx, s))
			for ctx, want := range c.doneContexts() {
				c.wantError("Ping", "", store.Ping(ctx, s), want)
			}
			c.close()
			c.wantError("Ping", "", store.Ping(c.ctx, s), store.ErrClosed)
		}},

		{"Pinger", "a backend that is away does not answer", breaking, func(c *check) {
			s := c.pinger()
			mend := c.breakdown()
			ctx := c.bounded(answerTime)
			c.wantError("Ping", "", store.Ping(ctx, s), store.ErrUnavailable)
			mend()
			c.wantBack()
			c.wantNil("Ping", "", store.Ping(c.ctx, s))
		}},

		{"Pinger", "a store that cannot be asked is well", atOnce, func(c *check) {
			c.wantNil("Ping", "", store.Ping(c.ctx, bare{c.s}))
		}},
	}
}

func (c *check) pinger() store.LivenessStore {
	need[store.Pinger](c)
	return c.wrapped()
}
