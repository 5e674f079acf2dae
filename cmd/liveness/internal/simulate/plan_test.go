package simulate

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPlan(t *testing.T) {
	t.Run("the same seed plans the same fleet", func(t *testing.T) {
		require.Equal(t, newPlans(incident(), "a"), newPlans(incident(), "a"))

		other := incident()
		other.Seed++
		require.NotEqual(t, newPlans(incident(), "a"), newPlans(other, "a"))
	})

	t.Run("a stalled leader is silent for longer than 60 s and never for 150 s", func(t *testing.T) {
		c := incident()
		c.Leaders, c.Deaths = c.Workspaces, 0
		stalls := 0
		for _, p := range newPlans(c, "a") {
			last := p.phase
			for at, held := range p.beats() {
				if at > c.Duration {
					break
				}
				if held {
					stalls++
					require.Greater(t, at-last, 60*time.Second)
				} else {
					require.LessOrEqual(t, at-last, heartbeat)
				}
				require.Less(t, at-last, 150*time.Second)
				last = at
			}
		}
		require.Greater(t, stalls, 2*c.Workspaces, "each leader stalls several times")
	})

	t.Run("a workspace that dies sends heartbeats until then", func(t *testing.T) {
		p := plan{phase: 10 * time.Second, death: 65 * time.Second}
		var sent []time.Duration
		for at := range p.beats() {
			sent = append(sent, at)
		}
		require.Equal(t, []time.Duration{10 * time.Second, 40 * time.Second}, sent)
	})

	t.Run("after a stall the phase is what it was", func(t *testing.T) {
		p := plan{phase: 10 * time.Second, stalls: []span{{30 * time.Second, 95 * time.Second}}, death: 140 * time.Second}
		var sent []time.Duration
		for at := range p.beats() {
			sent = append(sent, at)
		}
		require.Equal(t, []time.Duration{10 * time.Second, 95 * time.Second, 100 * time.Second, 130 * time.Second}, sent)
	})
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
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			c := incident()
			change(&c)
			_, err := Run(t.Context(), c)
			require.ErrorContains(t, err, name+", want ")
		})
	}
}
