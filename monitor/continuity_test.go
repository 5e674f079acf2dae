package monitor_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

func TestNothingIsReportedBeforeAStoreWasWatchedForOneTTL(t *testing.T) {
	short := store.TTLs{For: func(id string) time.Duration {
		if id == "short" {
			return time.Second
		}
		return 0
	}}
	story(t, memstore.Options{TTLs: short}, func(w *world) {
		w.online("short", "long")
		w.watch(unguarded)
		w.pass(ttl - time.Millisecond)
		w.nobody()
		w.beating(time.Minute, "long")
		w.once("short")
	})
}

func TestAGapBeginsAGrace(t *testing.T) {
	for _, c := range []struct {
		gap, interval, grace time.Duration
	}{
		{3 * time.Second, 0, 0},
		{7 * time.Second, 0, 37 * time.Second},
		{100 * time.Second, 0, 130 * time.Second},
		{time.Hour, 0, ttl},
		{15 * time.Second, 5 * time.Second, 0},
		{20 * time.Second, 5 * time.Second, 50 * time.Second},
	} {
		t.Run(fmt.Sprintf("gap=%v/interval=%v", c.gap, c.interval), func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				config := unguarded
				config.Interval = c.interval
				w.online("dead")
				m := w.watch(config)
				w.pass(ttl - 5*time.Second)
				require.NoError(t, w.RefreshTTL(t.Context(), "dead"))
				w.pass(ttl - 5*time.Second) // the first grace is over, and a sweep is now
				require.NoError(t, m.stop())

				w.pass(c.gap)
				up := time.Now()
				w.watch(config)
				w.pass(time.Hour)
				w.once("dead")
				due := w.reported()[0].Deadline
				if end := up.Add(c.grace); end.After(due) {
					due = end
				}
				assert.WithinRange(t, w.reported()[0].at, due, due.Add(max(c.interval, interval)))
			})
		})
	}
}

func TestDeathsWhileNobodyWatchesAreReportedAfterTheGrace(t *testing.T) {
	for _, down := range []time.Duration{10 * time.Second, time.Minute, 10 * time.Minute} {
		t.Run(down.String(), func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				const fleet, deaths = 1000, 100
				ids := names("w", fleet)
				dead, alive := ids[:deaths], ids[deaths:]
				first := []*watcher{w.watch(monitor.Config{}), w.watch(monitor.Config{})}
				w.beating(ttl+time.Minute, ids...)
				w.beating(ttl-2*heartbeat, alive...)
				w.nobody()
				for _, m := range first {
					require.NoError(t, m.stop())
				}
				w.beating(down, alive...)

				up := time.Now()
				w.watch(monitor.Config{})
				w.watch(monitor.Config{})
				grace := min(down+heartbeat, ttl)
				w.beating(grace-time.Millisecond, alive...)
				w.nobody()
				w.beating(ttl, alive...)
				w.once(dead...)
				for _, r := range w.reported() {
					assert.WithinRange(t, r.at, up.Add(grace), up.Add(grace+interval))
				}
			})
		})
	}
}

func TestTheLivingAreNotReportedAfterAnOutage(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		const outages = 100
		l, over := w.line(), time.Now().Add(2*ttl+outages*6*time.Minute)
		w.watchBy("", l, monitor.Config{}, nil)
		var alive sync.WaitGroup
		for i, id := range names("alive", 20) {
			alive.Go(func() {
				time.Sleep(time.Duration(i) * heartbeat / 20)
				for ; time.Now().Before(over); time.Sleep(heartbeat) {
					_, _ = store.Heartbeat(t.Context(), l, id) // fails in an outage
				}
			})
		}
		w.pass(2 * ttl)
		for n := range outages {
			l.is(broken)
			w.pass(time.Duration(n+1) * 3 * time.Second)
			l.mend()
			w.pass(6*time.Minute - time.Duration(n+1)*3*time.Second) // often in the middle of the grace
		}
		w.nobody()
		assert.GreaterOrEqual(t, w.log.count("does not answer"), outages)
		alive.Wait()
	})
}

func TestAnOutageAtTheEndOfAGraceLeavesTimeToBeHeard(t *testing.T) {
	for _, outage := range []time.Duration{5 * time.Second, time.Minute, ttl, time.Hour} {
		t.Run(outage.String(), func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				l := w.line()
				w.watchBy("", l, monitor.Config{}, nil)
				w.beating(ttl-heartbeat, "a")
				w.beating(heartbeat-time.Second, "a")
				l.is(broken)
				w.pass(outage)
				l.mend()
				w.pass(heartbeat)
				w.beating(time.Hour, "a")
				w.nobody()
			})
		})
	}
}

func TestAGapDuringAGraceExtendsItByThatGap(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		l, start := w.line(), time.Now()
		w.online("dead")
		w.watchBy("", l, monitor.Config{}, nil)
		w.pass(time.Minute)
		l.is(broken)
		w.pass(time.Minute)
		l.mend()
		w.pass(time.Hour)
		w.once("dead")
		assert.WithinRange(t, w.reported()[0].at, start.Add(ttl+time.Minute), start.Add(ttl+time.Minute+2*interval))
	})
}
