package simulate

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPlan(t *testing.T) {
	t.Run("the same seed plans the same fleet", func(t *testing.T) {
		require.Equal(t, newPlans(incident(), "a", false), newPlans(incident(), "a", false))

		other := incident()
		other.Seed++
		require.NotEqual(t, newPlans(incident(), "a", false), newPlans(other, "a", false))
	})

	t.Run("a stalled leader is silent for longer than 60 s and never for 150 s", func(t *testing.T) {
		c := incident()
		c.Leaders, c.Deaths = c.Workspaces, 0
		stalls := 0
		for _, p := range newPlans(c, "a", false) {
			last := p.phase
			for b := p.next(last, 0); b.at <= c.Duration; b = p.next(b.at, 0) {
				if b.held {
					stalls++
					require.Greater(t, b.at-last, 60*time.Second)
				} else {
					require.LessOrEqual(t, b.at-last, heartbeat)
				}
				require.Less(t, b.at-last, 150*time.Second)
				last = b.at
			}
		}
		require.Greater(t, stalls, 2*c.Workspaces, "each leader stalls several times")
	})

	t.Run("after a stall the phase is what it was", func(t *testing.T) {
		p := plan{phase: 10 * time.Second, stalls: []span{{30 * time.Second, 95 * time.Second}}}
		require.Equal(t, []time.Duration{10 * time.Second, 95 * time.Second, 100 * time.Second, 130 * time.Second}, sent(p, 0, 4))
	})

	t.Run("a workspace that was started anew does not go on with its stall", func(t *testing.T) {
		p := plan{phase: 10 * time.Second, stalls: []span{{30 * time.Second, 95 * time.Second}, {125 * time.Second, 300 * time.Second}}}
		require.Equal(t, []time.Duration{70 * time.Second, 100 * time.Second, 300 * time.Second}, sent(p, 50*time.Second, 3))
	})

	t.Run("a leader that announces its stalls sends a heartbeat when one begins", func(t *testing.T) {
		p := plan{phase: 10 * time.Second, stalls: []span{{30 * time.Second, 95 * time.Second}}, announces: true}
		require.Equal(t, beat{at: 30 * time.Second, announces: true}, p.next(10*time.Second, 0))
		require.Equal(t, []time.Duration{10 * time.Second, 30 * time.Second, 95 * time.Second, 100 * time.Second}, sent(p, 0, 4))
	})

	t.Run("there is no stall and no death before the grace at the start is over", func(t *testing.T) {
		c := incident()
		c.Leaders, c.Deaths = 100, 100
		for _, p := range newPlans(c, "a", false) {
			if p.leader {
				require.GreaterOrEqual(t, p.stalls[0].from, calm)
			} else {
				require.GreaterOrEqual(t, p.death, calm)
			}
		}
	})
}

// sent returns when a workspace that was started at a time sends its next n
// heartbeats.
func sent(p plan, started time.Duration, n int) []time.Duration {
	var all []time.Duration
	for at := started - 1; len(all) < n; {
		at = p.next(at, started).at
		all = append(all, at)
	}
	return all
}

func TestConfig(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"--workspaces is 0":  func(c *Config) { c.Workspaces = 0 },
		"--leaders is -1":    func(c *Config) { c.Leaders = -1 },
		"--leaders is 201":   func(c *Config) { c.Leaders = 201 },
		"--deaths is 197":    func(c *Config) { c.Deaths = 197 },
		"--speed is 0":       func(c *Config) { c.Speed = 0 },
		"--speed is 1001":    func(c *Config) { c.Speed = 1001 },
		"--duration is 9m0s": func(c *Config) { c.Duration = 9 * time.Minute },
		"--monitors is 0":    func(c *Config) { c.Monitors = 0 },
		"--monitors is 1":    func(c *Config) { c.KillMonitor = true },
		"--deaths is 0":      func(c *Config) { c.Deaths, c.Monitors, c.KillMonitor = 0, 2, true },
		"--outage is 1m30s":  func(c *Config) { c.Outage = 90 * time.Second },
		"--outage is -1s":    func(c *Config) { c.Outage = -time.Second },
		"--outage is 20m1s":  func(c *Config) { c.Outage = 20*time.Minute + time.Second },
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			c := incident()
			change(&c)
			_, err := Run(t.Context(), c)
			require.ErrorContains(t, err, name+", want ")
		})
	}
}
