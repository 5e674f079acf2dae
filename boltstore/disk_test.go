package boltstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

const someURL = "http://10.0.0.7:8080"

// fillUp sets workspaces online until the disk is full and returns them.
func fillUp(t testing.TB, s *Store) (list []string) {
	t.Helper()
	const surely = 100_000 // do not fit
	for _, id := range names(surely) {
		id += strings.Repeat("x", 200)
		err := s.SetOnline(context.Background(), id)
		if err != nil {
			require.ErrorIs(t, err, store.ErrUnavailable)
			require.ErrorContains(t, err, "no room")
			return list
		}
		list = append(list, id)
	}
	t.Fatal("the disk was not full")
	return nil
}

func TestAFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { fullDisk(t, nil) })
}

// A store that needs room to clear.
func TestAFullDiskThatTakesNothingAwayIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := attempt.Make(t.Context(), t, t.Name(), func(a *attempt.T) {
			fullDisk(a, func(db *bbolt.DB, fill func(*bbolt.Tx) error) error {
				return db.Update(func(tx *bbolt.Tx) error {
					return errors.Join(fill(tx), &fs.PathError{Op: "write", Path: "edge.db", Err: syscall.ENOSPC})
				})
			})
		})
		require.True(t, a.Failed())
	})
}

// fullDisk fills a disk, which may be worse than full from then on.
func fullDisk(t testing.TB, worse func(*bbolt.DB, func(*bbolt.Tx) error) error) {
	ctx := context.Background()
	d := &disk{size: 600 << 10}
	path := newPath(t)
	s := d.box(t, path, Options{})
	require.NoError(t, s.CacheURL(ctx, "early", someURL))
	list := fillUp(t, s)
	require.Greater(t, len(list), 100)
	if worse != nil {
		d.fails(worse)
	}

	require.ErrorIs(t, s.CacheURL(ctx, "new", someURL), store.ErrUnavailable)
	require.ErrorIs(t, s.SetOnline(ctx, "new"), store.ErrUnavailable)
	require.False(t, online(t, s, "new"))
	for _, id := range list {
		require.True(t, online(t, s, id))
	}
	require.NoError(t, s.Ping(ctx))
	for range 20 { // heartbeats and their checkpoints go on
		for _, id := range list {
			require.NoError(t, s.RefreshTTL(ctx, id))
		}
		require.NoError(t, s.SetOnline(ctx, list[0]))
		time.Sleep(10 * time.Second)
	}
	left := box(t, powerCut(t, path), Options{})
	require.GreaterOrEqual(t, remaining(t, left, list[1]), 170*time.Second)

	half := len(list) / 2
	for _, id := range list[:half/2] {
		require.NoError(t, s.Clear(ctx, id))
		require.False(t, online(t, s, id))
	}
	require.NoError(t, s.ClearMany(ctx, append(list[half/2:half:half], "early")))
	require.NoError(t, s.SetOnline(ctx, "in-place-of-one-cleared"))
	_, err := s.GetCachedURL(ctx, "early")
	require.ErrorIs(t, err, store.ErrNotFound)

	d.limit(0)
	require.NoError(t, s.SetOnline(ctx, "new"))
	require.NoError(t, s.CacheURL(ctx, "new", someURL))
	require.NoError(t, s.Close())
	s = box(t, path, Options{})
	require.True(t, online(t, s, "new"))
	require.True(t, online(t, s, list[half]))
	require.False(t, online(t, s, list[0]))
	board.Row(t, "a full disk", board.Figures{Operations: len(list), Faults: 1, FloorOperations: 100, FloorFaults: 1})
}

