package kit

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/molecule-ai/liveness/internal/attempt"
)

// machine tells, from the first test to the last, when this machine was late.
var machine = sync.OnceValue(func() *sleepers {
	const asleep = 32 // as many as wait for a server in the largest test
	return startSleepers(asleep)
})

// Overslept returns for how long, between the two moments, the machine let a goroutine
// sleep that should have been awake.
func Overslept(begin, end time.Time) time.Duration { return machine().overslept(begin, end) }

// LongestDelay returns by how much the machine woke a goroutine late at most, between the
// two moments.
func LongestDelay(begin, end time.Time) time.Duration { return machine().longest(begin, end) }

// InRealTime tells a story in which time is real.
func InRealTime(t testing.TB, story func(t testing.TB)) {
	t.Helper()
	machine().judges(t, story)
}

// Slower returns by how much a story of InRealTime is told more slowly than at first,
// because the machine did not keep up: 1, then 2, 4 and so on.
func Slower(t testing.TB) time.Duration {
	if a, ok := t.(slowed); ok {
		return a.by
	}
	return 1
}

// TooLate ends the goroutine of a story in which the machine did not keep up, as the
// story itself has seen.
func TooLate(t testing.TB, format string, args ...any) {
	t.Helper()
	if a, ok := t.(slowed); ok {
		a.Errorf(format, args...)
		a.GiveUp()
	}
	t.Fatalf(format, args...)
}

// slowed is an attempt at a story.
type slowed struct {
	*attempt.T
	by time.Duration
}

// judges tells the story. If it fails while the machine did not keep up it is told
// again, more slowly, a few times: a fault of the product is there each time. One that
// fails on a machine that kept up has failed.
func (s *sleepers) judges(t testing.TB, story func(t testing.TB)) {
	t.Helper()
	const (
		tries = 5
		late  = 50 * time.Millisecond // overdue sleepers show that the machine did not keep up
	)
	for n := 1; ; n++ {
		began := time.Now()
		a := attempt.Make(t.Context(), t, t.Name(), func(a *attempt.T) { story(slowed{a, 1 << (n - 1)}) })
		stall := s.longest(began, time.Now())
		report := fmt.Sprintf("attempt %d, in which the machine was late by up to %v: %s", n, stall.Round(time.Millisecond), a.Reason())
		switch {
		case a.Failed() && (n == tries || stall < late && !a.GivenUp()):
			t.Fatal(report)
		case a.Failed():
			t.Log(report)
			continue
		case a.Skipped():
			t.Skip(a.Reason())
		}
		return
	}
}

const (
	// nap is how long a sleeper sleeps at a time.
	nap = 20 * time.Millisecond

	// oversleep is from when on a sleeper that is not awake is the machine's
	// fault.
	oversleep = 10 * time.Millisecond
)

// sleepers tell how much of a delay is the machine's. They wait for the end of
// a context as callers of a store do, and do nothing else: while any of them
// is overdue, the machine is late.
type sleepers struct {
	mu   sync.Mutex
	due  []time.Time // when each wakes next
	late []delay
}

type delay struct{ begin, end time.Time }

func startSleepers(n int) *sleepers {
	s := &sleepers{due: make([]time.Time, n)}
	for i := range s.due {
		s.due[i] = time.Now().Add(nap)
		go s.sleep(i)
	}
	return s
}

// sleep does not return.
func (s *sleepers) sleep(i int) {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), nap)
		<-ctx.Done()
		cancel()
		s.mu.Lock()
		now := time.Now()
		if now.Sub(s.due[i]) > oversleep {
			s.late = append(s.late, delay{s.due[i], now})
		}
		s.due[i] = now.Add(nap)
		s.mu.Unlock()
	}
}

// overslept returns for how long, between the two moments, any sleeper was
// overdue.
func (s *sleepers) overslept(begin, end time.Time) time.Duration {
	s.mu.Lock()
	delays := slices.Clone(s.late)
	for _, due := range s.due {
		if end.Sub(due) > oversleep {
			delays = append(delays, delay{due, end})
		}
	}
	s.mu.Unlock()
	slices.SortFunc(delays, func(a, b delay) int { return a.begin.Compare(b.begin) })
	var sum time.Duration
	for _, late := range delays {
		if late.begin.Before(begin) {
			late.begin = begin
		}
		if late.end.After(end) {
			late.end = end
		}
		if late.end.After(late.begin) {
			sum += late.end.Sub(late.begin)
			begin = late.end
		}
	}
	return sum
}

// longest returns by how much a sleeper was overdue at most, between the two
// moments.
func (s *sleepers) longest(begin, end time.Time) (longest time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, late := range s.late {
		if late.end.After(begin) && late.begin.Before(end) {
			longest = max(longest, late.end.Sub(late.begin))
		}
	}
	return longest
}
