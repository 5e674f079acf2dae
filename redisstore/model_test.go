package redisstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sort"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/internal/roster"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// TestChanceAgreesWithTheRoster takes steps by chance with a store and with a roster, which
// is the model of a reaper, and wants the same outcome of each.
func TestChanceAgreesWithTheRoster(t *testing.T) {
	t.Parallel()
	const runs, steps, floor = 10, 300, 150
	claims, taken := 0, 0
	for run := range runs {
		t.Run(fmt.Sprint("seed=", run), func(t *testing.T) {
			m := newModel(t, uint64(run))
			for range steps {
				m.step()
				taken++
			}
			claims += m.claims
		})
	}
	require.GreaterOrEqual(t, claims, floor, "deaths claimed")
	board.Row(t, "redisstore and internal/roster: steps by chance", board.Figures{Operations: taken, FloorOperations: runs * steps})
}

// The roster reads a clock that is a second behind that of the store.
func TestARosterThatDiffersIsFound(t *testing.T) {
	attempt.Found(t, "after\n", func(a *attempt.T) {
		for seed := range uint64(10) {
			m := newModelBehind(a, seed, time.Second)
			for range 300 {
				m.step()
			}
		}
	})
}

// usual is TTLs.Liveness of a model, keepDeaths its Options.KeepDeaths.
const (
	usual      = time.Minute
	keepDeaths = 10 * time.Minute
)

type model struct {
	t      testing.TB
	ctx    context.Context
	chance *rand.Rand
	ids    []string
	now    time.Duration
	server *miniredis.Miniredis
	store  *redisstore.Store
	roster *roster.Roster
	held   []pair
	swept  time.Time
	next   time.Duration
	base   time.Time
	claims int
	log    []string
}

// pair is one claim, as the store and as the roster made it.
type pair struct{ store, roster driver.Death }

func newModel(t testing.TB, seed uint64) *model { return newModelBehind(t, seed, 0) }

// newModelBehind returns one whose roster reads another clock.
func newModelBehind(t testing.TB, seed uint64, behind time.Duration) *model {
	base := time.UnixMilli(1_800_000_000_000)
	m := &model{t: t, ctx: context.Background(), chance: rand.New(rand.NewPCG(seed, 0)), ids: ids(8), base: base}
	ttls := store.TTLs{Liveness: usual}
	m.server, m.store = mini(t, redisstore.Options{TTLs: ttls, KeepDeaths: keepDeaths})
	m.now = time.Second
	m.server.SetTime(base.Add(m.now))
	m.roster = roster.New(roster.Config{
		Now: func() time.Duration { return m.now - behind }, Base: base, TTLs: ttls, Limit: 1000, MaxDeaths: 1000, KeepDeaths: keepDeaths,
	})
	return m
}

func (m *model) say(format string, args ...any) {
	m.log = append(m.log, fmt.Sprintf("%v ", m.now)+fmt.Sprintf(format, args...))
}

// same fails with the steps so far.
func (m *model) same(want, got any, what string) {
	m.t.Helper()
	if len(m.log) > 60 {
		m.log = m.log[len(m.log)-60:]
	}
	story := ""
	for _, line := range m.log {
		story += "\n  " + line
	}
	require.Equal(m.t, want, got, "%s, after%s", what, story)
}

func (m *model) pass(d time.Duration) {
	m.now += d
	m.server.SetTime(m.base.Add(m.now))
	m.server.FastForward(d)
}

