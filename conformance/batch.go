package conformance

import (
	"context"
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

func (b batch) wantRefused(op, id string, got []bool, err error) {
	b.c.wantError(op, id, err, store.ErrInvalid)
	if got != nil {
		b.c.fail("%s returns %v beside its error", op, got)
	}
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

func (b batch) wantUnavailable(op string, got []bool, err error) {
	if got != nil {
		b.c.fail("%s returns %v while the backend is away", op, got)
	}
	b.c.wantError(op, "", err, store.ErrUnavailable)
}
