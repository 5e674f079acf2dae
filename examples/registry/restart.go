package main

import (
	"context"
	"fmt"
	"log/slog"
	"os/exec"
	"time"

	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// bootTime is how long a workspace may take from its restart to its first
// heartbeat. If none comes in that time, it is a death again.
const bootTime = 2 * time.Minute

// restarter returns the handler of deaths. It runs the command with the id of the
// workspace; without a command it only logs. A platform calls its own code here.
func restarter(s store.LivenessStore, command []string, log *slog.Logger) monitor.Handler {
	return func(ctx context.Context, d monitor.Death) error {
		if len(command) == 0 {
			log.Info("registry: nothing to restart it with: RESTART is not set", "id", d.ID)
			return nil
		}
		if err := monitor.Recheck(ctx); err != nil {
			return err // it came back, or is another monitor's: leave it alone
		}
		args := append(command[1:len(command):len(command)], "--", d.ID)
		if out, err := exec.CommandContext(ctx, command[0], args...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", command[0], err, out) // again later
		}
		return store.SetOnlineFor(ctx, s, d.ID, bootTime)
	}
}
