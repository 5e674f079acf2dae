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

	"github.com/molecule-ai/liveness/internal/roster"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

// TestModel takes steps by chance with a store and with a roster, which is the
// model of a reaper, and wants the same outcome of each.
func TestModel(t *testing.T) {
	const runs, steps, floor = 12, 400, 250
	claims := 0
	for run := range runs {
		t.Run(fmt.Sprint("seed=", run), func(t *testing.T) {
			m := newModel(t, uint64(run))
			for range steps {
				m.step()
			}
			claims += m.claims
		})
	}
	require.GreaterOrEqual(t, claims, floor, "deaths handed out")
}

// longest is the TTL of the first workspace that each model has: what is late
// depends on the longest there was.
const longest = 90 * time.Second

type model struct {
	t      *testing.T
	ctx    context.Context
	chance *rand.Rand
	ids    []string
	ttls   map[string]time.Duration // as each was last granted
	now    time.Duration
	server *miniredis.Miniredis
	store  *redisstore.Store
	roster *roster.Roster
	held   []pair
	seen   time.Time
	next   time.Duration
	base   time.Time
	claims int
	log    []string
}

// pair is one claim, as the store and as the roster made it.
type pair struct{ store, roster store.Death }

func newModel(t *testing.T, seed uint64) *model {
	base := time.UnixMilli(1_800_000_000_000)
	m := &model{t: t, ctx: context.Background(), chance: rand.New(rand.NewPCG(seed, 0)), ids: ids(8), ttls: map[string]time.Duration{}, base: base}
	ttls := store.TTLs{Liveness: time.Minute, For: func(id string) time.Duration { return m.ttls[id] }}
	const keep = 10 * time.Minute
	m.server, m.store = mini(t, redisstore.Options{TTLs: ttls, KeepDeaths: keep})
	m.now = time.Second
	m.server.SetTime(base.Add(m.now))
	m.roster = roster.New(roster.Config{
		Now: func() time.Duration { return m.now }, Base: base, TTLs: ttls, Limit: 1000, KeepDeaths: keep,
	})
	m.setOnline(m.ids[0], longest)
	return m
}

func (m *model) say(format string, args ...any) {
	m.log = append(m.log, fmt.Sprintf("%v ", m.now)+fmt.Sprintf(format, args...))
}

// same fails with the steps so far.
func (m *model) same(want, got any, what string) {
	m.t.Helper()
	if len(m.log) > 40 {
		m.log = m.log[len(m.log)-40:]
	}
	story := ""
	for _, line := range m.log {
		story += "\n  " + line
	}
	require.Equal(m.t, want, got, "%s, after%s", what, story)
}

func (m *model) ttl(id string) time.Duration {
	if ttl := m.ttls[id]; ttl > 0 {
		return ttl
	}
	return time.Minute
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
		m.setOnline(id, time.Duration(1+m.chance.IntN(3))*longest/3)
	case n < 20:
		m.say("RefreshTTL(%s)", id)
		m.same(m.roster.Extend(id, m.ttl(id)), m.store.RefreshTTL(m.ctx, id) == nil, "refreshed")
	case n < 25:
		m.say("Clear(%s)", id)
		require.NoError(m.t, m.store.Clear(m.ctx, id))
		m.roster.Remove(id, func() {})
	case n < 55:
		for left := m.upTo(15 * time.Second); left > 0; {
			d := max(time.Millisecond, min(left, m.next))
			m.pass(d)
			m.sweep()
			left -= d
		}
	case n < 57:
		// Bounds are exact if nobody was heard from since they were set.
		for _, id := range m.ids {
			if m.roster.Remaining(id) > 0 {
				m.setOnline(id, time.Duration(1+m.chance.IntN(3))*longest/3)
			}
		}
		m.pass(m.upTo(6 * time.Minute))
		m.sweep()
	case n < 65:
		m.sweep()
	case n < 78:
		m.claim()
	case n < 95:
		m.settle(n)
	case n < 98:
		m.say("Adopt(%s)", id)
		require.NoError(m.t, m.store.Adopt(m.ctx, 0, []string{id}))
		m.roster.Adopt(id)
	default:
		m.say("Disown(%s)", id)
		require.NoError(m.t, m.store.Disown(m.ctx, []string{id}))
		m.roster.Disown(id, func() {})
	}
}

