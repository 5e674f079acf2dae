// Command liveness is the operator's tool for liveness stores. Run it without
// arguments for the list of its commands.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/redis/go-redis/v9/logging"

	"github.com/molecule-ai/liveness/cmd/liveness/internal/command"
)

func main() {
	logging.Disable() // of go-redis: what matters is in errors
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // the second signal ends the process at once
	os.Exit(command.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