func (m *model) step() {
	id := m.ids[m.chance.IntN(len(m.ids))]
	switch n := m.chance.IntN(100); {
	case n < 10:
		m.say("SetOnline(%s)", id)
		require.NoError(m.t, m.store.SetOnline(m.ctx, id))
		m.roster.Set(id, usual, nil)
	case n < 14:
		m.setOnlineFor(id, m.grant())
	case n < 20:
		m.refresh("RefreshTTL", id, usual, m.store.RefreshTTL(m.ctx, id))
	case n < 24:
		ttl := m.grant()
		m.refresh("RefreshFor", id, ttl, m.store.RefreshFor(m.ctx, id, ttl))
	case n < 27:
		m.say("Clear(%s)", id)
		require.NoError(m.t, m.store.Clear(m.ctx, id))
		m.roster.Remove(id, func() {})
	case n < 30:
		m.say("Expire(%s)", id)
		require.NoError(m.t, m.store.Expire(m.ctx, id))
		m.roster.Expire(id, m.now)
	case n < 58:
		for left := m.upTo(15 * time.Second); left > 0; {
			d := max(time.Millisecond, min(left, m.next))
			m.pass(d)
			m.sweep()
			left -= d
		}
	case n < 59:
		// Bounds are exact if nothing was heard since they were set.
		for _, id := range m.ids {
			if m.roster.Remaining(id) > 0 {
				m.say("SetOnline(%s)", id)
				require.NoError(m.t, m.store.SetOnline(m.ctx, id))
				m.roster.Set(id, usual, nil)
			}
		}
		m.pass(m.upTo(usual)) // after a longer time the store does not know when they died
		m.sweep()
	case n < 62:
		m.sweep()
	case n < 72:
		m.claim()
	case n < 94:
		m.hold(n)
	case n < 97:
		due := m.base.Add(m.now + m.upTo(2*usual) - usual/2).Truncate(time.Millisecond)
		recent, err := m.store.Adopt(m.ctx, 0, []string{id}, due)
		require.NoError(m.t, err)
		m.say("Adopt(%s, %v): recent %v", id, due.Sub(m.base), recent)
		m.same(m.roster.Adopt(id, due), len(recent) > 0, "recent")
	default:
		m.say("Forget(%s)", id)
		require.NoError(m.t, m.store.Forget(m.ctx, []string{id}))
		m.roster.Forget(id, func() {})
	}
	m.deaths()
	m.look()
}

// recent reports whether a workspace is or was recent. A roster does not tell
// SetOnlineFor and Withdraw of such a workspace from its return, so the model
// leaves these out.
func (m *model) recent(id string) bool {
	score, err := m.server.ZScore("ws::recent", id)
	return err == nil && score > 0
}

// grant returns a TTL for once.
func (m *model) grant() time.Duration {
	return time.Duration(1+m.chance.IntN(6)) * usual / 3
}

func (m *model) setOnlineFor(id string, ttl time.Duration) {
	if m.recent(id) {
		return
	}
	m.say("SetOnlineFor(%s, %v)", id, ttl)
	require.NoError(m.t, m.store.SetOnlineFor(m.ctx, id, ttl))
	m.roster.Set(id, ttl, nil)
}

func (m *model) refresh(name, id string, ttl time.Duration, err error) {
	m.say("%s(%s, %v): %v", name, id, ttl, err)
	m.same(m.roster.Refresh(id, ttl), err == nil, "refreshed")
}

func (m *model) upTo(most time.Duration) time.Duration {
	return time.Duration(m.chance.Int64N(most.Milliseconds())+1) * time.Millisecond
}

func (m *model) sweep() {
	o := driver.SweepOptions{Interval: 5 * time.Second, Forbidden: m.chance.IntN(5) == 0}
	switch m.chance.IntN(100) {
	case 0, 1: // a new monitor
	case 2:
		o.LastSweep = m.swept.Add(time.Second) // the last sweep is lost
	default:
		o.LastSweep = m.swept
	}
	want, err := m.roster.Sweep(m.ctx, o)
	require.NoError(m.t, err)
	got, err := m.store.Sweep(m.ctx, 0, o)
	require.NoError(m.t, err)
	m.say("Sweep: %s", m.describeSweep(got))
	m.swept, m.next = got.Now, got.Next
	m.same(m.describeSweep(want), m.describeSweep(got), "sweep")
	silent, adopted := m.fresh()
	m.same(true, silent <= got.Fresh && got.Fresh <= silent+adopted, "fresh")
}

// fresh counts the deaths that were never handed out, and those of them that were
// adopted and are due, which are fresh unless they still wait for a lease.
func (m *model) fresh() (silent, adopted int) {
	for d, err := range m.store.Deaths(m.ctx, 0) {
		require.NoError(m.t, err)
		switch {
		case d.Attempt > 0 || d.Expired:
		case !d.Adopted:
			silent++
		case !d.Deadline.After(m.base.Add(m.now)):
			adopted++
		}
	}
	return silent, adopted
}

