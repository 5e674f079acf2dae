package conformance

import (
	"strings"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// urlChecks are those of C3 that need no death.
func urlChecks() []entry {
	return []entry{
		{"C3", "a URL that was never cached is not found", atOnce, func(c *check) {
			c.wantNeither("a")
			c.setOnline("a")
			c.cacheBoth("b")
			c.wantNeither("a")
		}},

		{"C3", "a URL is readable until its TTL has passed", timed, func(c *check) {
			c.cacheBoth("a")
			c.wantBoth("a")
			c.wantBothUntil(c.in(c.urlTTL), "a")
		}},

		{"C3", "a URL of any TTL is readable until that has passed", timed, func(c *check) {
			for _, ttl := range c.extremeTTLs() {
				c.open(store.TTLs{URL: ttl})
				c.cacheBoth("a")
				end := c.in(ttl)
				if !c.canAwait(ttl) {
					c.pass(c.urlTTL / 4)
					c.wantBoth("a")
					continue
				}
				if ttl > c.before() {
					c.justBefore(end)
					c.wantBoth("a")
				}
				c.justAfter(end)
				c.wantNeither("a")
			}
		}},

		{"C3", "reading does not extend", timed, func(c *check) {
			c.cacheBoth("a")
			end := c.in(c.urlTTL)
			for range 3 {
				c.pass(c.urlTTL / 4)
				c.wantBoth("a")
			}
			c.justAfter(end)
			c.wantNeither("a")
		}},

		// With other URLs, and with the same ones.
		{"C3", "caching again replaces and starts anew", timed, func(c *check) {
			for _, wait := range []time.Duration{c.urlTTL / 2, c.moment()} {
				c.public().set("other", urlOf("old"))
				c.internal().set("other", urlOf("old"))
				c.cacheBoth("same")
				c.pass(wait)
				c.cacheBoth("other", "same")
				c.wantBoth("other", "same")
				c.wantBothUntil(c.in(c.urlTTL), "other", "same")
			}
		}},

		{"C3", "an expired URL can be cached again", timed, func(c *check) {
			c.cacheBoth("a")
			c.justAfter(c.in(c.urlTTL))
			c.wantNeither("a")
			c.cacheBoth("a")
			c.wantBothUntil(c.in(c.urlTTL), "a")
		}},

		{"C3", "a URL comes back byte for byte", atOnce, func(c *check) {
			long := urlOf("")
			long += strings.Repeat("x", store.MaxURLLen-len(long))
			c.public().set("a", long)
			c.public().want("a", long)
			for _, url := range []string{
				long[:len(long)-len("#")],
				"HTTPS://User:p%40ss@Example.COM:443/../a//b/./?q=1&q=2&empty=#frag",
				"http://[2001:db8::1]:8080/%7Euser/%e2%82%ac?%00",
				"http://host/space%20and+plus;semi,comma='quote'\"double\"\\back",
				"http://host/{}[]*?*^$|<>`~!@()",
				"http://münchen.example/päth/€/𝄞/e\u0301",
				"redis+unix-1.2://host",
				"http://host/trailing-space ",
				"http://host/" + strings.Repeat("%25", 200),
			} {
				c.public().set("a", url)
				c.internal().set("a", url+"#")
				c.public().want("a", url)
				c.internal().want("a", url+"#")
			}
		}},

		{"C3", "a URL outlives the store, and time goes on meanwhile", timed, func(c *check) {
			c.cacheBoth("a")
			c.cacheBoth("cleared")
			c.clear("cleared")
			end := c.in(c.urlTTL)
			c.reopen(c.urlTTL / 2)
			c.wantBoth("a")
			c.wantNeither("cleared")
			c.justBefore(end)
			c.wantBoth("a")
			c.reopen(end + c.after() - c.passed)
			c.wantNeither("a")
		}},
	}
}