func (m *model) upTo(most time.Duration) time.Duration {
	return time.Duration(m.chance.Int64N(most.Milliseconds())+1) * time.Millisecond
}

func (m *model) setOnline(id string, ttl time.Duration) {
	m.ttls[id] = ttl
	m.say("SetOnline(%s) for %v", id, m.ttls[id])
	require.NoError(m.t, m.store.SetOnline(m.ctx, id))
	m.roster.Set(id, m.ttl(id))
}

func (m *model) sweep() {
	w := store.Watch{Interval: 5 * time.Second}
	switch m.chance.IntN(100) {
	case 0, 1, 2, 3: // a new monitor
	case 4:
		w.Seen = m.seen.Add(time.Second) // the last sweep is lost
	default:
		w.Seen = m.seen
	}
	want, err := m.roster.Sweep(m.ctx, w)
	require.NoError(m.t, err)
	got, err := m.store.Sweep(m.ctx, 0, w)
	require.NoError(m.t, err)
	m.say("Sweep: %+v", got)
	m.seen, m.next = got.Now, got.Next
	want.Next, got.Next = 0, 0 // the bounds of the one may be lower than those of the other
	sort.Strings(want.Found)
	sort.Strings(got.Found)
	if want.GraceEnd.Equal(m.base) {
		want.GraceEnd = time.Time{}
	}
	m.same(fmt.Sprintf("%+v", utc(want)), fmt.Sprintf("%+v", utc(got)), "sweep")
	m.deaths()
}

func utc(s store.Sweep) store.Sweep {
	s.Now, s.GraceEnd = s.Now.UTC(), s.GraceEnd.UTC()
	return s
}

// deaths compares the unacknowledged deaths.
func (m *model) deaths() {
	var want, got []string
	for d := range m.roster.Deaths() {
		want = append(want, describe(d))
	}
	for d, err := range m.store.Deaths(m.ctx, 0) {
		require.NoError(m.t, err)
		got = append(got, describe(d))
	}
	sort.Strings(want)
	sort.Strings(got)
	m.same(want, got, "deaths")
}

func describe(d store.Death) string {
	return fmt.Sprintf("%s %v attempt %d adopted %t", d.ID, d.Deadline.UnixMilli(), d.Attempt, d.Adopted)
}

// claim takes all that can be handed out, so that the order does not matter.
func (m *model) claim() {
	q := store.Quota{Most: 100, Lease: 30 * time.Second, Random: m.chance.IntN(2) == 0}
	want := m.roster.Claim(q)
	got, err := m.store.Claim(m.ctx, 0, q)
	require.NoError(m.t, err)
	m.say("Claim: %d", len(got))
	byID := map[string]store.Death{}
	for _, d := range want {
		byID[d.ID] = d
	}
	m.same(len(want), len(got), "claimed")
	for _, d := range got {
		m.same(describe(byID[d.ID]), describe(d), "claim")
		m.held = append(m.held, pair{d, byID[d.ID]})
		m.claims++
	}
}

// settle does something with a death that was claimed once.
func (m *model) settle(n int) {
	if len(m.held) == 0 {
		return
	}
	d := m.held[m.chance.IntN(len(m.held))]
	var want, got bool
	var err error
	switch n % 3 {
	case 0:
		m.say("Acknowledge(%s, %d)", d.roster.ID, d.roster.Token)
		want = m.roster.Acknowledge(d.roster, func() {})
		got, err = m.store.Acknowledge(m.ctx, d.store)
	case 1:
		m.say("PutBack(%s, %d)", d.roster.ID, d.roster.Token)
		after := time.Duration(m.chance.IntN(20)) * time.Second
		want = m.roster.PutBack(d.roster, after)
		got, err = m.store.PutBack(m.ctx, d.store, after)
	case 2:
		m.say("Extend(%s, %d)", d.roster.ID, d.roster.Token)
		want = m.roster.Renew([]store.Death{d.roster}, 30*time.Second)[0]
		var still []bool
		still, err = m.store.Extend(m.ctx, []store.Death{d.store}, 30*time.Second)
		got = still[0]
	}
	require.NoError(m.t, err)
	m.same(want, got, "held")
}
