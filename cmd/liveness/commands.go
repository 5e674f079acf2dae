package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
)

// The exit codes of every command.
const (
	exitOK     = 0
	exitFailed = 1 // it could not be done, or its result cannot be trusted
	exitUsage  = 2 // it was called wrongly
)

type command struct {
	name    string
	summary string
	run     func(ctx context.Context, args []string, stdout, stderr io.Writer) int
}

func commands() []command {
	return []command{
		{"simulate", "replay a fleet with stalling leaders and real deaths against a store", runSimulate},
		{"version", "print the version of this program", runVersion},
		{"help", "print this list", runHelp},
	}
}

// run runs the command that args name and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		usage(stderr)
		return exitUsage
	}
	name := args[0]
	if isHelp(name) {
		name = "help"
	}
	for _, c := range commands() {
		if c.name == name {
			return c.run(ctx, args[1:], stdout, stderr)
		}
	}
	fmt.Fprintf(stderr, "liveness: unknown command %q\n\n", name)
	usage(stderr)
	return exitUsage
}

// isHelp reports whether an argument asks for help.
func isHelp(arg string) bool {
	return arg == "help" || arg == "-h" || arg == "--help" || arg == "-help"
}

func runHelp(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && !isHelp(args[0]) {
		return run(ctx, []string{args[0], "--help"}, stdout, stderr)
	}
	usage(stdout)
	return exitOK
}

func usage(w io.Writer) {
	fmt.Fprint(w, "Usage: liveness COMMAND [OPTIONS]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.summary)
	}
	fmt.Fprint(w, `
"liveness help COMMAND" explains a command.
Exit codes: 0 done; 1 failed, or the result cannot be trusted; 2 wrong usage.
`)
}

// parse reads the options of a command, which takes no arguments. If the
// command must not go on, it reports false and the exit code.
func parse(f *flag.FlagSet, args []string, about string, stdout, stderr io.Writer) (code int, ok bool) {
	f.SetOutput(io.Discard)
	err := f.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		explain(f, about, stdout)
		return exitOK, false
	case err == nil && f.NArg() == 0:
		return exitOK, true
	case err == nil:
		err = fmt.Errorf("%d arguments without an option; options look like --name value", f.NArg())
	}
	fmt.Fprintf(stderr, "liveness %s: %v\n\n", f.Name(), err)
	explain(f, about, stderr)
	return exitUsage, false
}

func explain(f *flag.FlagSet, about string, w io.Writer) {
	fmt.Fprintf(w, "Usage: liveness %s [OPTIONS]\n\n%s", f.Name(), about)
	f.VisitAll(func(o *flag.Flag) {
		kind, text := flag.UnquoteUsage(o)
		fmt.Fprintf(w, "  %-22s %s", "--"+o.Name+" "+kind, text)
		if o.DefValue != "" && o.DefValue != "false" {
			fmt.Fprintf(w, " (default %s)", o.DefValue)
		}
		fmt.Fprintln(w)
	})
}
