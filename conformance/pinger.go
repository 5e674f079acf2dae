package conformance

import (
	"github.com/molecule-ai/liveness/store"
)

func (c *check) pinger() store.LivenessStore {
	need[store.Pinger](c)
	return c.wrapped()
}

func ping(c *check) {
	s := c.pinger()
	c.wantNil("Ping", "", store.Ping(c.ctx, s))
	for ctx, want := range c.doneContexts() {
		c.wantError("Ping", "", store.Ping(ctx, s), want)
	}
	c.close()
	c.wantError("Ping", "", store.Ping(c.ctx, s), store.ErrClosed)
}

func pingWhileAway(c *check) {
	s := c.pinger()
	mend := c.breakdown()
	ctx := c.bounded(answerTime)
	c.wantError("Ping", "", store.Ping(ctx, s), store.ErrUnavailable)
	mend()
	c.wantBack()
	c.wantNil("Ping", "", store.Ping(c.ctx, s))
}

func noPingerUnderBare(c *check) {
	c.wantNil("Ping", "", store.Ping(c.ctx, bare{c.s}))
}
