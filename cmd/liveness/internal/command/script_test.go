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

	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/internal/redistest"
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
			"hold-open":   holdOpen,
			"looked":      looked,
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
// workspaces are online: hold-open FILE CODE PROGRAM ARGUMENT...
func holdOpen(ts *testscript.TestScript, _ bool, args []string) {
	ctx := context.Background()
	s, err := boltstore.Open(ts.MkAbs(args[0]), boltstore.Options{})
	ts.Check(err)
	defer func() { ts.Check(s.Close()) }()
	var all sync.WaitGroup
	for i := range 3000 {
		all.Go(func() {
			id := fmt.Sprint("agent-", i)
			if err := s.SetOnline(ctx, id); err != nil {
				ts.Logf("%v", err)
			}
			if i >= 1000 {
				_ = s.Clear(ctx, id)
			}
		})
	}
	all.Wait()
	exit(ts, false, args[1:])
}

// looked returns once a watch has looked at the server, from the beginning to the end.
func looked(ts *testscript.TestScript, _ bool, _ []string) {
	const looks = 3 // one may be under way, and one may be told still
	t := ts.Value("t").(testing.TB)
	deadline := time.Now().Add(time.Minute)
	for seen := serverOf(ts).Commands(t, "scan"); serverOf(ts).Commands(t, "scan") < seen+looks; {
		if time.Now().After(deadline) {
			ts.Fatalf("for a minute no watch has looked at the server")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func serverOf(ts *testscript.TestScript) *redistest.Server {
	return ts.Value("server").(*redistest.Server)
}
