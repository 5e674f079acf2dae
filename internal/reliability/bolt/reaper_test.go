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
	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// A process in which workspaces die all the time handles some of the deaths,
// and is killed, again and again. The next process is handed every death
// that was not acknowledged, and no other.
const (
	reaperKills       = 40
	leastAcknowledged = 1000 // deaths, by the processes that were killed
	leastRedelivered  = 500  // deaths that they left behind

	shortLife = 50 * time.Millisecond
	longLease = time.Minute
)

func TestReaperIsKilled(t *testing.T) {
	if path := os.Getenv(kit.VictimFile); path != "" {
		dieAndReap(t, path)
		return
	}
	kit.InRealTime(t, reaperIsKilled)
}

func TestAReaperThatLiesIsFoundOut(t *testing.T) {
	kit.FoundOut(t, "TestReaperIsKilled", "is handed out all the same", reaperIsKilled)
}

func reaperIsKilled(t testing.TB) {
	path := filepath.Join(t.TempDir(), "edge.db")
	g := &graveyard{t: t, state: make(map[string]string)}
	for range reaperKills {
		v := kit.StartVictim(t, path)
		require.True(t, v.Lines.Scan(), "the process said nothing")
		v.KillAfter(200*time.Millisecond + rand.N(200*time.Millisecond))
		g.listen(v)
		s := openDying(t, path)
		g.collect(s)
		require.NoError(t, s.Close())
	}
	require.GreaterOrEqual(t, g.acknowledged, leastAcknowledged)
	require.GreaterOrEqual(t, g.redelivered, leastRedelivered)
	board.Row(t, "a process that handles deaths of a file is killed", board.Figures{
		Operations: g.acknowledged + g.redelivered, Faults: reaperKills, FloorOperations: leastAcknowledged + leastRedelivered, FloorFaults: reaperKills,
	})
	t.Logf("%d kills, %d deaths acknowledged before them, %d handed out after: none lost, none of the others",
		reaperKills, g.acknowledged, g.redelivered)
}

func openDying(t testing.TB, path string) *boltstore.Store {
	s, err := boltstore.Open(path, boltstore.Options{
		TTLs:        store.TTLs{Liveness: shortLife},
		Checkpoint:  20 * time.Millisecond,
		LockTimeout: 10 * time.Second,
	})
	require.NoError(t, err)
	return s
}

// reap sweeps and returns what can be claimed.
func reap(t testing.TB, s *boltstore.Store) (driver.SweepResult, []driver.Death) {
	ctx := context.Background()
	sweep, err := s.Sweep(ctx, 0, driver.SweepOptions{Interval: 10 * time.Millisecond})
	require.NoError(t, err)
	deaths, err := s.Claim(ctx, 0, driver.ClaimOptions{Max: 1000, Lease: longLease})
	require.NoError(t, err)
	return sweep, deaths
}

// dieAndReap is the victim: it sets workspaces online that are never heard from
// again, and acknowledges two of three deaths. It announces each step, and
// says when it is done.
func dieAndReap(t testing.TB, path string) {
	const setters, acknowledgers = 4, 8
	s := openDying(t, path)
	ctx := context.Background()
	out := kit.VictimOutput()
	fmt.Fprintln(out, "ready")
	deaths := make(chan driver.Death)
	var wg sync.WaitGroup
	for w := range setters {
		wg.Go(func() {
			for n := 0; !t.Failed(); n++ {
				id := fmt.Sprintf("workspace-%d-%d-%d", os.Getpid(), w, n)
				fmt.Fprintf(out, "%s %s 0\n", setting, id)
				if err := s.SetOnline(ctx, id); err != nil {
					t.Error(err)
				}
				fmt.Fprintf(out, "%s %s 0\n", wasSet, id)
				time.Sleep(2 * time.Millisecond)
			}
		})
	}
	for range acknowledgers {
		wg.Go(func() {
			for d := range deaths {
				fmt.Fprintf(out, "%s %s %d\n", acknowledging, d.ID, d.Token)
				if kit.Lie() {
					fmt.Fprintf(out, "%s %s %d\n", wasDone, d.ID, d.Token)
					continue
				}
				if did, err := s.Acknowledge(ctx, d); err != nil || !did {
					t.Errorf("Acknowledge %s: %v, %v", d.ID, did, err)
				}
				fmt.Fprintf(out, "%s %s %d\n", wasDone, d.ID, d.Token)
			}
		})
	}
	for !t.Failed() {
		_, claimed := reap(t, s)
		for _, d := range claimed {
			if d.Token%3 > 0 {
				deaths <- d
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	close(deaths)
	wg.Wait()
}

// graveyard knows the workspaces of all victims.
type graveyard struct {
	t            testing.TB
	state        map[string]string // the last word about each, or owed
	token        int64             // the last one
	acknowledged int
	redelivered  int
}

// What the victim says, and what follows from it.
const (
	setting       = "setting"
	wasSet        = "was-set" // owed: no acknowledgement has begun
	acknowledging = "acknowledging"
	wasDone       = "was-acknowledged"
)

// listen takes note of all that a process says until it is dead.
func (g *graveyard) listen(v *kit.Victim) {
	for v.Lines.Scan() {
		var said, id string
		var token int64
		if _, err := fmt.Sscan(v.Lines.Text(), &said, &id, &token); err != nil {
			g.t.Fatalf("the process said %q", v.Lines.Text())
		}
		if said == wasSet && g.state[id] != setting {
			continue // it is dead already
		}
		g.state[id] = said
		g.token = max(g.token, token)
		if said == wasDone {
			g.acknowledged++
		}
	}
	require.NoError(g.t, v.Lines.Err())
	v.Kill()
}

// collect claims all deaths until no workspace is left to die, and
// acknowledges half of them.
func (g *graveyard) collect(s *boltstore.Store) {
	got := make(map[string]bool)
	before := g.token
	for sweep, claimed := reap(g.t, s); ; sweep, claimed = reap(g.t, s) {
		for _, d := range claimed {
			require.Greater(g.t, d.Token, before, "the token of %s does not grow", d.ID)
			require.Contains(g.t, []string{setting, wasSet, acknowledging}, g.state[d.ID], "%s is handed out all the same", d.ID)
			require.False(g.t, got[d.ID], "%s is handed out twice", d.ID)
			got[d.ID] = true
			g.token = d.Token
			g.redelivered++
			g.state[d.ID] = wasSet
		}
		for _, d := range claimed[:len(claimed)/2] {
			did, err := s.Acknowledge(context.Background(), d)
			require.NoError(g.t, err)
			require.True(g.t, did)
			g.state[d.ID] = wasDone
		}
		if sweep.Online == 0 && !sweep.Now.Before(sweep.GraceEnd) && len(claimed) == 0 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	for id, state := range g.state {
		switch {
		case got[id] || state == wasDone:
		case state == wasSet:
			g.t.Fatalf("the death of %s was lost", id)
		default: // it was never set, or it was acknowledged, just before the kill
			g.state[id] = wasDone
		}
	}
}
