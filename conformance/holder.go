package conformance

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// long is a lease that no story outlasts.
func (w *watch) long() time.Duration { return 50 * w.ttl }

// claim wants these deaths to be leased, and no others, in the order of their
// ids. They are leased for long.
func (w *watch) claim(ids ...string) []driver.Death { return w.claimFor(w.long(), ids...) }

func (w *watch) claimFor(lease time.Duration, ids ...string) []driver.Death {
	deaths := w.claimAll(driver.ClaimOptions{Max: 1000, Lease: lease})
	want := slices.Sorted(slices.Values(ids))
	if got := idsOf(deaths); !slices.Equal(got, want) {
		w.fail("Claim leases the deaths of %s, want %s, after %v", listOf(got), listOf(want), w.passed)
	}
	return deaths
}

// claimAll claims in every shard until nothing is left, in the order of the ids.
func (w *watch) claimAll(o driver.ClaimOptions) []driver.Death {
	var mu sync.Mutex
	var all []driver.Death
	w.spread(w.traits.Shards, func(shard int) {
		deaths := w.claimShard(shard, o)
		mu.Lock()
		defer mu.Unlock()
		all = append(all, deaths...)
	})
	slices.SortFunc(all, func(a, b driver.Death) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// claimShard claims in a shard until nothing is left, and no death twice.
func (w *watch) claimShard(shard int, o driver.ClaimOptions) (all []driver.Death) {
	leased := map[string]bool{}
	for {
		deaths := w.claimWith(shard, o)
		if len(deaths) == 0 {
			return all
		}
		for _, d := range deaths {
			if leased[d.ID] {
				w.fail("Claim leases the death of %q again, after %v", d.ID, w.passed)
			}
			leased[d.ID] = true
		}
		all = append(all, deaths...)
	}
}

func (w *watch) claimWith(shard int, o driver.ClaimOptions) []driver.Death {
	deaths, err := w.reaper().Claim(w.ctx, shard, o)
	w.wantNil("Claim", "", err)
	if len(deaths) > o.Max {
		w.fail("Claim leases %d deaths, want at most %d", len(deaths), o.Max)
	}
	return deaths
}

// begin wants the deaths to be handed out.
func (w *watch) begin(leased ...driver.Death) {
	for _, d := range leased {
		w.wantStanding("Begin", d, w.tryBegin(d), driver.Held)
	}
}

func (w *watch) tryBegin(d driver.Death) driver.Standing {
	s, err := w.reaper().Begin(w.ctx, d)
	w.wantNil("Begin", d.ID, err)
	return s
}

// handOut wants these deaths to be leased, and no others, and begins them.
func (w *watch) handOut(ids ...string) []driver.Death { return w.handOutFor(w.long(), ids...) }

func (w *watch) handOutFor(lease time.Duration, ids ...string) []driver.Death {
	leased := w.claimFor(lease, ids...)
	w.begin(leased...)
	return leased
}

func (w *watch) handOutAndAcknowledge(ids ...string) []driver.Death {
	leased := w.handOut(ids...)
	w.acknowledge(leased...)
	return leased
}

func (w *watch) extend(lease time.Duration, leased ...driver.Death) []driver.Standing {
	all, err := w.reaper().Extend(w.ctx, leased, lease)
	w.wantNil("Extend", "", err)
	if len(all) != len(leased) {
		w.fail("Extend of %d deaths returns %d standings", len(leased), len(all))
	}
	return all
}

// acknowledge wants the caller to be the holder, and ends the deaths.
func (w *watch) acknowledge(leased ...driver.Death) {
	for _, d := range leased {
		w.wantHolder("Acknowledge", d, w.tryAcknowledge(d), true)
	}
}

func (w *watch) tryAcknowledge(d driver.Death) bool {
	was, err := w.reaper().Acknowledge(w.ctx, d)
	w.wantNil("Acknowledge", d.ID, err)
	return was
}

// release wants the caller to be the holder, and gives the deaths back.
func (w *watch) release(after time.Duration, leased ...driver.Death) {
	for _, d := range leased {
		w.wantHolder("Release", d, w.tryRelease(d, after), true)
	}
}

func (w *watch) tryRelease(d driver.Death, after time.Duration) bool {
	was, err := w.reaper().Release(w.ctx, d, after)
	w.wantNil("Release", d.ID, err)
	return was
}

// withdraw wants the caller to be the holder, and ends the deaths.
func (w *watch) withdraw(leased ...driver.Death) {
	for _, d := range leased {
		w.wantHolder("Withdraw", d, w.tryWithdraw(d), true)
	}
}

func (w *watch) tryWithdraw(d driver.Death) bool {
	was, err := w.reaper().Withdraw(w.ctx, d)
	w.wantNil("Withdraw", d.ID, err)
	return was
}

// wantHeld wants the caller to be the holder of dead workspaces.
func (w *watch) wantHeld(leased ...driver.Death) { w.wantExtended(driver.Held, leased) }

// wantCameBack wants the caller to be the holder of workspaces that came back.
func (w *watch) wantCameBack(leased ...driver.Death) {
	w.wantExtended(driver.CameBack, leased)
	for _, d := range leased {
		w.wantStanding("Begin", d, w.tryBegin(d), driver.CameBack)
	}
}

func (w *watch) wantExtended(want driver.Standing, leased []driver.Death) {
	for i, s := range w.extend(w.long(), leased...) {
		w.wantStanding("Extend", leased[i], s, want)
	}
}

// wantLost wants no call of the holder to have an effect.
func (w *watch) wantLost(leased ...driver.Death) {
	w.wantExtended(driver.Lost, leased)
	for _, d := range leased {
		w.wantStanding("Begin", d, w.tryBegin(d), driver.Lost)
		w.wantHolder("Withdraw", d, w.tryWithdraw(d), false)
		w.wantHolder("Release", d, w.tryRelease(d, 0), false)
		w.wantHolder("Acknowledge", d, w.tryAcknowledge(d), false)
	}
}

func (w *watch) wantStanding(op string, d driver.Death, got, want driver.Standing) {
	if got != want {
		w.fail("%s of the death of %q with the token %d reports %q, want %q, after %v", op, d.ID, d.Token, got, want, w.passed)
	}
}

func (w *watch) wantHolder(op string, d driver.Death, got, want bool) {
	if got != want {
		w.fail("%s of the death of %q with the token %d reports %t, want %t, after %v", op, d.ID, d.Token, got, want, w.passed)
	}
}

func (w *watch) wantAttempt(want int, deaths ...driver.Death) {
	for _, d := range deaths {
		if d.Attempt != want {
			w.fail("the death of %q is leased as attempt %d, want %d", d.ID, d.Attempt, want)
		}
	}
}

// wantDeadline wants a death to have happened at this moment of the story.
func (w *watch) wantDeadline(d driver.Death, want time.Duration) {
	w.wantMoment("the deadline", d, d.Deadline, want)
}

// wantSince wants the first death of a row to have happened at this moment.
func (w *watch) wantSince(d driver.Death, want time.Duration) {
	w.wantMoment("Since", d, d.Since, want)
}

func (w *watch) wantMoment(what string, d driver.Death, moment time.Time, want time.Duration) {
	if got := moment.Sub(w.epoch); !w.near(got, want) {
		w.fail("%s of the death of %q is %v after the story began, want %v (± %v)", what, d.ID, got, want, w.after())
	}
}

// wantTokensAbove wants each death to have a greater token than the one before.
func (w *watch) wantTokensAbove(before, after []driver.Death) {
	former := map[string]int64{}
	for _, d := range before {
		former[d.ID] = d.Token
	}
	for _, d := range after {
		if d.Token <= former[d.ID] {
			w.fail("the death of %q is leased with the token %d, after %d before the store was closed",
				d.ID, d.Token, former[d.ID])
		}
	}
}
