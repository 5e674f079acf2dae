package boltstore

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/molecule-ai/liveness/store"
)

func TestADeathIsDeliveredAgainAfterOpeningUntilItIsAcknowledged(t *testing.T) {
	for name, ends := range endings {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const n = 40
				ctx := context.Background()
				path := newPath(t)
				s := box(t, path, Options{})
				before := make(map[string]store.Death)
				for _, d := range dead(t, s, names(n)...) {
					before[d.ID] = d
				}
				list := names(n)
				for _, id := range list[:n/2] {
					require.True(t, acknowledged(t, s, before[id]))
				}
				for _, id := range list[n/2 : n/2+5] {
					_, err := s.PutBack(ctx, before[id], time.Hour)
					require.NoError(t, err)
				}
				time.Sleep(20 * time.Second) // nobody watches

				path = ends(t, s, path)
				s = box(t, path, Options{})
				watchOutGrace(t, s)
				again := claim(t, s, n)
				require.ElementsMatch(t, list[n/2:], idsOf(again))
				for _, d := range again {
					was := before[d.ID]
					require.Equal(t, 1, d.Attempt)
					require.Greater(t, d.Token, was.Token)
					require.WithinRange(t, d.Deadline, was.Deadline.Add(-unit), was.Deadline)
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

func TestWhoDiesWhileTheStoreIsClosedIsFoundByTheFirstSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := newPath(t)
		s := box(t, path, Options{})
		require.NoError(t, s.SetOnline(context.Background(), "a"))
		deadline := time.Now().Add(lifetime)
		require.NoError(t, s.Close())
		time.Sleep(time.Hour)
		s = box(t, path, Options{})
		time.Sleep(time.Minute) // of checkpoints, and nobody watches
		found := sweep(t, s)
		require.Equal(t, []string{"a"}, found.Found)
		require.Equal(t, 1, found.Late)
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

func TestAcknowledgingForgetsTheURLsOfTheDeadAndOfNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		path := newPath(t)
		s := box(t, path, Options{})
		deaths := dead(t, s, "a", "b")
		for _, id := range []string{"a", "b"} {
			require.NoError(t, s.CacheURL(ctx, id, someURL))
			require.NoError(t, s.CacheInternalURL(ctx, id, someURL))
		}
		require.NoError(t, s.SetOnline(ctx, "b"))
		for _, d := range deaths {
			require.Equal(t, d.ID == "a", acknowledged(t, s, d))
		}
		check := func() {
			for _, get := range []func(context.Context, string) (string, error){s.GetCachedURL, s.GetCachedInternalURL} {
				_, err := get(ctx, "a")
				require.ErrorIs(t, err, store.ErrNotFound)
				url, err := get(ctx, "b")
				require.NoError(t, err)
				require.Equal(t, someURL, url)
			}
			require.True(t, online(t, s, "b"))
		}
		check()
		s = box(t, crashed(t, s, path), Options{})
		check()
	})
}

func TestAFormerHolderAcknowledgesNothingAndWritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		d := &disk{}
		s := box(t, newPath(t), d.options())
		former := dead(t, s, "a")[0]
		time.Sleep(lease)
		watchOutGrace(t, s)
		holder := claim(t, s, 1)[0]
		require.Zero(t, d.during(func() {
			require.False(t, acknowledged(t, s, former))
			require.False(t, acknowledged(t, s, store.Death{ID: "nobody", Token: 1}))
		}))
		require.True(t, acknowledged(t, s, holder))
		require.False(t, acknowledged(t, s, holder))
		require.NoError(t, s.SetOnline(ctx, "a"))
	})
}

