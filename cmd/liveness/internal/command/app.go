package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/molecule-ai/liveness/backends"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// app is shared by the commands.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer

	url, prefix string // as typed
	json        bool
	began       bool // the command line was right so far
}

// begin runs before each command.
func (a *app) begin(c *cobra.Command, _ []string) error {
	if err := errors.Join(c.ValidateRequiredFlags(), c.ValidateFlagGroups()); err != nil {
		return err
	}
	a.began = true
	return nil
}

// storeURL returns the URL of --store or of LIVENESS_STORE.
func (a *app) storeURL() (string, error) {
	if a.url != "" {
		return a.url, nil
	}
	if env := os.Getenv("LIVENESS_STORE"); env != "" {
		return env, nil
	}
	return "", usagef("no store is named; use --store URL or set LIVENESS_STORE, such as bolt:edge.db or redis://localhost:6379/0")
}

// longestKept is a KeepDeaths with which no look at a store drops a death.
const longestKept = 365 * 24 * time.Hour

// open opens the store of a platform, and the caller closes it. The store exists
// already and outlives this process: a file that is absent is not made, and memory:
// is refused.
func (a *app) open(ctx context.Context, o backends.Options) (store.LivenessStore, error) {
	raw, err := a.storeURL()
	if err != nil {
		return nil, err
	}
	return a.openAt(ctx, raw, a.prefix, o)
}

// openAt is open of the store at a URL.
func (a *app) openAt(ctx context.Context, raw, prefix string, o backends.Options) (store.LivenessStore, error) {
	if err := refuseMemory(raw); err != nil {
		return nil, err
	}
	if path, ok := boltPath(raw); ok {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s does not exist; a platform makes it when it first opens it", path)
		}
	}
	o.Prefix, o.KeepDeaths = prefix, longestKept
	return backends.Open(ctx, raw, o)
}

func refuseMemory(raw string) error {
	if scheme, _, _ := strings.Cut(raw, ":"); strings.EqualFold(scheme, "memory") {
		return usagef("memory: is the memory of one process, and this is another one; name a store that both can open, such as bolt:edge.db or redis://localhost:6379/0")
	}
	return nil
}

// with opens the store of a platform as open does, and closes it after use.
func (a *app) with(ctx context.Context, o backends.Options, use func(store.LivenessStore) error) error {
	s, err := a.open(ctx, o)
	if err != nil {
		return err
	}
	return errors.Join(use(s), s.Close())
}

// withMonitor is with beside a monitor of the store that does not run: it reads the state
// that the others share, and gives orders.
func (a *app) withMonitor(ctx context.Context, use func(store.LivenessStore, *monitor.Monitor) error) error {
	return a.with(ctx, backends.Options{}, func(s store.LivenessStore) error {
		m, err := monitor.New(s, monitor.Config{})
		if err != nil {
			return err
		}
		return use(s, m)
	})
}

// boltPath returns the path of the file that a URL of package backends names.
func boltPath(raw string) (path string, ok bool) {
	u, err := url.Parse(raw)
	if err != nil || !strings.EqualFold(u.Scheme, "bolt") {
		return "", false
	}
	path, err = url.PathUnescape(u.Opaque)
	return path + u.Path, err == nil && path+u.Path != ""
}

// confirm asks a question on the terminal. Where there is none, only yes, the value
// of --yes, answers it.
func (a *app) confirm(ctx context.Context, yes bool, format string, args ...any) error {
	if yes {
		return nil
	}
	if !isTerminal(a.stdin) {
		return usagef("standard input is no terminal to ask on; --yes does it without asking")
	}
	fmt.Fprint(a.stderr, plain(fmt.Sprintf(format, args...)), " [y/N] ")
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(a.stdin).ReadString('\n') // the end of the input is no yes
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
		return fmt.Errorf("not done: %w", ctx.Err())
	case said := <-answer:
		if said == "y" || said == "yes" {
			return nil
		}
	}
	return errors.New("not done, as answered")
}

// isTerminal reports whether a stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
