package conformance

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// Where time is real a machine may be busy: now and then a call takes effect late,
// or returns late. No check blames the store for that: it is told again, more
// slowly.
//
// It fails if a sweep may come so late that a grace begins in the story, and if a
// story hurries no more while its workspaces live.
func TestALateMachineIsNotTheStoresFault(t *testing.T) {
	const (
		stories = 40
		rarely  = 1.0 / 400
		most    = 350 * time.Millisecond

		floor = 1000 // calls that were late in all
	)
	var calls atomic.Int64
	h := sleeping(func(b *bent) {
		b.late = func() {
			if rand.Float64() < rarely {
				calls.Add(1)
				time.Sleep(rand.N(most))
			}
		}
	})
	for n := range stories {
		if n > 0 {
			h.Join = nil // two stores in turns wait no longer than one
		}
		synctest.Test(t, func(t *testing.T) {
			for _, e := range table() {
				if e.kind.sleeps() {
					r := e.run(t.Context(), nil, h)
					if r.Reason != "Harness.Join is nil" {
						assert.Equal(t, Passed, r.Outcome, "%s %s: %s", r.Clause, r.Name, r.Reason)
					}
				}
			}
			time.Sleep(time.Hour) // the goroutines of a check end before the bubble does
		})
	}
	assert.Greater(t, calls.Load(), int64(floor))
}