// Their records become longer by that, in the space that the file keeps.
func TestOnAFullDiskDeathsAreHandedOutAndWithdrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		d := &disk{size: 600 << 10}
		s := d.box(t, newPath(t), Options{})
		var list []string
		for _, id := range names(100_000) {
			if s.SetOnline(ctx, id) != nil {
				break
			}
			list = append(list, id)
		}
		require.Greater(t, len(list), 1000)
		for _, id := range list {
			require.NoError(t, s.Expire(ctx, id))
		}
		watch(t, s, lifetime+time.Minute)
		handled := 0
		for handled < len(list) {
			deaths := claim(t, s, 1000)
			require.NotEmpty(t, deaths)
			for _, death := range deaths {
				begun(t, s, death)
				if handled++; handled%2 == 0 {
					_, err := s.Withdraw(ctx, death)
					require.NoError(t, err)
				}
			}
		}
	})
}

// Each transaction delays the next checkpoint.
func TestOnAFullDiskManyCallsShareACommitToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		d := &disk{size: 600 << 10}
		s := d.box(t, newPath(t), Options{})
		list := fillUp(t, s)
		d.fails(func(db *bbolt.DB, fill func(*bbolt.Tx) error) error {
			time.Sleep(time.Second)
			return db.Update(fill)
		})
		go s.Clear(ctx, "before-all-others")
		synctest.Wait()
		go s.SetOnline(ctx, "one-that-finds-no-room")
		synctest.Wait()
		const most = 40 // transactions, also those that find no room
		require.Less(t, d.during(func() { require.NoError(t, s.ClearMany(ctx, list[:perCommit/2])) }), most)
		for _, id := range list[:perCommit/2] {
			require.False(t, online(t, s, id))
		}
	})
}

func TestAFullDiskIsToldOnce(t *testing.T) {
	d := &disk{size: 600 << 10}
	var log bytes.Buffer
	s := d.box(t, newPath(t), Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	fillUp(t, s)
	require.Error(t, s.SetOnline(context.Background(), "new"))
	d.limit(0)
	require.NoError(t, s.SetOnline(context.Background(), "new"))
	require.NoError(t, s.Close())
	require.Equal(t, 1, strings.Count(log.String(), "are refused"))
	require.Equal(t, 1, strings.Count(log.String(), "room on the disk again"))
}

func TestATransactionWithoutRoomChangesNothing(t *testing.T) {
	ctx := context.Background()
	d := &disk{}
	path := newPath(t)
	s := d.box(t, path, Options{})
	require.NoError(t, s.SetOnline(ctx, "a"))
	d.fails(func(db *bbolt.DB, fill func(*bbolt.Tx) error) error {
		return db.Update(func(tx *bbolt.Tx) error {
			return errors.Join(fill(tx), &fs.PathError{Op: "write", Path: path, Err: syscall.ENOSPC})
		})
	})
	require.ErrorIs(t, s.SetOnline(ctx, "b"), store.ErrUnavailable)
	require.ErrorIs(t, s.Clear(ctx, "a"), store.ErrUnavailable)
	require.ErrorIs(t, s.CacheURL(ctx, "a", someURL), store.ErrUnavailable)
	d.fails(nil)
	require.True(t, online(t, s, "a"))
	require.False(t, online(t, s, "b"))
	require.NoError(t, s.SetOnline(ctx, "b"))
	require.NoError(t, s.Clear(ctx, "a"))
	require.NoError(t, s.Close())
	s = box(t, path, Options{})
	require.False(t, online(t, s, "a"))
	require.True(t, online(t, s, "b"))
}

// None of the changes needs room, and there is none for their transaction, as on a disk that
// writes a page elsewhere than where it was.
func TestABatchWithoutRoomIsRefused(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4, 1024} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			d := &disk{}
			path := newPath(t)
			s := d.box(t, path, Options{})
			all := names(n)
			setAll(t, s, all)
			tries := 0
			d.fails(func(db *bbolt.DB, fill func(*bbolt.Tx) error) error {
				if tries++; tries > 3*n {
					return nil
				}
				return db.Update(func(tx *bbolt.Tx) error {
					return errors.Join(fill(tx), &fs.PathError{Op: "write", Path: path, Err: syscall.ENOSPC})
				})
			})
			require.ErrorIs(t, s.ClearMany(ctx, all), store.ErrUnavailable)
			require.LessOrEqual(t, tries, 3*n)
			d.fails(nil)
			require.True(t, online(t, s, all[0]))
			require.NoError(t, s.ClearMany(ctx, all))
			require.NoError(t, s.Close())
		})
	}
}

