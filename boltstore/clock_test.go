package boltstore

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A workspace is set online for 180 s. Its store ends after 60 s, and is
// opened 30 s later, while the clocks do what they do.
func TestClock(t *testing.T) {
	type ending func(t *testing.T, s *Store, path string) string
	closed := func(t *testing.T, s *Store, path string) string {
		require.NoError(t, s.Close())
		return path
	}
	crashed := func(t *testing.T, s *Store, path string) string {
		defer s.Close()
		return powerCut(t, path)
	}
	const offline = 0
	for name, c := range map[string]struct {
		before machine
		ends   ending
		after  machine
		left   time.Duration
	}{
		"the time away counts":                                         {machine{boot: "1"}, closed, machine{boot: "1"}, 90 * time.Second},
		"within a boot a wall clock ahead is not asked":                {machine{boot: "1"}, closed, machine{boot: "1", step: time.Hour}, 90 * time.Second},
		"within a boot a wall clock behind is not asked":               {machine{boot: "1"}, closed, machine{boot: "1", step: -time.Hour}, 90 * time.Second},
		"after another boot the wall clock counts":                     {machine{boot: "1"}, closed, machine{boot: "2"}, 90 * time.Second},
		"after another boot a clock behind adds nothing":               {machine{boot: "1"}, closed, machine{boot: "2", step: -time.Hour}, 120 * time.Second},
		"after another boot a clock in 1970 adds nothing":              {machine{boot: "1"}, closed, machine{boot: "2", step: -30 * 365 * 24 * time.Hour}, 120 * time.Second},
		"after another boot a clock ahead shows it offline":            {machine{boot: "1"}, closed, machine{boot: "2", step: time.Hour}, offline},
		"without a boot id the wall clock counts":                      {machine{}, closed, machine{}, 90 * time.Second},
		"a clock that leaves 1970 shows it offline":                    {machine{boot: "1", step: -30 * 365 * 24 * time.Hour}, closed, machine{boot: "2"}, offline},
		"a crash adds one checkpoint":                                  {machine{boot: "1"}, crashed, machine{boot: "1"}, 100 * time.Second},
		"a crash with another boot adds one checkpoint":                {machine{boot: "1"}, crashed, machine{boot: "2"}, 100 * time.Second},
		"a crash and a clock behind add one checkpoint to what it was": {machine{boot: "1"}, crashed, machine{boot: "2", step: -time.Hour}, 130600 * time.Millisecond}, // at the checkpoint after 59.4 s
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := newPath(t)
				m := c.before
				s := m.box(t, path, Options{})
				require.NoError(t, s.SetOnline(context.Background(), "a"))
				time.Sleep(60 * time.Second)
				path = c.ends(t, s, path)
				time.Sleep(30 * time.Second)
				m = c.after
				s = m.box(t, path, Options{})
				if c.left == offline {
					require.False(t, online(t, s, "a"))
					return
				}
				left := remaining(t, s, "a")
				require.GreaterOrEqual(t, left, c.left)
				require.LessOrEqual(t, left, c.left+unit)
			})
		})
	}
}

// life is one workspace under fake time with checkpoints of 10 s.
type life struct {
	t    *testing.T
	path string
	s    *Store
}

func newLife(t *testing.T) *life {
	l := &life{t: t, path: newPath(t)}
	l.open()
	require.NoError(t, l.s.SetOnline(context.Background(), "a"))
	return l
}

func (l *life) open()  { l.s = box(l.t, l.path, Options{}) }
func (l *life) close() { require.NoError(l.t, l.s.Close()) }
func (l *life) beat()  { require.NoError(l.t, l.s.RefreshTTL(context.Background(), "a")) }

func (l *life) crash() {
	left := powerCut(l.t, l.path)
	l.s.Close()
	l.path = left
}

func (l *life) has(left time.Duration) {
	l.t.Helper()
	got := remaining(l.t, l.s, "a")
	require.GreaterOrEqual(l.t, got, left)
	require.LessOrEqual(l.t, got, left+unit)
}

func TestCrashes(t *testing.T) {
	for name, story := range map[string]func(l *life){
		"a second crash adds nothing": func(l *life) {
			l.crash()
			l.open()
			l.has(190 * time.Second)
			l.crash()
			l.open()
			l.has(190 * time.Second)
		},
		"a second crash after a checkpoint adds nothing": func(l *life) {
			l.crash()
			l.open()
			time.Sleep(30 * time.Second)
			l.crash()
			l.open()
			l.has(160 * time.Second)
		},
		"what a crash added outlives a close": func(l *life) {
			l.crash()
			l.open()
			l.close()
			l.open()
			l.has(190 * time.Second)
			l.crash()
			l.open()
			l.has(190 * time.Second)
		},
		"a heartbeat makes up for what a crash added": func(l *life) {
			l.crash()
			l.open()
			l.beat()
			l.has(180 * time.Second)
			l.close()
			l.open()
			l.has(180 * time.Second)
		},
		"after a heartbeat another crash adds again": func(l *life) {
			l.crash()
			l.open()
			l.beat()
			time.Sleep(20 * time.Second)
			l.crash()
			l.open()
			l.has(170 * time.Second)
		},
		"a heartbeat since the checkpoint is made up for": func(l *life) {
			time.Sleep(12 * time.Second)
			l.beat()
			l.crash()
			l.open()
			require.GreaterOrEqual(l.t, remaining(l.t, l.s, "a"), 178*time.Second)
		},
		"the dead stay dead": func(l *life) {
			time.Sleep(190 * time.Second)
			l.crash()
			l.open()
			require.False(l.t, online(l.t, l.s, "a"))
		},
		"the dead that a checkpoint wrote get nothing added": func(l *life) {
			time.Sleep(188500 * time.Millisecond)
			l.crash()
			l.open()
			require.False(l.t, online(l.t, l.s, "a"))
		},
		"what a crash added ends too": func(l *life) {
			l.crash()
			l.open()
			time.Sleep(190*time.Second + unit)
			require.False(l.t, online(l.t, l.s, "a"))
			l.crash()
			l.open()
			require.False(l.t, online(l.t, l.s, "a"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { story(newLife(t)) })
		})
	}
}

func TestTheClockIsSetWhileTheStoreIsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := newPath(t)
		var set atomic.Bool
		c := (&machine{boot: "1"}).clock()
		c.Wall = func() time.Time {
			if !set.Load() {
				return time.Unix(0, 0)
			}
			return time.Now()
		}
		s := boxWith(t, path, Options{}, host{clock: c})
		require.NoError(t, s.SetOnline(context.Background(), "a"))
		set.Store(true)
		time.Sleep(60 * time.Second)
		require.Equal(t, 120*time.Second, remaining(t, s, "a"))
		require.NoError(t, s.Close())
		s = (&machine{boot: "2"}).box(t, path, Options{})
		require.InDelta(t, 120*time.Second, remaining(t, s, "a"), float64(unit))
	})
}
