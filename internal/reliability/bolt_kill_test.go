package reliability

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/internal/clock"
	"github.com/molecule-ai/liveness/store"
)

// A process writes to a file and is killed, again and again. What it was told
// to be done is there when the file is opened again. No deadline is early by more
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

func TestBoltWriterIsKilled(t *testing.T) {
	if path := os.Getenv(victimFile); path != "" {
		write(t, path)
		return
	}
	inRealTime(t, boltWriterIsKilled)
}

func TestAWriterThatLiesIsFoundOut(t *testing.T) {
	foundOut(t, "TestBoltWriterIsKilled", "want", boltWriterIsKilled)
}

func boltWriterIsKilled(t testing.TB) {
	kills := 100
	if full() {
		kills = 2000
	}
	path := filepath.Join(t.TempDir(), "edge.db")
	l := ledger{t: t, of: make(map[string]*account), acked: make(map[string]int)}
	for range kills {
		v := startVictim(t, path)
		require.True(t, v.Lines.Scan(), "the process said nothing")
		time.AfterFunc(50*time.Millisecond+rand.N(500*time.Millisecond), func() { v.cmd.Process.Kill() })
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
	out := mouth()
	fmt.Fprintln(out, "ready")
	ctx := context.Background()
	say := func(id, op, url string, do func() error) {
		from := now(t)
		fmt.Fprintf(out, "> %s %s %s %d\n", id, op, url, from)
		if lie() {
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
			for i := range idsPerWriter { // who was online is heard from anew
				id := fmt.Sprintf("workspace-%d-%d", w, i)
				if online, _ := s.IsOnline(ctx, id); online {
					say(id, "SetOnline", "-", func() error { return s.SetOnline(ctx, id) })
				}
			}
			for n := 0; !t.Failed(); n++ {
				for i := range idsPerWriter { // everybody is heard from all the time
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

// ledger is what a store must say.
type ledger struct {
	t             testing.TB
	of            map[string]*account
	acked         map[string]int
	last          time.Duration // when the process was heard from
	exact, weaker int           // deadlines, by what was asked of them
}

// account is what is known of one workspace: what was acknowledged, and what
// may have been done besides.
type account struct {
	state
	maybe   *operation
	durable time.Duration // the deadline is in the file, or a later one
	beats   []beat        // since then
}

// beat is a deadline promised at some time by a heartbeat.
type beat struct{ at, deadline time.Duration }

type state struct {
	online        bool
	from, to      time.Duration // the deadline lies between
	url, internal string
}

type operation struct {
	op, url string
	began   time.Duration
}

// after returns the state once the operation is done, at some time until end.
func (o *operation) after(s state, end time.Duration) state {
	switch o.op {
	case "SetOnline", "RefreshTTL":
		s.online, s.from, s.to = true, o.began+lifetime, end+lifetime
	case "CacheURL":
		s.url = o.url
	case "CacheInternalURL":
		s.internal = o.url
	case "Clear":
		s = state{}
	}
	return s
}

// listen takes note of all that a process says until it is dead.
func (l *ledger) listen(v *victim) {
	for v.Lines.Scan() {
		var said, id string
		var o operation
		if _, err := fmt.Sscan(v.Lines.Text(), &said, &id, &o.op, &o.url, &o.began); err != nil {
			l.t.Fatalf("the process said %q", v.Lines.Text())
		}
		a := l.of[id]
		if a == nil {
			a = &account{}
			l.of[id] = a
		}
		if said == ">" {
			a.maybe = &o
			continue
		}
		a.state, a.maybe = a.maybe.after(a.state, o.began), nil
		switch o.op {
		case "SetOnline":
			a.durable, a.beats = a.from, nil
		case "RefreshTTL":
			a.beats = append(a.beats, beat{o.began, a.from})
		}
		l.acked[o.op]++
		l.last = o.began
	}
	require.NoError(l.t, v.Lines.Err())
	v.kill()
}

// compare asks the store about everybody, and goes on from what it says.
func (l *ledger) compare(s *boltstore.Store, killed time.Duration) {
	require.NotEmpty(l.t, l.of)
	for id, a := range l.of {
		got := l.look(s, id)
		l.allowForCrash(a)
		allowed := []state{a.state}
		if a.maybe != nil {
			allowed = append(allowed, a.maybe.after(a.state, killed))
		}
		var why []string
		for _, want := range allowed {
			if w := l.differs(want, got); w != "" {
				why = append(why, w)
			}
		}
		require.Less(l.t, len(why), len(allowed), "%s: %s", id, strings.Join(why, "; "))
		l.of[id] = &account{state: got, durable: got.from}
	}
}

// allowForCrash lowers what is asked of a deadline to what a checkpoint wrote
// and one interval more.
func (l *ledger) allowForCrash(a *account) {
	if !a.online {
		return
	}
	for _, b := range a.beats {
		if b.at <= l.last-checkpoint {
			a.durable = b.deadline
		}
	}
	if a.from <= a.durable+checkpoint {
		l.exact++
		return
	}
	l.weaker++
	a.from = a.durable + checkpoint
}

func (l *ledger) look(s *boltstore.Store, id string) (got state) {
	ctx := context.Background()
	before := now(l.t)
	status, err := s.Lookup(ctx, id)
	if err == nil {
		got.online, got.from, got.to = true, before+status.Remaining, now(l.t)+status.Remaining
	} else {
		require.ErrorIs(l.t, err, store.ErrNotFound)
	}
	if got.url, err = s.GetCachedURL(ctx, id); err != nil {
		require.ErrorIs(l.t, err, store.ErrNotFound)
	}
	if got.internal, err = s.GetCachedInternalURL(ctx, id); err != nil {
		require.ErrorIs(l.t, err, store.ErrNotFound)
	}
	return got
}

// differs returns how what the store says is not what it should, or "".
func (l *ledger) differs(want, got state) string {
	switch {
	case got.online != want.online:
		return fmt.Sprintf("online is %v, want %v", got.online, want.online)
	case got.url != want.url:
		return fmt.Sprintf("the URL is %q, want %q", got.url, want.url)
	case got.internal != want.internal:
		return fmt.Sprintf("the internal URL is %q, want %q", got.internal, want.internal)
	case !want.online:
		return ""
	case got.from < want.from-grain:
		return fmt.Sprintf("the deadline is %v early", want.from-got.from)
	case got.to > want.to+checkpoint+grain:
		return fmt.Sprintf("the deadline is %v late", got.to-want.to)
	}
	return ""
}
