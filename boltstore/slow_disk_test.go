//go:build !race

package boltstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/store"
)

// full reports whether tests take the time that the real sizes need.
func full() bool { return os.Getenv("LIVENESS_FULL") == "1" }

// slowDisk is a disk whose sync takes long. It knows until when the workspaces of a
// fleet are online by what is on it.
type slowDisk struct {
	sync   time.Duration
	fleet  []string
	before func() // a transaction, which is the latest moment at which a crash finds the one before

	mu       sync.Mutex
	onDisk   []time.Duration // deadlines of the fleet
	commits  int
	db       *bbolt.DB
	slots    []uint32 // of the fleet in that
	disabled bool
}

// update is a transaction of two syncs: its data, and that it is the last.
func (d *slowDisk) update(db *bbolt.DB, fill func(*bbolt.Tx) error) error {
	d.mu.Lock()
	fast := d.disabled
	d.mu.Unlock()
	if fast {
		return db.Update(fill)
	}
	time.Sleep(2 * d.sync)
	if d.before != nil {
		d.before()
	}
	if err := db.Update(fill); err != nil {
		return err
	}
	return d.look(db)
}

// look reads the deadlines of the fleet.
func (d *slowDisk) look(db *bbolt.DB) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.commits++
	return db.View(func(tx *bbolt.Tx) error {
		if d.db != db { // the first, or one that a compaction made
			d.db, d.slots = db, nil
			for _, id := range d.fleet {
				content, err := unseal(ids, []byte(id), tx.Bucket(ids.name()).Get([]byte(id)))
				if err != nil {
					return fmt.Errorf("%s: %w", id, err)
				}
				n, _, err := decodeSlot(content)
				if err != nil {
					return err
				}
				d.slots = append(d.slots, n)
			}
		}
		pages := make(map[uint32][]slot)
		d.onDisk = d.onDisk[:0]
		for _, n := range d.slots {
			p := n / slotsPerBlock
			if pages[p] == nil {
				content, err := unseal(deadlines, blockKey(p), tx.Bucket(deadlines.name()).Get(blockKey(p)))
				if err != nil {
					return err
				}
				pages[p] = make([]slot, slotsPerBlock)
				if err := decodeBlock(content, pages[p]); err != nil {
					return err
				}
			}
			d.onDisk = append(d.onDisk, pages[p][n%slotsPerBlock].until)
		}
		return nil
	})
}

func (d *slowDisk) disable(is bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.disabled = is
}

// beats are the last heartbeats of each workspace of a fleet.
type beats struct {
	mu   sync.Mutex
	last [][]time.Time
}

func (b *beats) heard(from, to int, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := from; i < to; i++ {
		const kept = 4
		b.last[i] = append(b.last[i], at)
		b.last[i] = b.last[i][max(0, len(b.last[i])-kept):]
	}
}

// until returns the last heartbeat of a workspace at a time or before.
func (b *beats) until(i int, at time.Time) (last time.Time) {
	for _, heard := range b.last[i] {
		if !heard.After(at) {
			last = heard
		}
	}
	return last
}

// A fleet is heard from while other workspaces register, die and are dropped, are
// cleared by the thousand, and while all URLs are over at once, on a disk whose sync
// takes 100 ms. At no moment does a crash find a deadline that moved more than
// Options.Checkpoint ago missing in the file.
//
// It fails if data that is over is removed before deadlines are written, or if a
// checkpoint begins when it should be done.
func TestACrashAtAnyMomentOnASlowDiskForgetsOneCheckpointOfHeartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { crashesOnASlowDisk(t, 0) })
}

func TestACheckpointThatComesLateIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attempt.Found(t, "the last heartbeat of", func(a *attempt.T) { crashesOnASlowDisk(a, 15*time.Second) })
	})
}

