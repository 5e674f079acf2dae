package conformance

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/store"
)

// sleeping is a harness without a clock of its own.
func sleeping(bend func(*bent)) Harness {
	h := harness(bend)
	h.Advance = nil
	return h
}

// result runs one check in a bubble.
func result(t *testing.T, h Harness, name string) (r Result) {
	t.Helper()
	for _, e := range table() {
		if e.name == name {
			synctest.Test(t, func(t *testing.T) { r = e.run(t.Context(), nil, h) })
		}
	}
	require.Equal(t, name, r.Name)
	return r
}

const aCheck = "a workspace is online until its TTL has passed"

func TestCheckWhereTimeIsReal(t *testing.T) {
	h := sleeping(func(*bent) {})
	h.Join = nil // in bubbles
	results := Check(t.Context(), h)
	for _, r := range results {
		assert.NotEqual(t, Failed, r.Outcome, "%s %s: %s", r.Clause, r.Name, r.Reason)
	}
	assert.Equal(t, map[Outcome]int{Passed: len(table()) - 2, Skipped: 2}, count(results))
}

func TestRunInBubbles(t *testing.T) {
	h := sleeping(func(*bent) {})
	h.Bubble = true
	results := Run(t, h)
	assert.Equal(t, map[Outcome]int{Passed: len(table())}, count(results))
}

func TestTheSmallestHarness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		results := Check(t.Context(), Harness{New: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
			return bare{harness(func(*bent) {}).New(t, ttls)}
		}})
		n := count(results)
		assert.Zero(t, n[Failed])
		assert.Greater(t, n[Passed], 70)
		for _, reason := range []string{"Harness.Break is nil", "Harness.Reopen is nil", "Harness.Join is nil", "the backend has no Lister",
			"the backend has no Batcher", "the backend has no Pinger", "the backend has no Registrar", "the backend has no Granter",
			"the backend has no Expirer", "the backend has no Sampler", "the backend has no Reaper"} {
			assert.Contains(t, summary(results), reason)
		}
	})
}

func TestSummary(t *testing.T) {
	assert.Equal(t, "conformance: 1 of 1 checks ran", summary([]Result{{Outcome: Passed}}))
	assert.Equal(t, "conformance: 2 of 5 checks ran; skipped: 2 because it rains, 1 because it snows", summary([]Result{
		{Outcome: Skipped, Reason: "it rains"}, {Outcome: Passed}, {Outcome: Failed},
		{Outcome: Skipped, Reason: "it snows"}, {Outcome: Skipped, Reason: "it rains"},
	}))
}

func TestStrictModeFailsWhatIsSkipped(t *testing.T) {
	skipped := Result{Outcome: Skipped, Reason: "it rains"}
	for strict, want := range map[string]Outcome{"": Skipped, "0": Skipped, "1": Failed} {
		t.Setenv("CONFORMANCE_STRICT", strict)
		r := attempt.Make(t.Context(), nil, "", func(r *attempt.T) { skipped.report(r, Harness{}) })
		outcome, reason := outcomeOf(r), r.Reason()
		assert.Equal(t, want, outcome)
		assert.Contains(t, reason, "it rains")
	}
}

func TestWrongHarness(t *testing.T) {
	intact := harness(func(*bent) {})
	for field, h := range map[string]Harness{
		"Harness.New":   {},
		"Harness.Grain": {New: intact.New, Grain: -1},
		"Harness.Only":  {New: intact.New, Only: []string{"C1", "C99"}},
	} {
		r := result(t, h, aCheck)
		assert.Equal(t, Failed, r.Outcome)
		assert.Contains(t, r.Reason, field)
	}
	assert.ErrorContains(t, Harness{New: intact.New, Bubble: true, Advance: time.Sleep}.Validate(), "Harness.Advance")
}

func TestNothingIsAssertedWithinTheGrain(t *testing.T) {
	h := harness(func(b *bent) {
		b.setOnline = func(ctx context.Context, id string) error {
			err := b.ref.SetOnline(ctx, id)
			if err == nil {
				b.bring(id, b.ttls.Liveness+time.Second)
			}
			return err
		}
	})
	for grain, want := range map[time.Duration]Outcome{0: Failed, time.Second / 2: Failed, 2 * time.Second: Passed} {
		h.Grain = grain
		assert.Equal(t, want, result(t, h, aCheck).Outcome, grain)
	}
}

