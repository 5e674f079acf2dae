package reliability

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// nap is how long a sleeper sleeps at a time.
	nap = 20 * time.Millisecond

	// oversleep is from when on a sleeper that is not awake is the machine's
	// fault.
	oversleep = 10 * time.Millisecond
)

// sleepers tell how much of a delay is the machine's. They wait for the end of
// a context as callers of a store do, and do nothing else: while any of them
// is overdue, the machine does not wake who should be awake.
type sleepers struct {
	mu   sync.Mutex
	due  []time.Time // when each wakes next
	late []delay
	end  chan struct{}
	all  sync.WaitGroup
}

type delay struct{ begin, end time.Time }

func startSleepers(n int) *sleepers {
	s := &sleepers{due: make([]time.Time, n), end: make(chan struct{})}
	for i := range s.due {
		s.due[i] = time.Now().Add(nap)
		s.all.Go(func() { s.sleep(i) })
	}
	return s
}

func (s *sleepers) sleep(i int) {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), nap)
		select {
		case <-ctx.Done():
		case <-s.end:
			cancel()
			return
		}
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

// stop returns by how much a sleeper was overdue at most.
func (s *sleepers) stop() time.Duration {
	close(s.end)
	s.all.Wait()
	var longest time.Duration
	for _, late := range s.late {
		longest = max(longest, late.end.Sub(late.begin))
	}
	return longest
}
