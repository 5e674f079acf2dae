package driver_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func TestTraitsHaveDefaults(t *testing.T) {
	assert.Equal(t, store.DefaultLivenessTTL, driver.Traits{}.Liveness())
	assert.Equal(t, 30*time.Second, driver.Traits{}.Heartbeat())
	set := driver.Traits{TTLs: store.TTLs{Liveness: time.Minute, Heartbeat: 5 * time.Second}}
	assert.Equal(t, time.Minute, set.Liveness())
	assert.Equal(t, 5*time.Second, set.Heartbeat())
}

func TestPatience(t *testing.T) {
	for _, test := range []struct {
		name                     string
		ttl, heartbeat, interval time.Duration
		want                     time.Duration
	}{
		{"is three seconds for short intervals", 3 * time.Minute, 0, time.Second / 2, 3 * time.Second},
		{"is three intervals", 3 * time.Minute, 0, 10 * time.Second, 30 * time.Second},
		{"is at most half a TTL", 3 * time.Minute, 0, time.Hour, 90 * time.Second},
		{"is at most half a TTL below three seconds", 2 * time.Second, 0, time.Millisecond, time.Second},
		{"leaves room for two heartbeats", 3 * time.Minute, time.Minute, time.Hour, time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			traits := driver.Traits{TTLs: store.TTLs{Liveness: test.ttl, Heartbeat: test.heartbeat}}
			assert.Equal(t, test.want, traits.Patience(test.interval))
		})
	}
}

func TestGraceEnd(t *testing.T) {
	const ttl, heartbeat, patience = 3 * time.Minute, 30 * time.Second, 3 * time.Second
	traits := driver.Traits{}
	now := time.Unix(1_000_000, 0)
	in := func(d time.Duration) time.Time { return now.Add(d) }
	for _, test := range []struct {
		name      string
		last, end time.Time
		seen      time.Time
		want      time.Time
	}{
		{"is one TTL from now without a tick", time.Time{}, time.Time{}, time.Time{}, in(ttl)},
		{"is one TTL from now if the last tick lies in the future", in(1), time.Time{}, time.Time{}, in(ttl)},
		{"is one TTL from now if a monitor has seen a later tick", in(-1), time.Time{}, now, in(ttl)},
		{"stays as it is without a gap", in(-patience), in(time.Second), in(-patience), in(time.Second)},
		{"stays in the past without a gap", in(-patience), in(-time.Hour), in(-patience), in(-time.Hour)},
		{"is the gap and a heartbeat from now", in(-time.Minute), in(-time.Hour), time.Time{}, in(time.Minute + heartbeat)},
		{"is one TTL from now after a long gap", in(-time.Hour), time.Time{}, time.Time{}, in(ttl)},
		{"moves by a gap during the grace", in(-30 * time.Second), in(30 * time.Second), time.Time{}, in(time.Minute)},
		{"leaves room for a heartbeat after a gap during the grace", in(-time.Minute), in(-59 * time.Second), time.Time{}, in(patience + heartbeat)},
		{"moves to one TTL from now at most", in(-time.Minute), in(ttl - time.Second), time.Time{}, in(ttl)},
		{"is one TTL from now at most though a later one was kept", in(-1), in(time.Hour), time.Time{}, in(ttl)},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := driver.SweepOptions{Interval: time.Second, LastSweep: test.seen}
			assert.Equal(t, test.want, traits.GraceEnd(o, now, test.last, test.end))
		})
	}
}