// What waits for the disk together is done in the order in which it came.
func TestAcknowledgementsKeepTheirPlaceAmongOtherChanges(t *testing.T) {
	ctx := context.Background()
	type call func(s *Store, d store.Death) (did bool, err error)
	ack := func(s *Store, d store.Death) (bool, error) { return s.Acknowledge(ctx, d) }
	set := func(s *Store, d store.Death) (bool, error) { return true, s.SetOnline(ctx, d.ID) }
	clear := func(s *Store, d store.Death) (bool, error) { return true, s.Clear(ctx, d.ID) }
	cache := func(s *Store, d store.Death) (bool, error) { return true, s.CacheURL(ctx, d.ID, someURL) }
	disown := func(s *Store, d store.Death) (bool, error) { return true, s.Disown(ctx, []string{d.ID}) }
	for name, c := range map[string]struct {
		calls       []call
		did         []bool
		online, url bool
	}{
		"the workspace comes back after it":          {[]call{ack, set}, []bool{true, true}, true, false},
		"the workspace comes back before it":         {[]call{set, ack}, []bool{true, false}, true, true},
		"it is cleared before and has a new URL":     {[]call{clear, cache, ack}, []bool{true, true, false}, false, true},
		"a URL is cached after it":                   {[]call{ack, cache}, []bool{true, true}, false, true},
		"it comes twice":                             {[]call{ack, ack}, []bool{true, false}, false, false},
		"it is disowned before":                      {[]call{disown, ack}, []bool{true, false}, false, false},
		"it is disowned after the workspace is back": {[]call{set, disown, ack}, []bool{true, true, false}, true, true},
		"it is disowned and comes back":              {[]call{disown, set, ack}, []bool{true, true, false}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &disk{}
				path := newPath(t)
				s := box(t, path, d.options())
				death := dead(t, s, "a")[0]
				require.NoError(t, s.CacheURL(ctx, "a", someURL))
				release := make(chan struct{})
				d.fails(func(db *bbolt.DB, fill func(*bbolt.Tx) error) error {
					<-release
					return db.Update(fill)
				})
				go s.SetOnline(ctx, "before-all-others")
				synctest.Wait()
				did := make([]bool, len(c.calls))
				for i, call := range c.calls {
					go func() {
						var err error
						if did[i], err = call(s, death); err != nil {
							t.Error(err)
						}
					}()
					synctest.Wait()
				}
				close(release)
				synctest.Wait()
				require.Equal(t, c.did, did)

				path = crashed(t, s, path)
				for _, s := range []*Store{s, box(t, path, Options{})} {
					require.Equal(t, c.online, s.memory.roster.Remaining("a") > 0)
					require.Equal(t, c.url, s.memory.cached(&s.memory.public, "a") != "")
					require.Equal(t, c.online, s.memory.roster.Knows("a"))
				}
			})
		})
	}
}

func TestDisownIsDurableAndLeavesTheLivingAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		path := newPath(t)
		s := box(t, path, Options{})
		dead(t, s, "disowned", "kept")
		require.NoError(t, s.SetOnline(ctx, "alive"))
		require.NoError(t, s.Disown(ctx, []string{"disowned", "alive", "unknown"}))
		require.NoError(t, s.Disown(ctx, nil))
		for range 2 {
			s = box(t, crashed(t, s, path), Options{})
			require.True(t, online(t, s, "alive"))
			watch(t, s, 15*time.Second) // a crash forgot when it was last heard from
			watchOutGrace(t, s)
			require.Equal(t, []string{"kept"}, idsOf(claim(t, s, 10)))
			require.NoError(t, s.Disown(ctx, []string{"disowned"}))
		}
	})
}

func TestANoteIsDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		path := newPath(t)
		s := box(t, path, d.options())
		note := func(old, new, want string) {
			t.Helper()
			got, err := s.Note(context.Background(), 0, old, new)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
		require.Equal(t, 1, d.during(func() { note("", "one", "one") }))
		require.Zero(t, d.during(func() {
			note("", "two", "one")
			note("one", "one", "one")
		}))
		long := string(make([]byte, store.MaxNoteLen))
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
		s := box(t, newPath(t), d.options())
		require.NoError(t, s.SetOnline(ctx, "a"))
		watch(t, s, 2*lifetime)
		sweeps := 0
		require.Zero(t, d.during(func() {
			for range 36_000 {
				sweep(t, s)
				sweeps++
				for _, death := range claim(t, s, 1) {
					still, err := s.Extend(ctx, []store.Death{death}, lease)
					require.NoError(t, err)
					require.Equal(t, []bool{true}, still)
					back, err := s.PutBack(ctx, death, time.Second)
					require.NoError(t, err)
					require.True(t, back)
				}
				time.Sleep(100 * time.Millisecond)
			}
			require.NoError(t, s.Adopt(ctx, 0, []string{"b"}))
		}))
		require.Equal(t, 36_000, sweeps)

		hour := func(watched bool) int { // of somebody who is online
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
