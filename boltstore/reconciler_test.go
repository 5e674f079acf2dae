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

func TestAdoptIsDurable(t *testing.T) {
	const later = 2 * lifetime
	for name, ends := range endings {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := context.Background()
				path := newPath(t)
				d := &disk{}
				s := d.box(t, path, Options{})
				watch(t, s, lifetime)
				list := []string{"acknowledged", "back", "cleared", "forgotten", "handed-out", "withdrawn"}
				require.Equal(t, 1, d.during(func() {
					recent, err := s.Adopt(ctx, 0, list, time.Now())
					require.NoError(t, err)
					require.Empty(t, recent)
				}))
				due := time.Now().Add(later)
				_, err := s.Adopt(ctx, 0, []string{"delayed"}, due)
				require.NoError(t, err)
				for _, d := range claim(t, s, 10) {
					switch d.ID {
					case "acknowledged":
						require.Equal(t, driver.Held, begun(t, s, d))
						require.True(t, acknowledged(t, s, d))
					case "handed-out":
						require.Equal(t, driver.Held, begun(t, s, d))
					case "withdrawn":
						require.True(t, withdrawn(t, s, d))
					case "forgotten":
						_, err := s.Release(ctx, d, 0)
						require.NoError(t, err)
						require.NoError(t, s.Forget(ctx, []string{d.ID}))
					}
				}
				require.NoError(t, s.SetOnline(ctx, "back"))
				require.NoError(t, s.Clear(ctx, "cleared"))
				require.Zero(t, d.during(func() {
					recent, err := s.Adopt(ctx, 0, append(list[:2:2], list[4:]...), time.Now())
					require.NoError(t, err)
					require.Equal(t, []string{"acknowledged"}, recent)
				}), "all of these are known")

				path = ends(t, s, path)
				s = box(t, path, Options{})
				require.ElementsMatch(t, []string{"back", "withdrawn"}, onlineOf(t, s))
				attempts, phases := map[string]int{}, map[string]driver.Phase{}
				for p, err := range s.Deaths(ctx, 0) {
					require.NoError(t, err)
					require.True(t, p.Adopted, p.ID)
					attempts[p.ID], phases[p.ID] = p.Attempt, p.Phase
				}
				require.Equal(t, map[string]int{"delayed": 0, "handed-out": 1}, attempts)
				require.Equal(t, map[string]driver.Phase{"delayed": driver.Delayed, "handed-out": driver.Ready}, phases)
				watchOutGrace(t, s)
				require.Equal(t, []string{"handed-out"}, idsOf(claim(t, s, 10)))
				require.NoError(t, s.ClearMany(ctx, []string{"back", "withdrawn"}))
				watch(t, s, time.Until(due.Add(-time.Second)))
				require.NotContains(t, idsOf(claim(t, s, 10)), "delayed")
				watch(t, s, 2*time.Second)
				require.Contains(t, idsOf(claim(t, s, 10)), "delayed")
			})
		})
	}
}

// onlineOf returns the workspaces that are online.
func onlineOf(t *testing.T, s *Store) (list []string) {
	t.Helper()
	for status, err := range s.Online(context.Background()) {
		require.NoError(t, err)
		list = append(list, status.ID)
	}
	return list
}

// One that is due in a hundred years does not draw the deadlines beside it closer.
func TestADeathThatIsDueVeryLateLeavesOthersAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		path := newPath(t)
		s := box(t, path, Options{})
		require.NoError(t, s.SetOnline(ctx, "a"))
		_, err := s.Adopt(ctx, 0, []string{"late"}, time.Now().AddDate(100, 0, 0))
		require.NoError(t, err)
		require.NoError(t, s.Close())
		s = box(t, path, Options{})
		require.InDelta(t, lifetime, remaining(t, s, "a"), float64(unit))
		require.Equal(t, driver.Delayed, look(t, s, []string{"late"}).deaths["late"].Phase)
	})
}

func TestForgetIsDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		path := newPath(t)
		s := box(t, path, Options{})
		for _, d := range dead(t, s, "forgotten", "leased", "handed-out") {
			switch d.ID {
			case "forgotten":
				_, err := s.Release(ctx, d, time.Hour)
				require.NoError(t, err)
			case "handed-out":
				require.Equal(t, driver.Held, begun(t, s, d))
			}
		}
		list := []string{"forgotten", "leased", "handed-out", "alive", "unknown"}
		for _, id := range list {
			require.NoError(t, s.CacheURL(ctx, id, someURL))
		}
		require.NoError(t, s.SetOnlineFor(ctx, "alive", time.Hour))
		require.NoError(t, s.Forget(ctx, list))
		require.NoError(t, s.Forget(ctx, nil))
		for i := range 2 {
			path = crashed(t, s, path)
			s = box(t, path, Options{})
			require.True(t, online(t, s, "alive"))
			for _, id := range list {
				gone := id == "forgotten" || id == "unknown"
				require.Equal(t, gone || i > 0, len(urlsOf(t, s, id)) == 0, id)
			}
			watch(t, s, 15*time.Second) // a crash forgot when it was last heard from
			watchOutGrace(t, s)
			require.ElementsMatch(t, []string{"leased", "handed-out"}, idsOf(claim(t, s, 10)))
			time.Sleep(store.DefaultURLTTL)
		}
	})
}