// crashesOnASlowDisk tells the story, of a store with another Options.Checkpoint if it is given.
func crashesOnASlowDisk(t testing.TB, every time.Duration) {
	const (
		n          = 10_000
		flush      = 100 * time.Millisecond
		beat       = lifetime / 6
		parts      = 100 // the fleet is heard from in so many
		checkpoint = 10 * time.Second
	)
	long, leastMoments, leastOpened := store.DefaultURLTTL+2*time.Minute, 1500, 15
	if full() {
		long, leastMoments, leastOpened = 4*store.DefaultURLTTL, 5000, 50
	}
	ctx, cancel := context.WithCancel(context.Background())
	path := newPath(t)
	list := names(n)
	d := &slowDisk{sync: flush, fleet: list, disabled: true}
	s := boxWith(t, path, Options{Checkpoint: every, KeepDeaths: time.Minute}, host{update: d.update})
	began := time.Now()
	file := func(at time.Time) time.Duration { return s.memory.roster.Now() - time.Since(at) } // on the timeline of the file
	side(t, list, func(id string) error { return s.Register(ctx, id, someURL, someURL) })
	b := &beats{last: make([][]time.Time, n)}
	b.heard(0, n, began)

	moments, opened, early := 0, 0, time.Duration(0)
	d.before = func() {
		if d.onDisk == nil || t.Failed() {
			return
		}
		moments++
		b.mu.Lock()
		defer b.mu.Unlock()
		const stride = 7 // others at each moment
		for i := moments % stride; i < n; i += stride {
			until := d.onDisk[i]
			must := b.until(i, time.Now().Add(-checkpoint))
			if missing := file(must) + lifetime - until; missing > 0 {
				t.Errorf("after %v the last heartbeat of %s in the file is that of %v ago, before that of %v ago",
					time.Since(began), list[i], time.Since(must)+missing, time.Since(must))
			}
			last := b.last[i][len(b.last[i])-1]
			early = max(early, file(last)+lifetime-until-checkpoint)
		}
		if rand.IntN(50) > 0 {
			return
		}
		opened++
		crashed := box(t, powerCut(t, path), Options{})
		for i := 0; i < n; i += n / 50 {
			must := b.until(i, time.Now().Add(-checkpoint))
			left := time.Until(must.Add(lifetime)) + checkpoint
			require.GreaterOrEqual(t, remaining(t, crashed, list[i]), min(left, time.Until(b.last[i][len(b.last[i])-1].Add(lifetime))))
		}
		require.NoError(t, crashed.Close())
	}
	d.disable(false)

	var others sync.WaitGroup
	side := func(do func(i int)) {
		others.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				do(i)
			}
		})
	}
	for c := range 2 { // a call always waits
		side(func(i int) {
			s.Register(ctx, fmt.Sprintf("visitor-%d-%d", c, i), someURL, "")
		})
	}
	side(func(i int) {
		many := names(2000)
		for i := range many {
			many[i] = "cleared-" + many[i]
		}
		s.ClearMany(ctx, many)
	})
	side(func(i int) {
		from := i % parts * (n / parts)
		time.Sleep(beat / parts)
		refreshed, err := s.RefreshMany(ctx, list[from:from+n/parts])
		if ctx.Err() == nil {
			require.NoError(t, err)
			require.NotContains(t, refreshed, false)
		}
		b.heard(from, from+n/parts, time.Now())
	})
	for time.Since(began) < long && !t.Failed() {
		time.Sleep(time.Second)
	}
	cancel()
	d.disable(true)
	others.Wait()
	require.NoError(t, s.Close())
	require.GreaterOrEqual(t, moments, leastMoments)
	require.GreaterOrEqual(t, opened, leastOpened)
	board.Row(t, "a slow disk: crashes at any moment", board.Figures{
		Operations: moments, Faults: opened, FloorOperations: leastMoments, FloorFaults: leastOpened,
	})
	forgotten := 0
	s.memory.public.mu.RLock()
	for _, id := range list {
		if _, held := s.memory.public.byID[id]; !held {
			forgotten++
		}
	}
	s.memory.public.mu.RUnlock()
	require.NotZero(t, forgotten)
	require.Less(t, early, beat, "early by as much as the time between two heartbeats")
	require.NotZero(t, s.memory.roster.State().Dropped)
	t.Logf("%d moments, %d of them opened, %d URLs removed, %d deaths dropped: no heartbeat older than %v is missing; none is early by more than %v",
		moments, opened, forgotten, s.memory.roster.State().Dropped, checkpoint, early)
}

// Close ends while thousands of URLs are being removed. It waits for the transaction
// that is under way, writes the last checkpoint, and is done two syncs later.
func TestCloseWaitsForNothingThatIsBeingForgottenOnASlowDisk(t *testing.T) {
	const n, sync, transaction = 2000, 100 * time.Millisecond, 2 * 100 * time.Millisecond
	for range 40 {
		synctest.Test(t, func(t *testing.T) {
			ctx := context.Background()
			list := names(n)
			d := &slowDisk{sync: sync, fleet: list, disabled: true}
			s := boxWith(t, newPath(t), Options{}, host{update: d.update})
			side(t, list, func(id string) error { return s.Register(ctx, id, someURL, someURL) })
			side(t, slices.Clone(list), func(id string) error { return s.SetOnlineFor(ctx, id, time.Hour) })
			d.disable(false)
			time.Sleep(store.DefaultURLTTL + rand.N(20*time.Second))
			_, err := s.RefreshMany(ctx, list)
			require.NoError(t, err)
			began := time.Now()
			require.NoError(t, s.Close())
			const underWay, last, twoSyncs = transaction, transaction, 2 * sync
			require.LessOrEqual(t, time.Since(began), underWay+last+twoSyncs)
		})
	}
}

// Another caller has 270,000 workspaces cleared.
//
// It fails if a batch waits in the queue as a whole.
func TestABatchDelaysOthersByOneTransactionOnASlowDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const cleared, transaction = 270_000, 200 * time.Millisecond
		ctx := context.Background()
		d := &slowDisk{sync: transaction / 2}
		s := boxWith(t, newPath(t), Options{}, host{update: d.update})
		done := make(chan error, 1)
		go func() { done <- s.ClearMany(ctx, names(cleared)) }()
		time.Sleep(transaction / 2)
		for i := range 20 {
			began := time.Now()
			require.NoError(t, s.SetOnline(ctx, fmt.Sprint("other-", i)))
			require.LessOrEqual(t, time.Since(began), 2*transaction)
			time.Sleep(rand.N(transaction))
		}
		require.Empty(t, done)
		hasty, cancel := context.WithTimeout(ctx, 7*transaction/2)
		defer cancel()
		began := time.Now()
		require.ErrorIs(t, s.Forget(hasty, names(cleared)), context.DeadlineExceeded)
		require.Equal(t, 7*transaction/2, time.Since(began))
		began = time.Now()
		require.NoError(t, s.Close())
		require.LessOrEqual(t, time.Since(began), 4*transaction)
		require.ErrorIs(t, <-done, store.ErrClosed)
	})
}
