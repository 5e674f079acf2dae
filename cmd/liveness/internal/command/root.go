// Package command is the program liveness: one file for each of its commands.
//
// Start with [Run]. A command is a constructor, such as newVersion, that takes the
// [app] and that newRoot lists.
//
//	root.go     Run, the list of the commands
//	usage.go    command lines that can never work, and the right ones
//	app.go      shared by the commands: the store
//	confirm.go  a question on the terminal before what cannot be undone
//	failure.go  the last line on the screen, the exit code
//	output.go   tables for people, JSON for programs
//
//	snapshot.go                two looks at a store, and the events between them
//	boltmark.go, rediskeys.go  for simulate: files and keys of its own
package command

import (
	"context"
	"io"

	"github.com/spf13/cobra"
)

const about = `liveness shows and changes which workspaces are online, where each can be
reached, and who died, in the store of a platform.

The store is named by --store or by the environment variable LIVENESS_STORE:

  bolt:edge.db                         a file, by its relative path
  bolt:///var/lib/edge.db              a file, by its absolute path
  redis://user:password@host:6379/0    a Redis server; rediss:// with TLS
  redis://host:26379/0?master_name=m   Redis with Sentinel
  redis://host:6379?cluster=true       Redis Cluster

With --json, standard output has one JSON object, or one on each line where the
command lists something. Durations in JSON are in nanoseconds. Errors are text, on
standard error, and the last line on the screen.

Exit codes: 0 done; 1 failed, or found something wrong; 2 wrong usage.`

// Run runs the command that args name and returns the exit code of the process.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr}
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	c, err := root.ExecuteContextC(ctx)
	return a.end(c, err)
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "liveness COMMAND",
		Short: "Show and change which workspaces are online",
		Long:  about,
		Example: `  export LIVENESS_STORE=redis://localhost:6379/0
  liveness ls
  liveness get agent-7`,
		Args:          cobra.ArbitraryArgs,
		SilenceUsage:  true,
		SilenceErrors: true,

		SuggestionsMinimumDistance: 2,

		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(c, args[0])
			}
			c.SetOut(a.stderr)
			_ = c.Help() // the error that follows is the answer
			return usagef("name one of the commands above")
		},
		PersistentPreRunE: a.begin,
	}
	root.PersistentFlags().StringVar(&a.url, "store", "", "`URL` of the store (default: that in LIVENESS_STORE)")
	root.PersistentFlags().StringVar(&a.prefix, "prefix", "", "`text` before every key of the platform on its Redis (default: its usual one)")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "write JSON for programs")
	root.SetFlagErrorFunc(unknownFlag)
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	root.SetHelpCommand(newHelp())
	for _, g := range []struct {
		title    string
		commands []*cobra.Command
	}{
		{"Look:", []*cobra.Command{newLs(a), newGet(a), newWatch(a), newDeaths(a), newStatus(a), newAdvise(a)}},
		{"Order the monitors:", []*cobra.Command{newPause(a), newResume(a), newEndHold(a)}},
		{"Change workspaces:", []*cobra.Command{newSetOnline(a), newExpire(a), newClear(a)}},
		{"Care for the store:", []*cobra.Command{newDoctor(a), newVerify(a), newCopy(a), newCompact(a)}},
		{"Try it:", []*cobra.Command{newSimulate(a)}},
		{"This program:", []*cobra.Command{newVersion(a)}},
	} {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title})
		for _, c := range g.commands {
			c.GroupID = g.title
			root.AddCommand(c)
		}
	}
	root.SetHelpCommandGroupID("This program:")
	root.SetCompletionCommandGroupID("This program:")
	return root
}

// newHelp differs from cobra's in that an unknown command is an error.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Explain a command",
		Long:  "Explains a command, or lists all of them.",
		Example: `  liveness help
  liveness help simulate`,
		RunE: func(c *cobra.Command, args []string) error {
			of, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(c.Root(), args[0])
			}
			of.InitDefaultHelpFlag()
			return of.Help()
		},
	}
}
