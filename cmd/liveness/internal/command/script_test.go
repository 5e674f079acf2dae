package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/molecule-ai/liveness/backends"
	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// asProgram makes the test binary be the program.
const asProgram = "LIVENESS_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		program()
	}
	testscript.Main(m, map[string]func(){"liveness": program})
}

func program() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// The scripts in testdata are sessions of an operator: those in every on each kind of
// store, those in file and server on that kind.
func TestSessions(t *testing.T) {
	t.Parallel()
	t.Run("on a file", func(t *testing.T) {
		for _, dir := range []string{"every", "file"} {
			runScripts(t, dir, func(env *testscript.Env) error {
				env.Setenv("STORE", "bolt:edge.db")
				s, err := boltstore.Open(filepath.Join(env.WorkDir, "edge.db"), boltstore.Options{})
				if err != nil {
					return err
				}
				return s.Close()
			})
		}
	})
	t.Run("on a Redis", func(t *testing.T) {
		for _, dir := range []string{"every", "server"} {
			runScripts(t, dir, func(env *testscript.Env) error {
				server := redistest.Start(env.T().(testing.TB))
				env.Values["t"], env.Values["server"] = env.T(), server
				env.Setenv("STORE", "redis://"+server.Addr())
				return nil
			})
		}
	})
}

func runScripts(t *testing.T, dir string, setup func(*testscript.Env) error) {
	testscript.Run(t, testscript.Params{
		Dir:   filepath.Join("testdata", dir),
		Setup: setup,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exit":        exit,
			"far-away":    farAway,
			"held":        held,
			"hold-open":   holdOpen,
			"looked":      looked,
			"looks":       looks,
			"redis":       askRedis,
			"server-ends": func(ts *testscript.TestScript, _ bool, _ []string) { serverOf(ts).Kill() },
		},
	})
}

// exit runs a program and wants its exit code: exit CODE PROGRAM ARGUMENT...
func exit(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var failed *exec.ExitError
	if !errors.As(err, &failed) || failed.ExitCode() != want {
		ts.Fatalf("it ended with %v, want the exit code %d", err, want)
	}
}

// holdOpen runs a program while a platform has the file open on which a thousand
// workspaces are online, and leaves the file larger than it need be:
// hold-open FILE CODE PROGRAM ARGUMENT...
func holdOpen(ts *testscript.TestScript, _ bool, args []string) {
	ctx := context.Background()
	file := ts.MkAbs(args[0])
	s, err := boltstore.Open(file, boltstore.Options{})
	ts.Check(err)
	var all sync.WaitGroup
	for i := range 1000 {
		all.Go(func() {
			if err := s.SetOnline(ctx, fmt.Sprint("agent-", i)); err != nil {
				ts.Logf("%v", err)
			}
		})
	}
	all.Wait()
	defer func() {
		const large = 1 << 20
		ts.Check(s.Close())
		ts.Check(os.Truncate(file, large))
	}()
	exit(ts, false, args[1:])
}

// held has the workspaces fall silent in the store, and a hold keep back their deaths:
// held ID...
func held(ts *testscript.TestScript, _ bool, ids []string) {
	const moment = 10 * time.Millisecond
	ctx := context.Background()
	url := ts.Getenv("STORE")
	if path, file := boltPath(url); file {
		url = "bolt://" + ts.MkAbs(path)
	}
	s, err := backends.Open(ctx, url, backends.Options{})
	ts.Check(err)
	defer func() { ts.Check(s.Close()) }()
	for _, id := range ids {
		ts.Check(store.SetOnlineFor(ctx, s, id, moment))
	}
	reaper, _ := store.As[driver.Reaper](s)
	for dead := 0; dead < len(ids); time.Sleep(moment) {
		swept, err := reaper.Sweep(ctx, 0, driver.SweepOptions{Interval: time.Second})
		ts.Check(err)
		dead += len(swept.Detected)
	}
	before, err := reaper.Note(ctx, 0, "", "")
	ts.Check(err)
	now := time.Now().Format(time.RFC3339Nano)
	_, err = reaper.Note(ctx, 0, before, fmt.Sprintf(`{"rev":%d,"hold":%q,"evidence":%q,"reason":"2 of 2 are silent"}`, time.Now().UnixNano(), now, now))
	ts.Check(err)
}
