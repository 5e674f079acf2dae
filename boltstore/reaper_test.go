package boltstore

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func TestADeathIsDeliveredAgainAfterOpeningUntilItIsAcknowledged(t *testing.T) {
	for name, ends := range endings {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const n = 40
				ctx := context.Background()
				path := newPath(t)
				s := box(t, path, Options{})
				list := names(n)
				before := make(map[string]driver.Death)
				for _, d := range dead(t, s, list...) {
					before[d.ID] = d
				}
				for _, id := range list[:n/2] {
					require.True(t, acknowledged(t, s, before[id]))
				}
				attempts := make(map[string]int)
				for i, id := range list[n/2:] {
					attempts[id] = 1
					if i%2 == 0 {
						require.Equal(t, driver.Held, begun(t, s, before[id]))
						attempts[id]++
					}
				}
				for _, id := range list[n/2 : n/2+5] {
					_, err := s.Release(ctx, before[id], time.Hour)
					require.NoError(t, err)
				}
				time.Sleep(20 * time.Second) // without a monitor

				path = ends(t, s, path)
				s = box(t, path, Options{})
				require.Empty(t, claim(t, s, n), "nothing is leased before a sweep")
				watchOutGrace(t, s)
				again := claim(t, s, n)
				require.ElementsMatch(t, list[n/2:], idsOf(again))
				for _, d := range again {
					was := before[d.ID]
					require.Equal(t, attempts[d.ID], d.Attempt)
					require.Greater(t, d.Token, was.Token)
					require.WithinRange(t, d.Deadline, was.Deadline.Add(-unit), was.Deadline)
					require.WithinRange(t, d.Since, was.Deadline.Add(-unit), was.Deadline)
					require.False(t, d.Expired)
					require.Equal(t, driver.Lost, begun(t, s, was))
					require.True(t, acknowledged(t, s, d))
				}

				path = ends(t, s, path)
				s = box(t, path, Options{})
				watchOutGrace(t, s)
				require.Empty(t, claim(t, s, n))
				require.NoError(t, s.Close())
				require.Equal(t, counts{deadlines: 1}, recordsOf(t, path))
			})
		})
	}
}

func TestADeathDuringTheTimeThatTheStoreIsClosedIsDetectedByTheFirstSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := newPath(t)
		s := box(t, path, Options{})
		require.NoError(t, s.SetOnline(context.Background(), "a"))
		deadline := time.Now().Add(lifetime)
		require.NoError(t, s.Close())
		time.Sleep(time.Hour)
		s = box(t, path, Options{})
		time.Sleep(time.Minute) // of checkpoints, and without a monitor
		require.Equal(t, []string{"a"}, sweep(t, s).Detected)
		watchOutGrace(t, s)
		deaths := claim(t, s, 10)
		require.Equal(t, []string{"a"}, idsOf(deaths))
		require.WithinDuration(t, deadline, deaths[0].Deadline, unit)
	})
}

func TestTokensGrowAcrossOpenings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		path := newPath(t)
		last := int64(0)
		for range 4 {
			for _, ends := range endings {
				s := box(t, path, Options{Checkpoint: time.Second})
				setAll(t, s, visitors(5000)) // their going has the file rewritten
				require.NoError(t, s.ClearMany(ctx, visitors(5000)))
				for _, d := range dead(t, s, "a", "b", "c") {
					require.Greater(t, d.Token, last)
					last = d.Token
				}
				path = ends(t, s, path)
			}
		}
	})
}

// urlsOf returns the URLs of a workspace that can be read.
func urlsOf(t *testing.T, s *Store, id string) (urls []string) {
	t.Helper()
	for _, get := range []func(context.Context, string) (string, error){s.GetCachedURL, s.GetCachedInternalURL} {
		url, err := get(context.Background(), id)
		if err != nil {
			require.ErrorIs(t, err, store.ErrNotFound)
			continue
		}
		urls = append(urls, url)
	}
	return urls
}

