package roster

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

const (
	ttl   = store.DefaultLivenessTTL
	lease = 10 * time.Second
	keep  = time.Hour
)

// hand is a clock that is moved by hand.
type hand struct{ now time.Duration }

func (h *hand) read() time.Duration { return h.now }

func newRoster(limit int) (*Roster, *hand) {
	h := &hand{now: time.Hour}
	return New(Config{Now: h.read, Base: time.Unix(0, 0), Limit: limit, MaxDeaths: limit, KeepDeaths: keep}), h
}

// fleet is a roster with a monitor that sweeps it every second.
type fleet struct {
	*Roster
	t     *testing.T
	clock *hand
	swept time.Time

	lessKept time.Duration // time that counted already
}

// newFleet returns a roster whose first grace is over.
func newFleet(t *testing.T) *fleet {
	r, clock := newRoster(1000)
	f := &fleet{Roster: r, t: t, clock: clock}
	f.pass(ttl)
	return f
}

func (f *fleet) sweep(o driver.SweepOptions) driver.SweepResult {
	f.t.Helper()
	o.Interval, o.LastSweep = time.Second, f.swept
	found, err := f.Sweep(f.t.Context(), o)
	require.NoError(f.t, err)
	f.swept = found.Now
	f.agree(found)
	return found
}

// agree checks that the counts are those of the records.
func (f *fleet) agree(found driver.SweepResult) {
	f.t.Helper()
	var ready, fresh, leased, delayed int
	oldest := never
	for _, x := range f.records() {
		isLeased := x.leaseEnd > f.clock.now || x.pinned != 0
		switch {
		case isLeased:
			leased++
		case !x.pending || !x.detected:
		case x.readyFrom > f.clock.now:
			delayed++
		default:
			ready++
			oldest = min(oldest, x.readyFrom)
		}
		if x.pending && x.detected && x.Attempt == 0 && !x.Expired && (!x.Adopted || x.fresh) {
			fresh++
		}
		if x.pending && x.detected {
			assert.NotZero(f.t, x.keepEnd)
		}
	}
	assert.Equal(f.t, []int{ready, fresh, leased, delayed},
		[]int{found.Ready, found.Fresh, found.Leased, found.Delayed}, "ready, fresh, leased, delayed")
	if oldest == never {
		assert.Zero(f.t, found.OldestReady)
	} else {
		assert.Equal(f.t, f.at(oldest), found.OldestReady)
	}
}

// pass lets time pass while the monitor sweeps, and returns the last sweep.
func (f *fleet) pass(long time.Duration) driver.SweepResult {
	f.t.Helper()
	return f.passWith(long, driver.SweepOptions{})
}

func (f *fleet) passWith(long time.Duration, o driver.SweepOptions) driver.SweepResult {
	f.t.Helper()
	f.sweep(o)
	for end := f.clock.now + long; f.clock.now < end; f.sweep(o) {
		f.clock.now += min(time.Second, end-f.clock.now)
	}
	return f.sweep(o)
}

// die lets workspaces live and fall silent until they are dead.
func (f *fleet) die(ids ...string) driver.SweepResult {
	f.t.Helper()
	for _, id := range ids {
		require.NotNil(f.t, f.Set(id, time.Minute, nil))
	}
	return f.pass(time.Minute)
}

// claim leases everything that is ready.
func (f *fleet) claim() []driver.Death {
	return f.Claim(driver.ClaimOptions{Max: 100, Lease: lease})
}

func (f *fleet) claimOne() driver.Death {
	f.t.Helper()
	deaths := f.claim()
	require.Len(f.t, deaths, 1)
	return deaths[0]
}

// dead returns the leased death of a workspace.
func (f *fleet) dead(id string) driver.Death {
	f.t.Helper()
	f.die(id)
	d := f.claimOne()
	require.Equal(f.t, id, d.ID)
	return d
}

// Claim, Extend, Count and Reap are those of the roster, done in full.
func (f *fleet) Claim(o driver.ClaimOptions) []driver.Death {
	f.t.Helper()
	claimed, err := f.Roster.Claim(f.t.Context(), o)
	require.NoError(f.t, err)
	return claimed
}

func (f *fleet) Extend(leased []driver.Death, lease time.Duration) []driver.Standing {
	f.t.Helper()
	standings, err := f.Roster.Extend(f.t.Context(), leased, lease)
	require.NoError(f.t, err)
	return standings
}

func (f *fleet) Count() int { return countOf(f.Roster) }

func (f *fleet) Reap() bool { return reap(f.Roster) }

func countOf(r *Roster) int {
	online, _ := r.Count(func(int) bool { return true })
	return online
}

// reap reports whether there was a death.
func reap(r *Roster) bool {
	before := r.lifeCount.Load()
	return r.Reap(func(int) bool { return true }) && r.lifeCount.Load() < before
}

func (f *fleet) begin(d driver.Death) driver.Standing { return f.Begin(d, func() {}) }

func (f *fleet) handOut(d driver.Death) driver.Death {
	f.t.Helper()
	require.Equal(f.t, driver.Held, f.begin(d))
	return d
}

func idsOf(deaths []driver.Death) (ids []string) {
	for _, d := range deaths {
		ids = append(ids, d.ID)
	}
	return ids
}

func (f *fleet) time() time.Time { return f.at(f.clock.now) }

func (f *fleet) pending() []driver.Pending { return slices.Collect(f.Deaths()) }

func (f *fleet) records() (all []*record) {
	for i := range f.deaths.parts {
		all = slices.AppendSeq(all, maps.Values(f.deaths.parts[i].byID))
	}
	return all
}
