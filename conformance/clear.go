package conformance

import (
	"errors"

	"github.com/molecule-ai/liveness/store"
)

func clearForgetsAll(c *check) {
	c.setOnline("a")
	c.cacheBoth("a")
	c.clear("a")
	c.wantOffline("a")
	c.wantNeither("a")
}

func clearOfURLsAlone(c *check) {
	c.cacheBoth("a")
	c.clear("a")
	c.wantNeither("a")
	c.wantOffline("a")
}

func clearLeavesOthers(c *check) {
	others := []string{"aa", "A", "a.", "a*", "*", "b", "url", "internal_url"}
	c.setOnline(append(others, "a")...)
	c.cacheBoth(append(others, "a")...)
	c.clear("a")
	c.wantOnline(others...)
	c.wantBoth(others...)
	c.wantOffline("a")
}

func clearOfUnknown(c *check) {
	c.clear("unknown")
	c.setOnline("dead", "cleared")
	c.clear("cleared", "cleared")
	c.justAfter(c.in(c.ttl))
	c.clear("dead")
	c.wantOffline("unknown", "dead", "cleared")
}

func newLifeAfterClear(c *check) {
	c.setOnline("a")
	c.cacheBoth("a")
	c.pass(c.ttl / 2)
	c.clear("a")
	c.setOnline("a")
	c.wantOnline("a")
	c.wantNeither("a")
	c.wantOnlineFor(c.ttl, "a")
}

func clearedStaysCleared(c *check) {
	c.setOnline("a", "b")
	c.cacheBoth("a")
	c.clear("a")
	c.reopen(0)
	c.wantOffline("a")
	c.wantNoRefresh("a")
	c.wantNeither("a")
	c.wantOnline("b")
}

// clearIsOneStep lets readers look at a workspace that is being cleared: a
// reader that has seen one of the three gone sees none of them afterwards.
func clearIsOneStep(c *check) {
	const rounds, readers, looks = 20, 4, 300
	for range rounds {
		c.setOnline("a")
		c.cacheBoth("a")
		look := []func() bool{
			func() bool { return !c.isOnline("a") },
			func() bool { return c.gone(c.public(), "a") },
			func() bool { return c.gone(c.internal(), "a") },
		}
		c.callers(1+readers, func(i int) {
			if i == 0 {
				c.clear("a")
				return
			}
			seen, step := 0, 1+i%2
			for j := 0; j < looks && seen < len(look); j++ {
				if look[(i+j*step)%len(look)]() {
					seen++
				} else if seen > 0 {
					c.fail("a part of the workspace is still there after another was seen cleared")
				}
			}
		})
		c.wantOffline("a")
		c.wantNeither("a")
	}
}

// gone reports whether no URL is cached.
func (c *check) gone(k urlKind, id string) bool {
	_, err := k.get(c.ctx, id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		c.wantNil(k.getOp, id, err)
	}
	return err != nil
}
