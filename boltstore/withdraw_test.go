package boltstore

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store/driver"
)

func TestAWithdrawnDeathOutlivesTheStore(t *testing.T) {
	for name, ends := range endings {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := context.Background()
				path := newPath(t)
				d := &disk{}
				s := d.box(t, path, Options{})
				since := make(map[string]time.Time)
				for _, death := range dead(t, s, "silent", "heard") {
					since[death.ID] = death.Deadline
					require.Equal(t, 1, d.during(func() { require.True(t, withdrawn(t, s, death)) }))
					require.False(t, withdrawn(t, s, death))
					require.Equal(t, lifetime, remaining(t, s, death.ID))
				}
				watch(t, s, 30*time.Second)
				require.NoError(t, s.RefreshTTL(ctx, "heard"))
				watch(t, s, 15*time.Second) // a checkpoint
				for _, dies := range [][]string{{"heard", "silent"}, {"silent"}} {
					path = ends(t, s, path)
					s = box(t, path, Options{})
					require.True(t, online(t, s, "silent"))
					watch(t, s, lifetime+15*time.Second)
					watchOutGrace(t, s)
					deaths := claim(t, s, 10)
					require.ElementsMatch(t, dies, idsOf(deaths))
					for _, death := range deaths {
						if death.ID == "heard" {
							require.Equal(t, death.Deadline, death.Since)
							require.True(t, acknowledged(t, s, death))
							continue
						}
						require.WithinDuration(t, since[death.ID], death.Since, unit)
						require.True(t, withdrawn(t, s, death))
					}
				}
			})
		})
	}
}

func TestSinceOutlivesTheStoreWithTheDeath(t *testing.T) {
	for name, ends := range endings {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := context.Background()
				path := newPath(t)
				s := box(t, path, Options{})
				var since time.Time
				for _, d := range dead(t, s, "found", "begun", "expired") {
					since = d.Since
					require.True(t, withdrawn(t, s, d))
				}
				watch(t, s, time.Minute)
				require.NoError(t, s.Expire(ctx, "expired"))
				watch(t, s, 2*time.Minute+15*time.Second) // and a checkpoint
				for _, d := range claim(t, s, 10) {
					if d.ID == "begun" {
						require.Equal(t, driver.Held, begun(t, s, d))
					}
				}
				path = ends(t, s, path)
				s = box(t, path, Options{})
				watchOutGrace(t, s)
				deaths := claim(t, s, 10)
				require.Len(t, deaths, 3)
				for _, d := range deaths {
					require.WithinDuration(t, since, d.Since, unit, d.ID)
					require.Greater(t, d.Deadline.Sub(since), time.Minute-unit)
				}
			})
		})
	}
}
