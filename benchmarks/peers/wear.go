package peers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/benchmarks/peers/goals"
)

const (
	heartbeat = 30 * time.Second // each workspace is heard from so often
	watched   = 30 * time.Second // in which there are three of the longest checkpoints
)

// wear is the load of the heartbeats of a fleet, spread evenly, on a disk, round by
// round.
type wear struct {
	bytes   []float64 // that the kernel has to write for this process, per heartbeat
	flushes []float64 // per checkpoint: two for each transaction, which bbolt counts
}

func boltBytes(b *bench) {
	ids := workspaces(small)
	var naive, bunt, second, tenth wear
	for range b.rounds {
		b.alone(func(b *bench) { naive.watch(b, ids, newNaive(b, ids).update) })
		b.alone(func(b *bench) { bunt.watch(b, ids, newBunt(b, b.file("bunt.db"), ids).refresh) })
		b.alone(func(b *bench) { second.watchBolt(b, ids, time.Second) })
		b.alone(func(b *bench) { tenth.watchBolt(b, ids, 10*time.Second) })
	}
	result := func(checkpoint, unit string, g goals.Goal) goals.Result {
		load := fmt.Sprintf("checkpoint %s, heartbeat %v, n=%d", checkpoint, heartbeat, small)
		return goals.Result{Backend: "bbolt", Op: "bytes", Load: load, Unit: unit, Goal: g}
	}
	b.compare(result("1 s", "× bbolt Update", goals.AtMost(0.01)), second.bytes, naive.bytes, bytes)
	b.compare(result("1 s", "× buntdb EverySecond", goals.AtMost(1.5)), second.bytes, bunt.bytes, bytes)
	b.compare(result("10 s", "× buntdb EverySecond", goals.AtMost(0.2)), tenth.bytes, bunt.bytes, bytes)
	b.print(result("1 s", "flushes a checkpoint", goals.AtMost(2)).Summary(second.flushes))
	b.print(result("10 s", "flushes a checkpoint", goals.AtMost(2)).Summary(tenth.flushes))
}

func (w *wear) watch(b *bench, ids []string, beat call) {
	w.during(b, b.beating(ids, beat), func() { time.Sleep(watched) })
}

func (w *wear) watchBolt(b *bench, ids []string, checkpoint time.Duration) {
	path := b.file("liveness.db")
	s := b.newBolt(path, checkpoint, nil)
	for _, id := range ids { // one after the other, as they are heard from later
		b.must(s.SetOnline(context.Background(), id))
	}
	beats := b.beating(ids, s.RefreshTTL)
	b.commits(path, func(c commits) bool { return c.checkpoints == 1 && c.quiet() })
	began := time.Now()
	w.during(b, beats, func() {
		c := b.commits(path, func(commits) bool { return time.Since(began) > watched })
		if c.checkpoints == 0 {
			b.Fatalf("no checkpoint in %v", watched)
		}
		w.flushes = append(w.flushes, 2*float64(c.transactions)/float64(c.checkpoints))
	})
}

func (w *wear) during(b *bench, beats *atomic.Int64, wait func()) {
	written, from := b.written(), beats.Load()
	wait()
	w.bytes = append(w.bytes, float64(b.written()-written)/float64(beats.Load()-from))
}

// beating has one workspace after the other be heard from until the end of the
// test, and counts the heartbeats.
func (b *bench) beating(ids []string, beat call) *atomic.Int64 {
	beats, start := new(atomic.Int64), time.Now()
	b.every(0, func() error {
		n := beats.Add(1)
		time.Sleep(time.Until(start.Add(heartbeat * time.Duration(n) / time.Duration(len(ids)))))
		return beat(context.Background(), ids[n%int64(len(ids))])
	})
	return beats
}

// written returns how many bytes this process has given the kernel for a disk.
func (b *bench) written() int {
	const counters, counter = "/proc/self/io", "\nwrite_bytes: "
	text, err := os.ReadFile(counters)
	if err != nil {
		b.Skip(err)
	}
	_, after, _ := strings.Cut(string(text), counter)
	digits, _, _ := strings.Cut(after, "\n")
	n, err := strconv.Atoi(digits)
	b.must(err)
	return n
}

// file returns a path in a directory of its own.
func (b *bench) file(name string) string { return filepath.Join(b.TempDir(), name) }
