package boltstore

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// A lease may end, and the death be claimed by another monitor, while a commit
// of the first holder is on the way; but not that death.
func TestADeathWhoseAttemptIsOnTheWayToTheDiskIsClaimedByNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		path := newPath(t)
		s := d.box(t, path, Options{})
		death := dead(t, s, "a")[0]
		release := make(chan struct{})
		d.fails(func(db *bbolt.DB, fill func(*bbolt.Tx) error) error {
			err := db.Update(fill)
			<-release
			return err
		})
		var standing driver.Standing
		go func() { standing = begun(t, s, death) }()
		synctest.Wait()
		time.Sleep(2 * lease)
		sweep(t, s)
		require.Empty(t, claim(t, s, 1))
		close(release)
		synctest.Wait()
		require.Equal(t, driver.Held, standing)
		watch(t, s, lease)
		watchOutGrace(t, s)
		require.Equal(t, 2, claim(t, s, 1)[0].Attempt)
	})
}

func TestAnAttemptThatCannotBeWrittenIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		d := &disk{}
		s := d.box(t, newPath(t), Options{})
		death := dead(t, s, "a")[0]
		require.NoError(t, s.CacheURL(ctx, "a", someURL))
		d.fails(func(*bbolt.DB, func(*bbolt.Tx) error) error { return errors.New("the disk is gone") })
		_, err := s.Begin(ctx, death)
		require.ErrorIs(t, err, store.ErrUnavailable)
		_, err = s.Withdraw(ctx, death)
		require.ErrorIs(t, err, store.ErrUnavailable)
		require.Len(t, urlsOf(t, s, "a"), 1)
		watch(t, s, lease)
		require.Equal(t, 1, claim(t, s, 1)[0].Attempt)
	})
}

func TestAFormerHolderAcknowledgesNothingAndWritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		d := &disk{}
		s := d.box(t, newPath(t), Options{})
		former := dead(t, s, "a")[0]
		time.Sleep(lease)
		watchOutGrace(t, s)
		holder := claim(t, s, 1)[0]
		require.Zero(t, d.during(func() {
			require.False(t, acknowledged(t, s, former))
			require.False(t, acknowledged(t, s, driver.Death{ID: "unknown", Token: 1}))
		}))
		require.True(t, acknowledged(t, s, holder))
		require.False(t, acknowledged(t, s, holder))
		require.NoError(t, s.SetOnline(ctx, "a"))
	})
}

// What waits for the disk together is done in the order in which it came.
func TestChangesOfADeathKeepTheirPlaceAmongOtherChanges(t *testing.T) {
	ctx := context.Background()
	type call func(s *Store, d driver.Death) (did bool, err error)
	ack := func(s *Store, d driver.Death) (bool, error) { return s.Acknowledge(ctx, d) }
	set := func(s *Store, d driver.Death) (bool, error) { return true, s.SetOnline(ctx, d.ID) }
	clearIt := func(s *Store, d driver.Death) (bool, error) { return true, s.Clear(ctx, d.ID) }
	cache := func(s *Store, d driver.Death) (bool, error) { return true, s.CacheURL(ctx, d.ID, someURL) }
	forget := func(s *Store, d driver.Death) (bool, error) { return true, s.Forget(ctx, []string{d.ID}) }
	expire := func(s *Store, d driver.Death) (bool, error) { return true, s.Expire(ctx, d.ID) }
	withdraw := func(s *Store, d driver.Death) (bool, error) { return s.Withdraw(ctx, d) }
	begin := func(s *Store, d driver.Death) (bool, error) {
		standing, err := s.Begin(ctx, d)
		return standing == driver.Held, err
	}
	for name, c := range map[string]struct {
		calls              []call
		did                []bool
		online, url, knows bool
	}{
		"the workspace comes back after it":             {[]call{ack, set}, []bool{true, true}, true, true, true},
		"the workspace comes back before it":            {[]call{set, ack}, []bool{true, true}, true, true, true},
		"it is cleared before and has a new URL":        {[]call{clearIt, cache, ack}, []bool{true, true, true}, false, true, false},
		"a URL is cached after it":                      {[]call{ack, cache}, []bool{true, true}, false, true, false},
		"it comes twice":                                {[]call{ack, ack}, []bool{true, false}, false, true, false},
		"a leased workspace is not forgotten before":    {[]call{forget, ack}, []bool{true, true}, false, true, false},
		"the workspace is forgotten after, and is not":  {[]call{set, forget, ack}, []bool{true, true, true}, true, true, true},
		"it is handed out before":                       {[]call{begin, ack}, []bool{true, true}, false, false, false},
		"it is handed out after":                        {[]call{ack, begin}, []bool{true, false}, false, true, false},
		"the workspace comes back and it is handed out": {[]call{set, begin}, []bool{true, false}, true, true, true},
		"it is handed out and the workspace comes back": {[]call{begin, set, cache}, []bool{true, true, true}, true, true, true},
		"it is withdrawn before":                        {[]call{withdraw, ack}, []bool{true, false}, true, true, true},
		"it is withdrawn after":                         {[]call{ack, withdraw}, []bool{true, false}, false, true, false},
		"it is withdrawn after the workspace came back": {[]call{set, withdraw, ack}, []bool{true, true, false}, true, true, true},
		"it is withdrawn and expired":                   {[]call{withdraw, expire}, []bool{true, true}, false, true, true},
		"the workspace comes back and is expired":       {[]call{set, expire, begin}, []bool{true, true, false}, false, true, true},
		"the workspace is expired and comes back":       {[]call{set, expire, set}, []bool{true, true, true}, true, true, true},
		"the workspace is expired and cleared":          {[]call{set, expire, clearIt}, []bool{true, true, true}, false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &disk{}
				path := newPath(t)
				s := d.box(t, path, Options{})
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
					require.Equal(t, c.url, s.memory.public.read("a", s.memory.roster.Now()) != "")
					require.Equal(t, c.knows, s.memory.roster.Knows("a"))
				}
			})
		})
	}
}
