package conformance

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// secret is in every URL of the suite and may be in no error.
const secret = "k3y"

// urlOf returns a URL that is like no other.
func urlOf(name string) string { return "https://" + secret + ".example:8443/" + name }

// urlKind is one of the two URLs that a store keeps of each workspace.
type urlKind struct {
	c            *check
	putOp, getOp string
	put          func(ctx context.Context, id, url string) error
	get          func(ctx context.Context, id string) (string, error)
}

func (c *check) public() urlKind {
	return urlKind{c, "CacheURL", "GetCachedURL", c.s.CacheURL, c.s.GetCachedURL}
}

func (c *check) internal() urlKind {
	return urlKind{c, "CacheInternalURL", "GetCachedInternalURL", c.s.CacheInternalURL, c.s.GetCachedInternalURL}
}

// set caches a URL.
func (k urlKind) set(id, url string) { k.c.wantNil(k.putOp, id, k.put(k.c.ctx, id, url)) }

// want wants the URL to be cached.
func (k urlKind) want(id, url string) {
	got, err := k.get(k.c.ctx, id)
	k.c.wantNil(k.getOp, id, err)
	if got != url {
		k.c.fail("%s(%q) returns %q, want %q", k.getOp, id, got, url)
	}
}

// wantNone wants no URL to be cached.
func (k urlKind) wantNone(ids ...string) {
	for _, id := range ids {
		got, err := k.get(k.c.ctx, id)
		k.c.giveUpIfLate()
		if err == nil {
			k.c.fail("%s(%q) returns %q, want %q, after %v", k.getOp, id, got, store.ErrNotFound, k.c.passed)
		}
		k.c.wantError(k.getOp, id, err, store.ErrNotFound)
	}
}

// cacheBoth caches a URL of each kind for each of the workspaces.
func (c *check) cacheBoth(ids ...string) {
	for _, id := range ids {
		c.public().set(id, urlOf(id))
		c.internal().set(id, urlOf(id+"/internal"))
	}
}

// wantBoth wants the URLs of cacheBoth.
func (c *check) wantBoth(ids ...string) {
	for _, id := range ids {
		c.public().want(id, urlOf(id))
		c.internal().want(id, urlOf(id+"/internal"))
	}
}

func (c *check) wantNeither(ids ...string) {
	c.public().wantNone(ids...)
	c.internal().wantNone(ids...)
}

// wantBothUntil wants both URLs to be readable until then, and no longer.
func (c *check) wantBothUntil(end time.Duration, ids ...string) {
	c.justBefore(end)
	c.wantBoth(ids...)
	c.justAfter(end)
	c.wantNeither(ids...)
}

// gone reports whether no URL is cached.
func (c *check) gone(k urlKind, id string) bool {
	_, err := k.get(c.ctx, id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		c.wantNil(k.getOp, id, err)
	}
	return err != nil
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

func numbered(n int) string { return urlOf(fmt.Sprintf("number-%d", n)) }
