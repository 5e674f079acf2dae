package boltstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/monitor"
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
		watch  time.Duration // 0: nobody watches
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
		"nobody has ever watched":                                      {machine{boot: "1"}, 0, nil, closed, machine{boot: "1"}, time.Second, 0, lifetime},
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
		"the adopted are asked for again": {machine{boot: "1"}, 6 * lifetime, func(t *testing.T, s *Store, path string) {
			require.NoError(t, s.Adopt(context.Background(), 0, []string{"adopted"}))
		}, closed, machine{boot: "1"}, time.Second, 0, lifetime},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := newPath(t)
				m := c.before
				o := Options{OnCorrupt: SetAside, TTLs: store.TTLs{Heartbeat: c.beat}, seams: seams{clock: m.clock()}}
				s := box(t, path, o)
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
				s = box(t, path, o)
				found := sweep(t, s)
				require.Equal(t, c.grace, max(0, found.GraceEnd.Sub(found.Now)).Round(10*time.Millisecond))
			})
		})
	}
}

// site is a fleet that is heard from every 30 s while the store is open, and a
// monitor that reports who is not.
type site struct {
	t       *testing.T
	path    string
	machine machine
	alive   []string
	s       *Store
	stop    context.CancelFunc
	done    sync.WaitGroup
	fails   bool // the handler does

	mu       sync.Mutex
	reported []string
	first    time.Time
}

func newSite(t *testing.T, alive []string) *site {
	w := &site{t: t, path: newPath(t), machine: machine{boot: "1"}, alive: alive}
	w.open()
	setAll(t, w.s, alive)
	return w
}

func (w *site) open() {
	const beat = lifetime / 6
	w.reported, w.first = nil, time.Time{}
	m := w.machine // as it is now
	w.s = box(w.t, w.path, Options{seams: seams{clock: m.clock()}})
	ctx, stop := context.WithCancel(context.Background())
	w.stop = stop
	for i, id := range w.alive {
		wait := beat * time.Duration(i+1) / time.Duration(len(w.alive)) // since the store was opened
		w.done.Go(func() {
			for ctx.Err() == nil {
				select {
				case <-ctx.Done():
					return
				case <-time.After(wait):
				}
				if _, err := store.Heartbeat(ctx, w.s, id); err != nil && ctx.Err() == nil {
					w.t.Error(err)
				}
				wait = beat
			}
		})
	}
	watching, err := monitor.New(w.s, monitor.Config{})
	require.NoError(w.t, err)
	w.done.Go(func() {
		if err := watching.Run(ctx, w.handle); err != nil {
			w.t.Error(err)
		}
	})
}

func (w *site) handle(_ context.Context, d monitor.Death) error {
	if w.fails {
		return errors.New("nobody answers")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.reported) == 0 {
		w.first = time.Now()
	}
	w.reported = append(w.reported, d.ID)
	return nil
}

// powerOff cuts the power for so long, and the machine boots as another one.
func (w *site) powerOff(off time.Duration, m machine) {
	left := powerCut(w.t, w.path)
	w.stop()
	w.done.Wait()
	w.s.Close()
	w.path = left
	time.Sleep(off)
	w.machine = m
}

func (w *site) close() {
	w.stop()
	w.done.Wait()
	require.NoError(w.t, w.s.Close())
}

// silence makes some of the fleet silent from the next opening on.
func (w *site) silence(n int) (silent []string) {
	silent, w.alive = w.alive[:n:n], w.alive[n:]
	return silent
}

func TestAfterALongPowerOffExactlyTheSilentAreReported(t *testing.T) {
	for name, m := range map[string]machine{
		"the clock is right":  {boot: "2"},
		"the clock is ahead":  {boot: "2", step: time.Hour},
		"the clock is behind": {boot: "2", step: -31 * time.Hour},
		"it is 1970":          {boot: "2", step: -30 * 365 * 24 * time.Hour},
		"no boot id":          {},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const off = 30 * time.Hour // more than deaths are kept
				w := newSite(t, names(100))
				w.fails = true
				time.Sleep(3 * lifetime)
				unhandled := w.silence(3) // from a short stop on, and no handler succeeds
				w.powerOff(10*time.Second, w.machine)
				w.open()
				time.Sleep(3 * lifetime)
				require.Empty(t, w.reported)
				require.False(t, online(t, w.s, unhandled[0]))

				silent := append(w.silence(7), unhandled...)
				w.powerOff(off, m)
				w.fails = false
				opened := time.Now()
				w.open()
				time.Sleep(4 * lifetime)
				w.close()
				require.ElementsMatch(t, silent, w.reported)
				require.GreaterOrEqual(t, w.first.Sub(opened), lifetime)
			})
		})
	}
}

func TestStepsOfTheWallClockReportNobodyEarly(t *testing.T) {
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
				o := Options{seams: seams{clock: c}}
				s := box(t, path, o)
				watch(t, s, 2*lifetime)
				require.NoError(t, s.SetOnline(context.Background(), "a"))
				died := time.Now().Add(lifetime)

				watch(t, s, 50*time.Second)
				stepClock()
				before := watch(t, s, 10*time.Second)
				require.NoError(t, s.Close())
				stepClock()
				time.Sleep(2 * time.Second)
				s = box(t, path, o)
				after := sweep(t, s)
				require.False(t, after.Now.Before(before.Now), "the clock of the store steps back")
				require.False(t, after.Now.Before(after.GraceEnd))
				for time.Now().Before(died) {
					require.Empty(t, sweep(t, s).Found)
					require.Empty(t, claim(t, s, 1))
					time.Sleep(time.Second)
				}
				time.Sleep(unit)
				require.Equal(t, []string{"a"}, sweep(t, s).Found)
				require.Equal(t, []string{"a"}, idsOf(claim(t, s, 1)))
			})
		})
	}
}

// A box is rebooted every minute, with a clock that is behind each time.
func TestNobodyGainsLifeByRebooting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := newPath(t)
		s := box(t, path, Options{seams: seams{clock: (&machine{boot: "0"}).clock()}})
		require.NoError(t, s.SetOnline(context.Background(), "a"))
		open := time.Duration(0)
		ends := slices.Repeat([]func(*testing.T, *Store, string) string{closed, crashed}, 10)
		for i, end := range ends {
			watch(t, s, time.Minute)
			open += time.Minute
			path = end(t, s, path)
			m := machine{boot: fmt.Sprint(i), step: -time.Duration(i+1) * 24 * time.Hour}
			s = box(t, path, Options{seams: seams{clock: m.clock()}})
			found := sweep(t, s)
			if found.Online == 0 {
				require.GreaterOrEqual(t, open, lifetime-time.Minute)
				require.Equal(t, []string{"a"}, found.Found)
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
