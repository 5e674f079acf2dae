package bolt

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/internal/clock"
	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/store"
)

// A process writes to a file and is killed, again and again. An operation that was
// acknowledged is there when the file is opened again. No deadline is early by more
// than the heartbeats of the last checkpoint interval, less that interval; for a
// workspace that is heard from all the time that is nothing. None is late by more
// than the interval.
const (
	leastAcked  = 200  // operations acknowledged, by each process that is killed
	leastByKind = 500  // and of each kind
	leastExact  = 1000 // deadlines that had to be there as promised last

	writers      = 8
	idsPerWriter = 4

	lifetime   = time.Hour
	checkpoint = 400 * time.Millisecond

	// A deadline is rounded up by up to 16 ms, and read off a clock twice.
	grain = 30 * time.Millisecond
)

func openBolt(path string) (*boltstore.Store, error) {
	return boltstore.Open(path, boltstore.Options{
		TTLs:        store.TTLs{Liveness: lifetime, URL: lifetime},
		Checkpoint:  checkpoint,
		LockTimeout: 10 * time.Second,
	})
}

// now is the time since boot, which a process and the one that kills it share.
func now(t testing.TB) time.Duration {
	_, since, ok := clock.System().Boot()
	require.True(t, ok, "this system does not tell the time since boot")
	return since
}

func TestWriterIsKilled(t *testing.T) {
	if path := os.Getenv(kit.VictimFile); path != "" {
		write(t, path)
		return
	}
	kit.InRealTime(t, writerIsKilled)
}

func TestAWriterThatLiesIsFoundOut(t *testing.T) {
	kit.FoundOut(t, "TestWriterIsKilled", "want", writerIsKilled)
}

func writerIsKilled(t testing.TB) {
	kills := 100
	if kit.Full() {
		kills = 2000
	}
	path := filepath.Join(t.TempDir(), "edge.db")
	l := ledger{t: t, of: make(map[string]*account), acked: make(map[string]int)}
	for range kills {
		v := kit.StartVictim(t, path)
		require.True(t, v.Lines.Scan(), "the process said nothing")
		v.KillAfter(50*time.Millisecond + rand.N(500*time.Millisecond))
		l.listen(v)
		killed := now(t)
		s, err := openBolt(path)
		require.NoError(t, err)
		l.compare(s, killed)
		require.NoError(t, s.Close())
	}
	require.GreaterOrEqual(t, l.exact, leastExact)
	total := 0
	for op, n := range l.acked {
		require.GreaterOrEqual(t, n, leastByKind, op)
		total += n
	}
	require.GreaterOrEqual(t, total, kills*leastAcked)
	board.Row(t, "a process that writes a file is killed", board.Figures{
		Operations: total, Faults: kills, FloorOperations: kills * leastAcked, FloorFaults: kills,
	})
	t.Logf("%d kills, %d operations acknowledged: %v; %d deadlines had to be as promised last, %d may have missed heartbeats",
		kills, total, l.acked, l.exact, l.weaker)
}

// write is the victim: each of its writers does one thing after another to
// workspaces of its own, and says so before and after.
func write(t testing.TB, path string) {
	s, err := openBolt(path)
	require.NoError(t, err)
	out := kit.VictimOutput()
	fmt.Fprintln(out, "ready")
	ctx := context.Background()
	say := func(id, op, url string, do func() error) {
		from := now(t)
		fmt.Fprintf(out, "> %s %s %s %d\n", id, op, url, from)
		if kit.Lie() {
			do = func() error { return nil }
		}
		if err := do(); err != nil {
			t.Errorf("%s %s: %v", op, id, err)
			return
		}
		fmt.Fprintf(out, "< %s %s %s %d\n", id, op, url, now(t))
	}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range idsPerWriter { // the online are heard from anew
				id := fmt.Sprintf("workspace-%d-%d", w, i)
				if online, _ := s.IsOnline(ctx, id); online {
					say(id, "SetOnline", "-", func() error { return s.SetOnline(ctx, id) })
				}
			}
			for n := 0; !t.Failed(); n++ {
				for i := range idsPerWriter { // all are heard from all the time
					id := fmt.Sprintf("workspace-%d-%d", w, i)
					if online, _ := s.IsOnline(ctx, id); online {
						say(id, "RefreshTTL", "-", func() error { return s.RefreshTTL(ctx, id) })
					}
				}
				id := fmt.Sprintf("workspace-%d-%d", w, rand.IntN(idsPerWriter))
				url := fmt.Sprintf("http://%s:%d", id, n)
				switch rand.IntN(4) {
				case 0:
					say(id, "Clear", "-", func() error { return s.Clear(ctx, id) })
				case 1:
					say(id, "CacheURL", url, func() error { return s.CacheURL(ctx, id, url) })
				case 2:
					say(id, "CacheInternalURL", url, func() error { return s.CacheInternalURL(ctx, id, url) })
				default:
					say(id, "SetOnline", "-", func() error { return s.SetOnline(ctx, id) })
				}
			}
		})
	}
	wg.Wait()
}