// The transactions of a store fail in some way, once.
func TestAfterAFailureNothingIsWritten(t *testing.T) {
	for name, fail := range map[string]func(*bbolt.DB, func(*bbolt.Tx) error) error{
		"a sync failed and bbolt shows the transaction": func(db *bbolt.DB, fill func(*bbolt.Tx) error) error {
			return errors.Join(db.Update(fill), syscall.EIO)
		},
		"a sync found no room": func(*bbolt.DB, func(*bbolt.Tx) error) error {
			return syscall.ENOSPC
		},
		"a transaction without room is shown all the same": func(db *bbolt.DB, fill func(*bbolt.Tx) error) error {
			return errors.Join(db.Update(fill), errors.New("file resize error: no room"))
		},
		"bbolt panics": func(db *bbolt.DB, fill func(*bbolt.Tx) error) error {
			return db.Update(func(*bbolt.Tx) error { panic("page 7: invalid") })
		},
		"bbolt panics and keeps its lock": func(db *bbolt.DB, fill func(*bbolt.Tx) error) error {
			if _, err := db.Begin(true); err != nil {
				return err
			}
			panic("page 7: invalid")
		},
	} {
		t.Run(name, func(t *testing.T) { writesFail(t, fail) })
	}
}

// A disk whose failures go unnoticed.
func TestAFailureOfAWriteThatIsAcknowledgedIsFound(t *testing.T) {
	a := attempt.Make(t.Context(), t, t.Name(), func(a *attempt.T) {
		writesFail(a, func(*bbolt.DB, func(*bbolt.Tx) error) error { return nil })
	})
	require.True(t, a.Failed())
}

// writesFail has the transactions of a store fail, once.
func writesFail(t testing.TB, fail func(*bbolt.DB, func(*bbolt.Tx) error) error) {
	ctx := context.Background()
	d := &disk{}
	var log bytes.Buffer
	path := newPath(t)
	s := d.box(t, path, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, s.SetOnline(ctx, "a"))
	require.NoError(t, s.CacheURL(ctx, "a", someURL))

	d.fails(fail)
	require.ErrorIs(t, s.SetOnline(ctx, "b"), store.ErrUnavailable)
	d.fails(nil)
	require.ErrorIs(t, s.SetOnline(ctx, "b"), store.ErrUnavailable)
	require.ErrorIs(t, s.Clear(ctx, "a"), store.ErrUnavailable)
	require.ErrorIs(t, s.CacheURL(ctx, "a", someURL), store.ErrUnavailable)
	require.ErrorIs(t, s.Ping(ctx), store.ErrUnavailable)
	require.False(t, online(t, s, "b"))
	require.True(t, online(t, s, "a"))
	require.NoError(t, s.RefreshTTL(ctx, "a"))
	url, err := s.GetCachedURL(ctx, "a")
	require.NoError(t, err)
	require.Equal(t, someURL, url)
	require.ErrorIs(t, s.Close(), store.ErrUnavailable)
	require.NoError(t, s.Close())
	require.Equal(t, 1, strings.Count(log.String(), "cannot be written any more"))

	s = box(t, path, Options{LockTimeout: time.Millisecond})
	require.NoError(t, s.SetOnline(ctx, "c"))
	require.True(t, online(t, s, "a"))
	board.Row(t, "EIO and other failures of a write", board.Figures{Faults: 1, FloorFaults: 1})
}

