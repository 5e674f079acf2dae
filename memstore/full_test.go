package memstore

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// The store was full of the dead, and another call made room between two steps of this one.
func TestACallForWhichAnotherMadeRoomIsNotRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New(Options{MaxOnline: 1})
		require.NoError(t, err)
		defer s.Close()
		require.NoError(t, s.SetOnlineFor(t.Context(), "dead", time.Millisecond))
		time.Sleep(time.Second)
		tries := 0
		require.NoError(t, s.setOnline(t.Context(), "SetOnline", "a", func() bool {
			done := s.roster.SetFor("a", time.Minute) != nil
			if tries++; tries == 1 {
				require.False(t, done)
				s.roster.Reap(func(int) bool { return true })
			}
			return done
		}))
		require.Equal(t, 2, tries)
	})
}