func TestTheFirstAttemptForgetsTheURLsByOneCommit(t *testing.T) {
	for name, ends := range endings {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := context.Background()
				path := newPath(t)
				d := &disk{}
				s := d.box(t, path, Options{})
				deaths := make(map[string]driver.Death)
				for _, d := range dead(t, s, "begun", "acknowledged", "back", "again") {
					deaths[d.ID] = d
				}
				cacheBoth := func(id, host string) {
					require.NoError(t, s.CacheURL(ctx, id, "http://"+host))
					require.NoError(t, s.CacheInternalURL(ctx, id, "http://internal."+host))
				}
				for id := range deaths {
					cacheBoth(id, "old")
				}
				require.Equal(t, driver.Held, begun(t, s, deaths["again"]))
				cacheBoth("again", "new")
				require.NoError(t, s.SetOnline(ctx, "back"))
				require.Equal(t, 1, d.during(func() { require.Equal(t, driver.Held, begun(t, s, deaths["begun"])) }))
				require.Equal(t, driver.Held, begun(t, s, deaths["again"]))
				require.True(t, acknowledged(t, s, deaths["acknowledged"]))
				require.Zero(t, d.during(func() { require.Equal(t, driver.CameBack, begun(t, s, deaths["back"])) }))

				path = ends(t, s, path)
				reopened := box(t, path, Options{})
				for _, s := range []*Store{s, reopened} {
					if s.gate.Open("", "") != nil {
						continue
					}
					require.Empty(t, urlsOf(t, s, "begun"))
					require.Len(t, urlsOf(t, s, "acknowledged"), 2)
					require.Len(t, urlsOf(t, s, "back"), 2)
					require.Equal(t, []string{"http://new", "http://internal.new"}, urlsOf(t, s, "again"))
				}
			})
		})
	}
}

func TestANoteIsDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		path := newPath(t)
		s := d.box(t, path, Options{})
		note := func(old, next, want string) {
			t.Helper()
			got, err := s.Note(context.Background(), 0, old, next)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
		require.Equal(t, 1, d.during(func() { note("", "one", "one") }))
		require.Zero(t, d.during(func() {
			note("", "two", "one")
			note("one", "one", "one")
		}))
		long := string(make([]byte, driver.MaxNoteLen))
		for _, ends := range endings {
			note("one", long, long)
			path = ends(t, s, path)
			s = box(t, path, Options{})
			require.Equal(t, long, sweep(t, s).Note)
			note(long, "one", "one")
		}
		_, err := s.Note(context.Background(), 0, "one", long+"x")
		require.ErrorIs(t, err, store.ErrInvalid)
	})
}

func TestSweepsAndClaimsMakeNoCommits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		d := &disk{}
		s := d.box(t, newPath(t), Options{})
		require.NoError(t, s.SetOnline(ctx, "a"))
		watch(t, s, 2*lifetime)
		const sweeps, floor = 36_000, 3_000 // of claims
		claims := 0
		require.Zero(t, d.during(func() {
			for range sweeps {
				sweep(t, s)
				for _, death := range claim(t, s, 1) {
					claims++
					still, err := s.Extend(ctx, []driver.Death{death}, lease)
					require.NoError(t, err)
					require.Equal(t, []driver.Standing{driver.Held}, still)
					back, err := s.Release(ctx, death, time.Second)
					require.NoError(t, err)
					require.True(t, back)
				}
				time.Sleep(100 * time.Millisecond)
			}
			_, err := s.Adopt(ctx, 0, []string{"a"}, time.Time{}) // it is known
			require.NoError(t, err)
		}))
		require.GreaterOrEqual(t, claims, floor)

		hour := func(watched bool) int { // in which a workspace is online
			return d.during(func() {
				for range 120 {
					_, err := store.Heartbeat(ctx, s, "c")
					require.NoError(t, err)
					for range 30 {
						time.Sleep(time.Second)
						if watched {
							sweep(t, s)
						}
					}
				}
			})
		}
		hour(false)
		require.InDelta(t, hour(false), hour(true), 1) // of 364 checkpoints
	})
}
