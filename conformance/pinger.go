package conformance

import (
	"context"

	"github.com/molecule-ai/liveness/store"
)

func (c *check) pinger() store.LivenessStore {
	if _, ok := store.As[store.Pinger](c.s); !ok {
		c.t.Skip("the backend has no Pinger")
	}
	return wrapper{bare{c.s}}
}

func ping(c *check) {
	s := c.pinger()
	c.wantNil("Ping", "", store.Ping(c.ctx, s))
	for ctx, want := range c.ended() {
		c.wantError("Ping", "", store.Ping(ctx, s), want)
	}
	c.close()
	c.wantError("Ping", "", store.Ping(c.ctx, s), store.ErrClosed)
}

func pingWhileAway(c *check) {
	s := c.pinger()
	mend := c.breakdown()
	ctx, cancel := context.WithTimeout(c.ctx, patience)
	defer cancel()
	c.wantError("Ping", "", store.Ping(ctx, s), store.ErrUnavailable)
	mend()
	c.wantBack()
	c.wantNil("Ping", "", store.Ping(c.ctx, s))
}

func noPingerUnderBare(c *check) {
	c.wantNil("Ping", "", store.Ping(c.ctx, bare{c.s}))
}
