package conformance

import (
	"context"
	"fmt"
	"strings"

	"github.com/molecule-ai/liveness/store"
)

// strangeIDs are legal, and a careless backend takes one for another.
func strangeIDs() []string {
	return []string{
		"a", "A", "aa", "a.", "a/b", "a//b", "/a", "../a", "a\\b", "a_url", "url", "internal_url", "online",
		"*", "a*", "?", "[a]", "[^a]", "{a}", "{", "}", "{}", "%00", "%s", "'a'", "\"a\"", "`a`", "$1", "-1", "0", "00",
		"é", "e\u0301", "\u200b", "\ufffd", "𝄞",
		strings.Repeat("z", store.MaxIDLen), strings.Repeat("z", store.MaxIDLen-1),
		strings.Repeat("€", store.MaxIDLen/3),
	}
}

func illegalIDs() []string {
	return []string{
		"",                                    // empty
		strings.Repeat("z", store.MaxIDLen+1), // 257 bytes
		strings.Repeat("z", 1<<12),            // thousands of bytes
		"a\xff",                               // not UTF-8
		"\xe2\x82",                            // half a rune
		"a:url",                               // a colon
		":",                                   // only a colon
		"a b",                                 // a space
		" a",                                  // a leading space
		"a\tb",                                // a tab
		"a\n",                                 // a new line
		"a\u00a0b",                            // a no-break space
		"a\u2028b",                            // a line separator
		"a\x00",                               // a zero byte
		"\x1b[0m",                             // an escape
		"a\x7f",                               // a delete
		"a\u0085",                             // a next-line
		"a\u009b",                             // a C1 control
		"a:internal_url",                      // the key of a URL
		"a\u3000b",                            // an ideographic gap
	}
}

func illegalURLs() map[string]string {
	return map[string]string{
		"empty":          "",
		"2049 bytes":     urlOf(strings.Repeat("x", store.MaxURLLen+1-len(urlOf("")))),
		"no scheme":      secret + ".example/path",
		"relative":       "/path/" + secret,
		"no host":        "https:///" + secret,
		"only a port":    "https://:8443/" + secret,
		"opaque":         "mailto:" + secret,
		"a new line":     urlOf("\n"),
		"a zero byte":    urlOf("\x00"),
		"a C1 control":   urlOf("\u0085"),
		"a bad escape":   urlOf("%zz"),
		"no scheme name": "://" + secret + ".example",
	}
}

func strangeLives(c *check) {
	ids := strangeIDs()
	for _, id := range ids {
		c.wantOffline(id)
		c.setOnline(id)
		c.wantOnline(id)
		c.refresh(id)
	}
	for i, id := range ids {
		c.clear(id)
		c.wantOffline(ids[:i+1]...)
		c.wantOnline(ids[i+1:]...)
	}
}

func strangeURLs(c *check) {
	ids := strangeIDs()
	url := func(i int) string { return urlOf(fmt.Sprint(i)) }
	for i, id := range ids {
		c.wantNeither(id)
		c.public().set(id, url(i))
		c.internal().set(id, url(-i))
	}
	for i, id := range ids {
		c.public().want(id, url(i))
		c.internal().want(id, url(-i))
		c.wantOffline(id)
		c.clear(id)
		c.wantNeither(id)
	}
}

func illegalIDsRefused(c *check) {
	for _, id := range illegalIDs() {
		c.wantInvalid(id)
	}
}

// wantInvalid wants every method that takes an id to refuse this one.
func (c *check) wantInvalid(id string) {
	for _, m := range methods(c.s) {
		if !m.aboutAll() {
			c.wantError(m.op, id, m.do(c.ctx, id), store.ErrInvalid)
		}
	}
}

func illegalIDsLeaveNothing(c *check) {
	c.setOnline("a")
	c.cacheBoth("a")
	for _, id := range []string{"a:url", "a:internal_url", "a\x00", "a ", "a\n", "a\xff"} {
		c.wantInvalid(id)
	}
	c.wantOnline("a")
	c.wantBoth("a")
	if l, ok := store.As[store.Lister](c.s); ok {
		c.wantListed(l, "a")
	}
}

func illegalURLsRefused(c *check) {
	c.cacheBoth("a")
	for what, url := range illegalURLs() {
		for _, k := range []urlKind{c.public(), c.internal()} {
			for _, id := range []string{"a", "b"} {
				err := k.put(c.ctx, id, url)
				if err == nil {
					c.fail("%s of a URL that is wrong (%s) succeeds, want %q", k.putOp, what, store.ErrInvalid)
				}
				c.wantError(k.putOp, id, err, store.ErrInvalid)
			}
		}
		c.wantBoth("a")
		c.wantNeither("b")
	}
}

func illegalBeforeTheBackend(c *check) {
	c.breakdown()
	c.wantInvalid("a:url")
	for _, k := range []urlKind{c.public(), c.internal()} {
		c.wantError(k.putOp, "a", k.put(c.ctx, "a", "/"+secret), store.ErrInvalid)
	}
}

// invalidFirst gives calls more than one reason to fail.
func invalidFirst(c *check) {
	done, cancel := context.WithCancel(c.ctx)
	cancel()
	c.close()
	for _, m := range methods(c.s) {
		if !m.aboutAll() {
			c.wantError(m.op, "a b", m.do(c.ctx, "a b"), store.ErrInvalid)
			c.wantError(m.op, "a b", m.do(done, "a b"), store.ErrInvalid)
		}
		c.wantError(m.op, "a", m.do(done, "a"), context.Canceled)
		c.wantError(m.op, "a", m.do(c.ctx, "a"), store.ErrClosed)
	}
	for _, k := range []urlKind{c.public(), c.internal()} {
		c.wantError(k.putOp, "a", k.put(done, "a", "/"+secret), store.ErrInvalid)
	}
}