// What waits in the queue while a transaction is under way.
func TestACallThatIsGivenUpBeforeItsTurnHasNoEffect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		s := d.box(t, newPath(t), Options{})
		release := make(chan struct{})
		d.fails(func(db *bbolt.DB, fill func(*bbolt.Tx) error) error {
			<-release
			return db.Update(fill)
		})
		answers := make(chan error, 2)
		set := func(ctx context.Context, id string) {
			go func() { answers <- s.SetOnline(ctx, id) }()
			synctest.Wait()
		}
		set(context.Background(), "first")
		ctx, cancel := context.WithCancel(context.Background())
		set(ctx, "given-up")
		cancel()
		require.ErrorIs(t, <-answers, context.Canceled)
		close(release)
		require.NoError(t, <-answers)
		require.NoError(t, s.Clear(context.Background(), "unknown")) // all before it are done
		require.True(t, online(t, s, "first"))
		require.False(t, online(t, s, "given-up"))
	})
}

func TestAcknowledgementsGoOnWhileTheDiskIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		d := &disk{size: 600 << 10}
		path := newPath(t)
		s := d.box(t, path, Options{})
		list := fillUp(t, s)
		require.Greater(t, len(list), 100)
		watch(t, s, lifetime)
		watchOutGrace(t, s)
		deaths := claim(t, s, len(list))
		require.Len(t, deaths, len(list))
		require.ErrorIs(t, s.CacheURL(ctx, "new", someURL), store.ErrUnavailable)
		half := len(deaths) / 2
		for _, death := range deaths[:half] {
			require.True(t, acknowledged(t, s, death))
		}
		note, err := s.Note(ctx, 0, "", strings.Repeat("n", driver.MaxNoteLen))
		require.NoError(t, err)
		require.Len(t, note, driver.MaxNoteLen)
		path = crashed(t, s, path)
		s = box(t, path, Options{})
		watch(t, s, 15*time.Second) // a crash forgot when they were last heard from
		watchOutGrace(t, s)
		require.ElementsMatch(t, idsOf(deaths[half:]), idsOf(claim(t, s, len(list))))
	})
}

func TestAnAcknowledgementThatIsNotOnTheDiskIsNone(t *testing.T) {
	for name, c := range map[string]struct {
		fail     func(*bbolt.DB, func(*bbolt.Tx) error) error
		recovers bool
	}{
		"a transaction without room": {func(db *bbolt.DB, fill func(*bbolt.Tx) error) error {
			return db.Update(func(tx *bbolt.Tx) error {
				return errors.Join(fill(tx), &fs.PathError{Op: "write", Path: "edge.db", Err: syscall.ENOSPC})
			})
		}, true},
		"a failed sync": {func(db *bbolt.DB, fill func(*bbolt.Tx) error) error {
			return db.Update(func(tx *bbolt.Tx) error { return errors.Join(fill(tx), syscall.EIO) })
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := context.Background()
				d := &disk{}
				path := newPath(t)
				s := d.box(t, path, Options{})
				death := dead(t, s, "a")[0]
				require.NoError(t, s.CacheURL(ctx, "a", someURL))

				refused := func() {
					did, err := s.Acknowledge(ctx, death)
					require.ErrorIs(t, err, store.ErrUnavailable)
					require.False(t, did)
				}
				d.fails(c.fail)
				refused()
				require.ErrorIs(t, s.Forget(ctx, []string{"a"}), store.ErrUnavailable)
				_, err := s.Note(ctx, 0, "", "new")
				require.ErrorIs(t, err, store.ErrUnavailable)
				require.Empty(t, sweep(t, s).Note)

				still, err := s.Extend(ctx, []driver.Death{death}, lease)
				require.NoError(t, err)
				require.Equal(t, []driver.Standing{driver.Held}, still)
				watch(t, s, lease)
				former := death
				death = claim(t, s, 1)[0]
				require.Greater(t, death.Token, former.Token)
				refused()
				url, err := s.GetCachedURL(ctx, "a")
				require.NoError(t, err)
				require.Equal(t, someURL, url)

				d.fails(nil)
				if c.recovers {
					require.True(t, acknowledged(t, s, death))
				} else {
					refused()
					require.ErrorIs(t, s.Close(), store.ErrUnavailable)
					s = box(t, path, Options{})
					watchOutGrace(t, s)
					require.Equal(t, []string{"a"}, idsOf(claim(t, s, 1)))
				}
			})
		})
	}
}
