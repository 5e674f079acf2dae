package peers

import (
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/tidwall/buntdb"

	"github.com/molecule-ai/liveness/benchmarks/peers/goals"
	"github.com/molecule-ai/liveness/boltstore"
)

func (b *bench) newBolt(path string, checkpoint time.Duration, ids []string) *boltstore.Store {
	s, err := boltstore.Open(path, boltstore.Options{TTLs: lifetimes(), Checkpoint: checkpoint})
	b.must(err)
	b.closing(s)
	b.setOnline(s, ids)
	return s
}

// boltHeartbeat has every side forget at most one second of heartbeats when the
// power is cut.
func boltHeartbeat(b *bench) {
	const (
		checkpoints = 5 // at least in each window
		window      = (checkpoints + 1) * time.Second
	)
	ids, path := workspaces(large), b.file("liveness.db")
	ours, bunt := b.newBolt(path, time.Second, ids), newBunt(b, b.file("bunt.db"), ids)
	var before uint64
	b.hold(contest{
		backend: "bbolt", op: "heartbeat", load: load{callers: 64, ids: ids, window: window},
		ours: side{
			do:      ours.RefreshTTL,
			prepare: func() { before = b.transaction(path) },
			finish: func() {
				if n := b.transaction(path) - before; n < checkpoints {
					b.Fatalf("%d transactions in %v of heartbeats, want %d checkpoints", n, window, checkpoints)
				}
			},
		},
		rivals: []rival{
			against("our memory backend", b.newMemory(ids).RefreshTTL, goals.AtLeast(0.15)),
			against("buntdb EverySecond", bunt.refresh, goals.AtLeast(10)),
			against("badger, a sync each second", newBadger(b, false, ids).refresh, goals.AtLeast(10)),
			against("SQLite NORMAL", newSQLite(b, "NORMAL", ids).refresh, goals.AtLeast(10)),
		},
	})
}

func boltSetOnline(b *bench) {
	ids := workspaces(large)
	ours, naive := b.newBolt(b.file("liveness.db"), 0, ids), newNaive(b, ids)
	badger, sqlite := newBadger(b, true, ids), newSQLite(b, "FULL", ids)
	for _, at := range []struct {
		callers int
		update  float64
	}{{1, 0.95}, {64, 10}, {256, 20}} {
		c := contest{
			backend: "bbolt", op: "setonline", ours: side{do: ours.SetOnline},
			load:   load{callers: at.callers, ids: ids, window: time.Second},
			rivals: []rival{against("bbolt Update", naive.update, goals.AtLeast(at.update))},
		}
		if at.callers > 1 {
			c.rivals = append(c.rivals,
				against("bbolt Batch", naive.batch, goals.AtLeast(2.5)),
				against("badger SyncWrites", badger.setOnline, goals.AtLeast(4)),
				against("SQLite FULL", sqlite.setOnline, goals.AtLeast(4)))
		}
		b.hold(c)
	}
}

func boltIsOnline(b *bench) {
	ids := workspaces(large)
	b.hold(contest{
		backend: "bbolt", op: "isonline", load: load{callers: 64, ids: ids, window: moment},
		ours: side{do: isOnline(b.newBolt(b.file("liveness.db"), 0, ids))},
		rivals: []rival{
			against("our memory backend", isOnline(b.newMemory(ids)), goals.AtMost(1.5)),
			against("bbolt View", newNaive(b, ids).view, goals.AtLeast(5)),
		},
	})
}

// boltOpen times how long it takes until a closed store is there again.
func boltOpen(b *bench) {
	ids, path, buntPath := workspaces(large), b.file("liveness.db"), b.file("bunt.db")
	b.must(b.newBolt(path, 0, ids).Close())
	b.must(newBunt(b, buntPath, ids).db.Close())
	var ours, theirs []float64
	for range b.rounds {
		ours = append(ours, b.opening(func() (io.Closer, error) { return boltstore.Open(path, boltstore.Options{}) }))
		theirs = append(theirs, b.opening(func() (io.Closer, error) { return buntdb.Open(buntPath) }))
	}
	b.compare(goals.Result{Backend: "bbolt", Op: "open", Load: fmt.Sprint("n=", large), Unit: "× buntdb", Goal: goals.AtMost(0.5)}, ours, theirs, nanoseconds)
}

func (b *bench) opening(open func() (io.Closer, error)) float64 {
	runtime.GC()
	began := time.Now()
	opened, err := open()
	took := time.Since(began)
	b.must(err)
	b.must(opened.Close())
	return float64(took)
}
