package conformance

import (
	"context"
	"fmt"
	"strings"

	"github.com/molecule-ai/liveness/store"
)

// batch is a store's Batcher, or what stands in for one.
type batch struct {
	c *check
	s store.LivenessStore
}

func (c *check) batcher() batch {
	need[store.Batcher](c)
	return batch{c, c.wrapped()}
}

// refresh wants a refresh to find these answers.
func (b batch) refresh(ids []string, want ...bool) {
	got, err := store.RefreshMany(b.c.ctx, b.s, ids)
	b.want("RefreshMany", ids, got, err, want)
}

// online wants these answers.
func (b batch) online(ids []string, want ...bool) {
	got, err := store.IsOnlineMany(b.c.ctx, b.s, ids)
	b.want("IsOnlineMany", ids, got, err, want)
}

func (b batch) clear(ids ...string) {
	b.c.wantNil("ClearMany", strings.Join(ids[:min(len(ids), 3)], " "), store.ClearMany(b.c.ctx, b.s, ids))
}

func (b batch) want(op string, ids []string, got []bool, err error, want []bool) {
	b.c.wantNil(op, "", err)
	if got == nil || len(got) != len(want) {
		b.c.fail("%s(%s) returns %d answers, want %d, after %v", op, listOf(ids), len(got), len(want), b.c.passed)
	}
	for i := range got {
		if got[i] != want[i] {
			b.c.fail("%s(%s) returns %t for %q, number %d, want %t, after %v", op, listOf(ids), got[i], ids[i], i, want[i], b.c.passed)
		}
	}
}

// listOf returns the ids for a reader, of many the first ones.
func listOf(ids []string) string {
	const few = 10
	if len(ids) > few {
		return fmt.Sprintf("%q and %d others", ids[:few], len(ids)-few)
	}
	return fmt.Sprintf("%q", ids)
}

func batchesInOrder(c *check)     { c.batcher().inOrder() }
func fallbacksInOrder(c *check)   { batch{c, bare{c.s}}.inOrder() }
func batchesOfNothing(c *check)   { c.batcher().ofNothing() }
func fallbacksOfNothing(c *check) { batch{c, bare{c.s}}.ofNothing() }
func batchesRefuse(c *check)      { c.batcher().refuse() }
func fallbacksRefuse(c *check)    { batch{c, bare{c.s}}.refuse() }
func batchesOfMany(c *check)      { c.batcher().ofMany() }
func batchesClear(c *check)       { c.batcher().clears() }
func fallbacksClear(c *check)     { batch{c, bare{c.s}}.clears() }
func batchesRefresh(c *check)     { c.batcher().refreshes() }
func batchesFail(c *check)        { c.batcher().fails() }

func (b batch) inOrder() {
	b.c.setOnline("a", "b")
	ids := []string{"x", "a", "y", "b", "a", "x", "z"}
	b.online(ids, false, true, false, true, true, false, false)
	b.refresh(ids, false, true, false, true, true, false, false)
	b.c.wantOffline("x", "y", "z")
	b.c.wantOnline("a", "b")
	b.online([]string{"b"}, true)
	b.refresh([]string{"y"}, false)
}

func (b batch) ofNothing() {
	b.c.setOnline("a")
	for _, none := range [][]string{nil, {}} {
		b.refresh(none)
		b.online(none)
		b.clear(none...)
	}
	b.c.wantOnline("a")
}

// refuse puts one illegal id at the end of a list.
func (b batch) refuse() {
	c := b.c
	c.setOnline("a")
	c.cacheBoth("a")
	end := c.in(c.ttl)
	c.pass(c.ttl / 2)
	for _, id := range []string{"", "b c", "a:url"} {
		ids := []string{"a", "unknown", id}
		got, err := store.RefreshMany(c.ctx, b.s, ids)
		b.wantRefused("RefreshMany", id, got, err)
		got, err = store.IsOnlineMany(c.ctx, b.s, ids)
		b.wantRefused("IsOnlineMany", id, got, err)
		b.wantRefused("ClearMany", id, nil, store.ClearMany(c.ctx, b.s, ids))
	}
	c.wantOnline("a")
	c.wantBoth("a")
	c.justAfter(end)
	c.wantOffline("a")
}

