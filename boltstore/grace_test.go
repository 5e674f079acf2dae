package boltstore

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store"
)

// A store is watched for a while, ends in some way, and is opened again.
func TestOpeningBeginsAGrace(t *testing.T) {
	const (
		beat = lifetime / 6
		none = 0
	)
	year := 365 * 24 * time.Hour
	for name, c := range map[string]struct {
		before machine
		watch  time.Duration // 0: no sweeps
		do     func(t *testing.T, s *Store, path string)
		ends   func(*testing.T, *Store, string) string
		after  machine
		off    time.Duration
		beat   time.Duration
		grace  time.Duration
	}{
		"a short time away needs none":                                 {machine{boot: "1"}, 6 * lifetime, nil, closed, machine{boot: "1"}, 2 * time.Second, 0, none},
		"a time away, and one heartbeat":                               {machine{boot: "1"}, 6 * lifetime, nil, closed, machine{boot: "1"}, 20 * time.Second, 0, 20*time.Second + beat},
		"the heartbeat that was configured":                            {machine{boot: "1"}, 6 * lifetime, nil, closed, machine{boot: "1"}, 20 * time.Second, time.Minute, 80 * time.Second},
		"a long time away is one TTL":                                  {machine{boot: "1"}, 6 * lifetime, nil, closed, machine{boot: "1"}, 8 * time.Hour, 0, lifetime},
		"a year away is one TTL":                                       {machine{boot: "1"}, 6 * lifetime, nil, closed, machine{boot: "2"}, year, 0, lifetime},
		"there was never a sweep":                                      {machine{boot: "1"}, 0, nil, closed, machine{boot: "1"}, time.Second, 0, lifetime},
		"a crash is a gap since the last tick that a checkpoint wrote": {machine{boot: "1"}, 6 * lifetime, nil, crashed, machine{boot: "1"}, 20 * time.Second, 0, 21*time.Second + beat},
		"another boot, by the wall clock":                              {machine{boot: "1"}, 6 * lifetime, nil, closed, machine{boot: "2"}, 20 * time.Second, 0, 20*time.Second + beat},
		"another boot, and a clock ahead":                              {machine{boot: "1"}, 6 * lifetime, nil, closed, machine{boot: "2", step: time.Hour}, 20 * time.Second, 0, lifetime},
		"another boot, and a clock behind":                             {machine{boot: "1"}, 6 * lifetime, nil, closed, machine{boot: "2", step: -time.Hour}, 20 * time.Second, 0, lifetime},
		"another boot, and a clock in 1970":                            {machine{boot: "1"}, 6 * lifetime, nil, closed, machine{boot: "2", step: -30 * year}, 20 * time.Second, 0, lifetime},
		"a clock that leaves 1970":                                     {machine{boot: "1", step: -30 * year}, 6 * lifetime, nil, closed, machine{boot: "2"}, 20 * time.Second, 0, lifetime},
		"within a boot a clock ahead is not asked":                     {machine{boot: "1"}, 6 * lifetime, nil, closed, machine{boot: "1", step: time.Hour}, 20 * time.Second, 0, 20*time.Second + beat},
		"within a boot a clock behind is not asked":                    {machine{boot: "1"}, 6 * lifetime, nil, closed, machine{boot: "1", step: -time.Hour}, 20 * time.Second, 0, 20*time.Second + beat},
		"a grace goes on after a short time away":                      {machine{boot: "1"}, 90 * time.Second, nil, closed, machine{boot: "1"}, 2 * time.Second, 0, 88 * time.Second},
		"a grace is longer by the time away":                           {machine{boot: "1"}, 90 * time.Second, nil, closed, machine{boot: "1"}, 10 * time.Second, 0, 90 * time.Second},
		"the data was lost": {machine{boot: "1"}, 6 * lifetime, nil, func(t *testing.T, s *Store, path string) string {
			require.NoError(t, s.Close())
			require.NoError(t, os.Truncate(path, 100))
			return path
		}, machine{boot: "1"}, time.Second, 0, lifetime},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := newPath(t)
				m := c.before
				o := Options{OnCorrupt: CorruptSetAside, TTLs: store.TTLs{Heartbeat: c.beat}}
				s := m.box(t, path, o)
				for range c.watch / beat {
					_, err := store.Heartbeat(context.Background(), s, "a")
					require.NoError(t, err)
					watch(t, s, beat)
				}
				if c.do != nil {
					c.do(t, s, path)
				}
				path = c.ends(t, s, path)
				time.Sleep(c.off)
				m = c.after
				s = m.box(t, path, o)
				found := sweep(t, s)
				require.Equal(t, c.grace, max(0, found.GraceEnd.Sub(found.Now)).Round(10*time.Millisecond))
			})
		})
	}
}

func TestStepsOfTheWallClockReportNoDeathEarly(t *testing.T) {
	for _, step := range []time.Duration{time.Hour, -time.Hour, -30 * 365 * 24 * time.Hour} {
		t.Run(fmt.Sprint("step=", step), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := newPath(t)
				var mu sync.Mutex
				var ahead time.Duration
				c := (&machine{boot: "1"}).clock()
				c.Wall = func() time.Time {
					mu.Lock()
					defer mu.Unlock()
					return time.Now().Add(ahead)
				}
				stepClock := func() {
					mu.Lock()
					defer mu.Unlock()
					ahead += step
				}
				s := boxWith(t, path, Options{}, host{clock: c})
				watch(t, s, 2*lifetime)
				require.NoError(t, s.SetOnline(context.Background(), "a"))
				died := time.Now().Add(lifetime)

				watch(t, s, 50*time.Second)
				stepClock()
				before := watch(t, s, 10*time.Second)
				require.NoError(t, s.Close())
				stepClock()
				time.Sleep(2 * time.Second)
				s = boxWith(t, path, Options{}, host{clock: c})
				after := sweep(t, s)
				require.False(t, after.Now.Before(before.Now), "the clock of the store steps back")
				require.False(t, after.Now.Before(after.GraceEnd))
				for time.Now().Before(died) {
					require.Empty(t, sweep(t, s).Detected)
					require.Empty(t, claim(t, s, 1))
					time.Sleep(time.Second)
				}
				time.Sleep(unit)
				require.Equal(t, []string{"a"}, sweep(t, s).Detected)
				require.Equal(t, []string{"a"}, idsOf(claim(t, s, 1)))
			})
		})
	}
}

// A box is rebooted every minute, with a clock that is behind each time.
func TestNoWorkspaceGainsLifeByRebooting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := newPath(t)
		s := (&machine{boot: "0"}).box(t, path, Options{})
		require.NoError(t, s.SetOnline(context.Background(), "a"))
		open := time.Duration(0)
		ends := slices.Repeat([]func(*testing.T, *Store, string) string{closed, crashed}, 10)
		for i, end := range ends {
			watch(t, s, time.Minute)
			open += time.Minute
			path = end(t, s, path)
			m := machine{boot: fmt.Sprint(i), step: -time.Duration(i+1) * 24 * time.Hour}
			s = m.box(t, path, Options{})
			found := sweep(t, s)
			if found.Online == 0 {
				require.GreaterOrEqual(t, open, lifetime-time.Minute)
				require.Equal(t, []string{"a"}, found.Detected)
				break
			}
			// One checkpoint for the crash, and what each crash forgot of the time.
			require.Less(t, open, lifetime+time.Minute)
		}
		require.False(t, online(t, s, "a"))
		watchOutGrace(t, s)
		require.Equal(t, []string{"a"}, idsOf(claim(t, s, 1)))
	})
}
