package redisstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// Whichever key of the index is lost, the living stay online and their later deaths are
// found, and what is listed as a death can be claimed.
func TestALostKeyOfTheIndexHeals(t *testing.T) {
	for layout, keys := range map[redisstore.Layout][]string{
		redisstore.LayoutFlat:   {"deadlines", "ready", "leased", "delayed", "fresh", "recent", "info"},
		redisstore.LayoutTagged: {"deadlines", "info"}, // those that the search minds
	} {
		for _, lost := range keys {
			t.Run(layout.String()+"/"+lost, func(t *testing.T) {
				t.Parallel()
				newDamaged(t, layout).loses(lost)
			})
		}
	}
}

// damaged is a store whose index is damaged while a monitor sweeps it.
type damaged struct {
	*redisstore.Store
	t       *testing.T
	ctx     context.Context
	lose    func(key string) int // returns how many there were
	living  []string
	last    []driver.SweepResult // by shard
	handled map[string]bool
}

func newDamaged(t *testing.T, layout redisstore.Layout) *damaged {
	const ttl = 2 * time.Second
	ctx := context.Background()
	server, s := realServer(t, redisstore.Options{Layout: layout, TTLs: store.TTLs{Liveness: ttl, Heartbeat: ttl / 6}})
	d := &damaged{Store: s, t: t, ctx: ctx, last: make([]driver.SweepResult, s.Traits().Shards), handled: make(map[string]bool)}
	c := server.Client(t)
	d.lose = func(key string) int {
		keys, err := c.Keys(ctx, "ws::*"+key).Result()
		require.NoError(t, err)
		for _, k := range keys {
			require.NoError(t, c.Del(ctx, k).Err())
		}
		return len(keys)
	}
	return d
}

func (d *damaged) loses(key string) {
	d.living = ids(5)
	d.online(d.living...)
	d.until("the grace does not end", func() bool {
		return d.sum(func(r driver.SweepResult) int { return int(max(0, r.GraceEnd.Sub(r.Now))) }) == 0
	})

	dying := []string{"dying-1", "dying-2", "dying-3", "dying-4", "dying-5", "dying-6", "dying-7", "dying-8", "dying-9"}
	d.online(dying...)
	for _, id := range dying {
		require.NoError(d.t, d.Expire(d.ctx, id))
	}
	for i, death := range d.take(6) { // the others stay ready
		var err error
		switch i % 3 {
		case 0: // stays leased
		case 1:
			_, err = d.Release(d.ctx, death, time.Second)
		case 2:
			_, err = d.Begin(d.ctx, death)
		}
		require.NoError(d.t, err)
	}
	require.Positive(d.t, d.lose(key), "there is no such key")

	d.until("a death is listed that cannot be claimed", func() bool { return d.handle() == 0 })
	if key != "info" { // which alone says what is a death
		require.Len(d.t, d.handled, len(dying), "a death was lost")
	}
	d.until("those who live are not counted", func() bool {
		return d.sum(func(r driver.SweepResult) int { return r.Online }) == len(d.living)
	})
	d.until("deaths are counted that are none", func() bool {
		return d.sum(func(r driver.SweepResult) int { return r.Ready + r.Leased + r.Delayed + r.Fresh }) == 0
	})

	silent := d.living[0]
	d.living = d.living[1:]
	d.until("a later death is not found", func() bool {
		d.handle()
		return d.handled[silent]
	})
}

func (d *damaged) online(all ...string) {
	for _, id := range all {
		require.NoError(d.t, d.SetOnline(d.ctx, id))
	}
}

// until lets time pass, in which the living are heard from and all shards are swept,
// until something is done.
func (d *damaged) until(failed string, done func() bool) {
	d.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		for _, id := range d.living {
			registered, err := store.Heartbeat(d.ctx, d, id)
			require.NoError(d.t, err)
			require.False(d.t, registered, "%s was taken for dead", id)
		}
		_, err := d.Discover(d.ctx, time.Second)
		require.NoError(d.t, err)
		for shard := range d.last {
			d.last[shard], err = d.Sweep(d.ctx, shard, driver.SweepOptions{Interval: 100 * time.Millisecond, LastSweep: d.last[shard].Now})
			require.NoError(d.t, err)
		}
		if done() {
			return
		}
		require.True(d.t, time.Now().Before(end), failed)
	}
}

// take claims so many deaths at most.
func (d *damaged) take(n int) (all []driver.Death) {
	for shard := range d.last {
		if len(all) == n {
			break
		}
		deaths, err := d.Claim(d.ctx, shard, driver.ClaimOptions{Max: n - len(all), Lease: time.Second})
		require.NoError(d.t, err)
		all = append(all, deaths...)
	}
	return all
}

// handle handles what can be claimed, and returns how many deaths are listed then.
func (d *damaged) handle() (listed int) {
	for _, death := range d.take(20) {
		require.NotContains(d.t, d.living, death.ID)
		_, err := d.Begin(d.ctx, death)
		require.NoError(d.t, err)
		held, err := d.Acknowledge(d.ctx, death)
		require.NoError(d.t, err)
		d.handled[death.ID] = d.handled[death.ID] || held
	}
	for shard := range d.last {
		for _, err := range d.Deaths(d.ctx, shard) {
			require.NoError(d.t, err)
			listed++
		}
	}
	return listed
}

func (d *damaged) sum(of func(driver.SweepResult) int) (n int) {
	for _, r := range d.last {
		n += of(r)
	}
	return n
}