func (b batch) wantRefused(op, id string, got []bool, err error) {
	b.c.wantError(op, id, err, store.ErrInvalid)
	if got != nil {
		b.c.fail("%s returns %v beside its error", op, got)
	}
}

func (b batch) ofMany() {
	taken, _ := b.c.fill("crowd", b.c.many(largeCrowd))
	var ids []string
	var want []bool
	for i, id := range taken {
		ids = append(ids, id, "not-"+id)
		want = append(want, true, false)
		if i%3 == 0 {
			ids = append(ids, id)
			want = append(want, true)
		}
	}
	b.online(ids, want...)
	b.refresh(ids, want...)
	b.clear(ids...)
	b.online(ids, make([]bool, len(ids))...)
}

func (b batch) clears() {
	b.c.setOnline("a", "b", "c")
	b.c.cacheBoth("a", "b", "c", "d")
	b.clear("a", "unknown", "d", "a", "b")
	b.c.wantOffline("a", "b", "unknown", "d")
	b.c.wantNeither("a", "b", "unknown", "d")
	b.c.wantOnline("c")
	b.c.wantBoth("c")
}

func (b batch) refreshes() {
	c := b.c
	c.setOnline("a", "b", "left")
	end := c.in(c.ttl)
	c.pass(c.ttl / 2)
	b.refresh([]string{"a", "b", "a"}, true, true, true)
	last := c.in(c.ttl)
	c.justBefore(end)
	b.online([]string{"a", "b", "left"}, true, true, true)
	c.justAfter(end)
	b.refresh([]string{"left"}, false)
	b.online([]string{"a", "b", "left"}, true, true, false)
	c.justBefore(last)
	b.online([]string{"a", "b"}, true, true)
	c.justAfter(last)
	b.online([]string{"a", "b"}, false, false)
}

func batchesAskFor(c *check) {
	now := c.openVarying()
	b := c.batcher()
	c.setOnline("a", "b")
	now.set(c.ttl / 2)
	b.refresh([]string{"a", "b"}, true, true)
	c.wantOnlineFor(c.ttl/2, "a", "b")
}

// fails calls for an answer where none can be given.
func (b batch) fails() {
	b.c.setOnline("a")
	for ctx, want := range b.c.doneContexts() {
		b.wantNoAnswer(ctx, want)
	}
	b.c.wantOnline("a")
	b.c.close()
	b.wantNoAnswer(b.c.ctx, store.ErrClosed)
}

// wantNoAnswer wants the whole call to fail, also that of an empty list.
func (b batch) wantNoAnswer(ctx context.Context, want error) {
	for _, ids := range [][]string{{"a", "b"}, {}} {
		refreshed, err := store.RefreshMany(ctx, b.s, ids)
		b.c.wantError("RefreshMany", "", err, want)
		online, err := store.IsOnlineMany(ctx, b.s, ids)
		b.c.wantError("IsOnlineMany", "", err, want)
		if refreshed != nil || online != nil {
			b.c.fail("a batch returns %v and %v beside its errors", refreshed, online)
		}
		b.c.wantError("ClearMany", "", store.ClearMany(ctx, b.s, ids), want)
	}
}

func batchesWhileAway(c *check) {
	b := c.batcher()
	c.setOnline("a")
	c.breakdown()
	ctx := c.bounded(answerTime)
	c.together(
		func() {
			got, err := store.RefreshMany(ctx, b.s, []string{"a", "b"})
			b.wantUnavailable("RefreshMany", got, err)
		},
		func() {
			got, err := store.IsOnlineMany(ctx, b.s, []string{"a", "b"})
			b.wantUnavailable("IsOnlineMany", got, err)
		},
		func() { b.wantUnavailable("ClearMany", nil, store.ClearMany(ctx, b.s, []string{"a", "b"})) },
	)
}

func (b batch) wantUnavailable(op string, got []bool, err error) {
	if got != nil {
		b.c.fail("%s returns %v while the backend is away", op, got)
	}
	b.c.wantError(op, "", err, store.ErrUnavailable)
}