// describeSweep leaves out Next, because the bounds of the one may be lower than
// those of the other, and counts that a roster does not have.
func (m *model) describeSweep(s driver.SweepResult) string {
	s.Next, s.Fresh, s.OldestReady = 0, 0, time.Time{}
	s.Now, s.GraceEnd, s.OldestReady = s.Now.UTC(), s.GraceEnd.UTC(), s.OldestReady.UTC()
	if s.GraceEnd.Equal(m.base) {
		s.GraceEnd = time.Time{}
	}
	sort.Strings(s.Detected)
	return fmt.Sprintf("%+v", s)
}

// deaths compares the pending deaths.
func (m *model) deaths() {
	var want, got []string
	for d := range m.roster.Deaths() {
		want = append(want, describe(d.Death, d.Phase, d.Until))
	}
	for d, err := range m.store.Deaths(m.ctx, 0) {
		require.NoError(m.t, err)
		got = append(got, describe(d.Death, d.Phase, d.Until))
	}
	sort.Strings(want)
	sort.Strings(got)
	m.same(want, got, "deaths")
	m.say("Deaths: %q", got)
}

func describe(d driver.Death, phase driver.Phase, until time.Time) string {
	return fmt.Sprintf("%s %v attempt %d adopted %t expired %t since %v %s %v",
		d.ID, d.Deadline.UnixMilli(), d.Attempt, d.Adopted, d.Expired, d.Since.UnixMilli(), phase, until.UnixMilli())
}

func (m *model) look() {
	got, err := m.store.Look(m.ctx, m.ids)
	require.NoError(m.t, err)
	for i, id := range m.ids {
		if m.recent(id) {
			continue
		}
		m.same(m.roster.Look(id), got[i], "Look "+id)
	}
}

// claim claims all that can be claimed, so that the order does not matter.
func (m *model) claim() {
	o := driver.ClaimOptions{Max: 100, Lease: m.upTo(time.Minute), Expired: m.chance.IntN(4) == 0}
	if m.chance.IntN(3) == 0 {
		o.Before = m.base.Add(m.now - m.upTo(2*time.Minute))
	}
	want, err := m.roster.Claim(m.ctx, o)
	require.NoError(m.t, err)
	got, err := m.store.Claim(m.ctx, 0, o)
	require.NoError(m.t, err)
	m.say("Claim(%+v): %v", o, got)
	byID := map[string]driver.Death{}
	for _, d := range want {
		byID[d.ID] = d
	}
	m.same(len(want), len(got), "claimed")
	for _, d := range got {
		m.same(describe(byID[d.ID], "", time.Time{}), describe(d, "", time.Time{}), "claim")
		m.held = append(m.held, pair{d, byID[d.ID]})
		m.claims++
	}
}

// hold does something with a death that was claimed once.
func (m *model) hold(n int) {
	if len(m.held) == 0 {
		return
	}
	recent := m.held[max(0, len(m.held)-12):]
	d := recent[m.chance.IntN(len(recent))]
	var want, got any
	var err error
	switch n % 8 {
	case 0, 5, 6:
		m.say("Begin(%s, %d)", d.roster.ID, d.roster.Token)
		want = m.roster.Begin(d.roster, func() {})
		got, err = m.store.Begin(m.ctx, d.store)
	case 1:
		m.say("Acknowledge(%s, %d)", d.roster.ID, d.roster.Token)
		want = m.roster.Acknowledge(d.roster)
		got, err = m.store.Acknowledge(m.ctx, d.store)
	case 2:
		after := time.Duration(m.chance.IntN(20)) * time.Second
		m.say("Release(%s, %d, %v)", d.roster.ID, d.roster.Token, after)
		want = m.roster.Release(d.roster, after)
		got, err = m.store.Release(m.ctx, d.store, after)
	case 3, 7:
		lease := m.upTo(time.Minute)
		m.say("Extend(%s, %d, %v)", d.roster.ID, d.roster.Token, lease)
		want, err = m.roster.Extend(m.ctx, []driver.Death{d.roster}, lease)
		require.NoError(m.t, err)
		got, err = m.store.Extend(m.ctx, []driver.Death{d.store}, lease)
	case 4:
		if m.recent(d.store.ID) {
			return
		}
		m.say("Withdraw(%s, %d)", d.roster.ID, d.roster.Token)
		_, want = m.roster.Withdraw(d.roster, m.now+usual)
		got, err = m.store.Withdraw(m.ctx, d.store)
	}
	require.NoError(m.t, err)
	m.same(want, got, "held")
}
