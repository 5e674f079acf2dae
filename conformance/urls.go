package conformance

import (
	"strings"

	"github.com/molecule-ai/liveness/store"
)

func neverCached(c *check) {
	c.wantNeither("a")
	c.setOnline("a")
	c.cacheBoth("b")
	c.wantNeither("a")
}

func readableForItsTTL(c *check) {
	c.cacheBoth("a")
	c.wantBoth("a")
	c.wantBothUntil(c.in(c.urlTTL), "a")
}

func readingDoesNotExtend(c *check) {
	c.cacheBoth("a")
	end := c.in(c.urlTTL)
	for range 3 {
		c.pass(c.urlTTL / 4)
		c.wantBoth("a")
	}
	c.justAfter(end)
	c.wantNeither("a")
}

func cachedAgain(c *check) {
	c.public().set("a", urlOf("old"))
	c.internal().set("a", urlOf("old"))
	c.pass(c.urlTTL / 2)
	c.cacheBoth("a")
	c.wantBoth("a")
	c.wantBothUntil(c.in(c.urlTTL), "a")
}

func cachedAfterItsEnd(c *check) {
	c.cacheBoth("a")
	c.justAfter(c.in(c.urlTTL))
	c.wantNeither("a")
	c.cacheBoth("a")
	c.wantBothUntil(c.in(c.urlTTL), "a")
}

func byteForByte(c *check) {
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
}

func cachedWhileOffline(c *check) {
	c.cacheBoth("a")
	c.wantBoth("a")
	c.wantOffline("a")
}

func urlsOutliveStore(c *check) {
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
}

func twoURLs(c *check) {
	public, internal := c.public(), c.internal()
	public.set("a", urlOf("public"))
	internal.wantNone("a")
	internal.set("b", urlOf("internal"))
	public.wantNone("b")

	internal.set("a", urlOf("other"))
	public.want("a", urlOf("public"))
	public.set("a", urlOf("new"))
	internal.want("a", urlOf("other"))
}

func urlsExpireApart(c *check) {
	public, internal := c.public(), c.internal()
	public.set("a", urlOf("public"))
	first := c.in(c.urlTTL)
	c.pass(c.urlTTL / 2)
	internal.set("a", urlOf("internal"))
	second := c.in(c.urlTTL)

	c.justAfter(first)
	public.wantNone("a")
	c.justBefore(second)
	internal.want("a", urlOf("internal"))
	c.justAfter(second)
	internal.wantNone("a")
}

func urlsOutliveLife(c *check) {
	c.setOnline("a")
	c.cacheBoth("a")
	c.justAfter(c.in(c.ttl))
	c.wantOffline("a")
	c.wantNoRefresh("a")
	c.wantBoth("a")
}

func lifeOutlivesURLs(c *check) {
	c.cacheBoth("a")
	end := c.in(c.urlTTL)
	c.pass(c.urlTTL * 2 / 3)
	c.setOnline("a")
	c.justAfter(end)
	c.wantNeither("a")
	c.wantOnline("a")
}

func heartbeatsDoNotKeepURLs(c *check) {
	c.setOnline("a")
	c.cacheBoth("a")
	end := c.in(c.urlTTL)
	c.pass(c.urlTTL / 3)
	c.refresh("a")
	c.pass(c.urlTTL / 3)
	c.setOnline("a")
	c.wantBothUntil(end, "a")
	c.wantOnline("a")
}

func cachingKeepsNoneOnline(c *check) {
	c.setOnline("a")
	end := c.in(c.ttl)
	c.pass(c.ttl / 2)
	c.cacheBoth("a")
	c.wantBoth("a")
	c.wantOnlineUntil(end, "a")
	c.cacheBoth("a")
	c.wantOffline("a")
}