func TestFailuresNameTheStepAndQuoteTheClause(t *testing.T) {
	r := result(t, harness(func(b *bent) {
		b.isOnline = func(context.Context, string) (bool, error) { return false, nil }
	}), aCheck)
	assert.Equal(t, Failed, r.Outcome)
	assert.Regexp(t, `^c01_life\.go:\d+ > wantOnline \(lives\.go:\d+\) > wantLiveness \(lives\.go:\d+\): IsOnline\("a"\) returns false, want true, after 0s`, r.Reason)
	assert.Contains(t, r.Reason, "\nthe last steps: SetOnline(\"a\"), IsOnline(\"a\")\n")
	assert.Contains(t, r.Reason, "\nC1: "+clauses()["C1"])
}

func TestEachCheckHasAKeyOfItsOwn(t *testing.T) {
	names := map[string]string{}
	for _, e := range table() {
		k := Result{Clause: e.clause, Name: e.name}.Key()
		assert.NotContains(t, names, k)
		assert.Regexp(t, `^[A-Z][A-Za-z0-9]*/[a-z0-9-]+$`, k)
		names[k] = e.name
	}
}

func TestOnlySomeChecksAreRunAndTheHarnessIsToldOfEach(t *testing.T) {
	some := []string{"C4", key("C1", aCheck)}
	want := 1
	for _, e := range table() {
		if e.clause == "C4" {
			want++
		}
	}
	synctest.Test(t, func(t *testing.T) {
		var told []Result
		h := harness(func(*bent) {})
		h.Only = some
		h.Ended = func(r Result, n, of int) {
			told = append(told, r)
			assert.Equal(t, len(told), n)
			assert.Equal(t, want, of)
			panic("it is nothing to the run")
		}
		results := Check(t.Context(), h)
		assert.Len(t, results, want)
		assert.ElementsMatch(t, results, told)
		for _, r := range results {
			assert.Equal(t, Passed, r.Outcome)
			assert.True(t, r.Clause == "C4" || r.Key() == some[1])
		}
		assert.Greater(t, results[0].Took, store.DefaultLivenessTTL)
	})
}

func TestAHarnessIsAskedForOneStoreAtATime(t *testing.T) {
	h := sleeping(func(*bent) {})
	h.Only = []string{"C1", "C3"}
	open, asked := h.New, 0
	h.New = func(t testing.TB, ttls store.TTLs) store.LivenessStore {
		asked++ // the race detector would see two at once
		return open(t, ttls)
	}
	again := h.Reopen
	h.Reopen = func(t testing.TB, s store.LivenessStore, ttls store.TTLs) store.LivenessStore {
		asked++
		return again(t, s, ttls)
	}
	results := Check(t.Context(), h)
	assert.Equal(t, len(results), count(results)[Passed])
	assert.Greater(t, asked, len(results))
}

func TestPanicsAreFailures(t *testing.T) {
	for _, name := range []string{aCheck, "callers of different workspaces do not meet"} {
		r := result(t, harness(func(b *bent) {
			b.isOnline = func(context.Context, string) (bool, error) { panic("out of order") }
		}), name)
		assert.Equal(t, Failed, r.Outcome)
		assert.Contains(t, r.Reason, "panic: out of order")
	}
}

func TestASlowMachineIsGivenTheTimeItNeeds(t *testing.T) {
	slow := func(d time.Duration) Result {
		return result(t, sleeping(func(b *bent) {
			b.isOnline = func(ctx context.Context, id string) (bool, error) {
				time.Sleep(d)
				return b.ref.IsOnline(ctx, id)
			}
		}), aCheck)
	}
	assert.Equal(t, Passed, slow(500*time.Millisecond).Outcome)
	tooSlow := slow(10 * time.Second)
	assert.Equal(t, Failed, tooSlow.Outcome)
	assert.Contains(t, tooSlow.Reason, "too slow")
	assert.True(t, tooSlow.Unjudged())
}

func TestTheEndOfTheContextEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, after := range []time.Duration{0, time.Second} {
			ctx, cancel := context.WithTimeout(t.Context(), after)
			results := Check(ctx, sleeping(func(*bent) {}))
			cancel()
			n := count(results)
			assert.Zero(t, n[Failed])
			assert.Positive(t, n[Skipped])
			assert.Equal(t, after > 0, n[Passed] > 0)
			assert.Contains(t, summary(results), context.DeadlineExceeded.Error())
		}
	})
}

func TestOneThatDoesNotReturnHasFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		results := Check(ctx, harness(func(b *bent) {
			b.isOnline = func(context.Context, string) (bool, error) {
				time.Sleep(time.Hour)
				return false, nil
			}
		}))
		assert.Equal(t, map[Outcome]int{Failed: 1, Skipped: len(table()) - 1}, count(results))
		assert.Contains(t, results[0].Reason, "still running")
		time.Sleep(24 * time.Hour) // the call that was given up returns before the bubble ends
	})
}
