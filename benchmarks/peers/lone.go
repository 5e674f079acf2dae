package peers

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"github.com/molecule-ai/liveness/benchmarks/peers/goals"
	"github.com/molecule-ai/liveness/internal/redistest"
)

// redisLone is about callers that come one at a time, as the heartbeats of a fleet
// do: 333 a second are those of 10,000 workspaces, one in 30 s each.
func redisLone(b *bench) {
	server, ids := redistest.Start(b), workspaces(large)
	ours, plain := b.newRedis(server, lifetimes()), newPlain(b, server)
	b.setOnline(ours, ids)
	for _, rate := range []int{333, 3_333} {
		b.evenly(rate, ids, ours.RefreshTTL, plain.refresh)
	}
	b.alone(func(b *bench) {
		b.occupy()
		b.hold(contest{
			backend: "redis", op: "lone", ours: side{do: ours.RefreshTTL},
			load:   load{callers: 1, ids: ids, window: 3 * time.Second, beside: "all cores busy"},
			rivals: []rival{against("go-redis", plain.refresh, goals.AtLeast(0.8))},
		})
	})
}

// evenly compares calls that begin so many times a second, each when the one before
// has long returned, and each with a context of its own.
func (b *bench) evenly(rate int, ids []string, ours, theirs call) {
	var cpu, median [2][]float64
	for range b.rounds {
		for i, do := range []call{ours, theirs} {
			took, spent := b.spread(rate, ids, do)
			median[i], cpu[i] = append(median[i], goals.Median(took)), append(cpu[i], spent)
		}
	}
	r := goals.Result{Backend: "redis", Op: "lone", Load: fmt.Sprintf("%d a second, evenly, n=%d", rate, len(ids))}
	r.Unit, r.Goal = "× the CPU of go-redis", goals.AtMost(1.05)
	b.compare(r, cpu[0], cpu[1], nanoseconds)
	r.Unit, r.Goal = "× the median of go-redis", goals.AtMost(1.1)
	b.compare(r, median[0], median[1], nanoseconds)
}

// spread returns how long each call took, and the time that the process spent on one,
// both in nanoseconds.
func (b *bench) spread(rate int, ids []string, do call) (took []float64, cpu float64) {
	const window = 2 * time.Second
	n := rate * int(window/time.Second)
	runtime.GC()
	before, start := processorTime(b), time.Now()
	for i := range n {
		time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(rate))))
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		began := time.Now()
		b.must(do(ctx, ids[i%len(ids)]))
		took = append(took, float64(time.Since(began)))
		cancel()
	}
	return took, float64(processorTime(b)-before) / float64(n)
}

// processorTime is what this process has had of the processors.
func processorTime(b *bench) time.Duration {
	var u syscall.Rusage
	b.must(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// occupy keeps every core busy until the end of the test.
func (b *bench) occupy() {
	for range runtime.NumCPU() {
		loop := exec.Command("sh", "-c", "while :; do :; done")
		b.must(loop.Start())
		b.Cleanup(func() {
			b.must(loop.Process.Kill())
			_ = loop.Wait() // it was killed
		})
	}
}
