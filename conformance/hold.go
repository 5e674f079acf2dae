package conformance

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// long is a lease that no story outlasts.
func (w *watch) long() time.Duration { return 20 * w.ttl }

// take wants these deaths to be handed out, and no others, in the order of
// their ids. They are held for long.
func (w *watch) take(ids ...string) []store.Death { return w.takeFor(w.long(), ids...) }

func (w *watch) takeFor(lease time.Duration, ids ...string) []store.Death {
	var mu sync.Mutex
	var deaths []store.Death
	w.spread(w.r.Shards(), func(shard int) {
		claimed := w.claim(shard, store.Quota{Most: 1000, Lease: lease})
		mu.Lock()
		defer mu.Unlock()
		deaths = append(deaths, claimed...)
	})
	slices.SortFunc(deaths, func(a, b store.Death) int { return strings.Compare(a.ID, b.ID) })
	want := slices.Sorted(slices.Values(ids))
	if got := idsOf(deaths); !slices.Equal(got, want) {
		w.fail("Claim hands out the deaths of %q, want %q, after %v", got, want, w.passed)
	}
	return deaths
}

func (w *watch) claim(shard int, q store.Quota) []store.Death {
	deaths, err := w.r.Claim(w.ctx, shard, q)
	w.wantNil("Claim", "", err)
	return deaths
}

func idsOf(deaths []store.Death) []string {
	ids := make([]string, len(deaths))
	for i, d := range deaths {
		ids[i] = d.ID
	}
	return ids
}

func (w *watch) extend(lease time.Duration, held ...store.Death) []bool {
	still, err := w.r.Extend(w.ctx, held, lease)
	w.wantNil("Extend", "", err)
	if len(still) != len(held) {
		w.fail("Extend of %d deaths returns %d answers", len(held), len(still))
	}
	return still
}

// acknowledge wants the caller to hold the deaths, and ends them.
func (w *watch) acknowledge(held ...store.Death) {
	for _, d := range held {
		w.wantEffect("Acknowledge", d, w.tryAcknowledge(d), true)
	}
}

func (w *watch) tryAcknowledge(d store.Death) bool {
	ended, err := w.r.Acknowledge(w.ctx, d)
	w.wantNil("Acknowledge", d.ID, err)
	return ended
}

// putBack wants the caller to hold the deaths, and gives them up.
func (w *watch) putBack(after time.Duration, held ...store.Death) {
	for _, d := range held {
		w.wantEffect("PutBack", d, w.tryPutBack(d, after), true)
	}
}

func (w *watch) tryPutBack(d store.Death, after time.Duration) bool {
	given, err := w.r.PutBack(w.ctx, d, after)
	w.wantNil("PutBack", d.ID, err)
	return given
}

// wantHeld wants the caller to hold the deaths.
func (w *watch) wantHeld(held ...store.Death) {
	for i, still := range w.extend(w.long(), held...) {
		w.wantEffect("Extend", held[i], still, true)
	}
}

// wantLost wants nothing that the caller does about the deaths to have an
// effect.
func (w *watch) wantLost(held ...store.Death) {
	for i, still := range w.extend(w.long(), held...) {
		d := held[i]
		w.wantEffect("Extend", d, still, false)
		w.wantEffect("PutBack", d, w.tryPutBack(d, 0), false)
		w.wantEffect("Acknowledge", d, w.tryAcknowledge(d), false)
	}
}

func (w *watch) wantEffect(op string, d store.Death, got, want bool) {
	if got != want {
		w.fail("%s of the death of %q with the token %d reports %t, want %t, after %v",
			op, d.ID, d.Token, got, want, w.passed)
	}
}

func (w *watch) wantAttempt(want int, deaths ...store.Death) {
	for _, d := range deaths {
		if d.Attempt != want {
			w.fail("the death of %q is handed out as attempt %d, want %d", d.ID, d.Attempt, want)
		}
	}
}

// wantDeadline wants a death to have happened at this moment of the story.
func (w *watch) wantDeadline(d store.Death, want time.Duration) {
	near := w.grain + w.slack
	if got := d.Deadline.Sub(w.epoch); got < want-near || got > want+near {
		w.fail("the deadline of the death of %q is %v after the story began, want %v (± %v)", d.ID, got, want, near)
	}
}
