package command

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/molecule-ai/liveness/backends"
	"github.com/molecule-ai/liveness/store"
)

// usageError is a command line that can never work.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

// usagef returns an error whose text says what would be right.
func usagef(format string, args ...any) error {
	return usageError{fmt.Sprintf(format, args...)}
}

// noArgs refuses arguments without showing them: one may be a URL with a password.
func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("accepts no argument, received %d; options look like --name value", len(args))
	}
	return nil
}

// atLeastOne wants one argument or more, which names says.
func atLeastOne(names string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usagef("an argument is missing: %s", names)
		}
		return nil
	}
}

// one wants exactly one argument, which names says.
func one(names string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usagef("wants one argument, %s, and received %d", names, len(args))
		}
		return nil
	}
}

// checkIDs returns an error about the first id that no workspace can have.
func checkIDs(ids []string) error {
	for _, id := range ids {
		if strings.Contains(id, "://") {
			return usagef("a URL cannot be the id of a workspace; a store is named by --store")
		}
		if err := store.CheckID(id); err != nil {
			return usagef("%q cannot be the id of a workspace: %v", id, err)
		}
	}
	return nil
}

// hasPassword reports whether a word is a URL with a password.
func hasPassword(word string) bool {
	return strings.Contains(word, "://") && backends.Redact(word) != word
}

func unknownCommand(root *cobra.Command, name string) error {
	if strings.ContainsAny(name, ":@/") {
		name = backends.Redact(name) // it may be a URL for --store
	}
	return usagef("unknown command %q%s", name, didYouMean("", root.SuggestionsFor(name)))
}

func unknownFlag(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var unfit *pflag.InvalidValueError
	switch {
	case errors.As(err, &unfit):
		return usagef("--%s is %q, want %s", unfit.GetFlag().Name, unfit.GetValue(), wanted(unfit.GetFlag().Value.Type()))
	case !errors.As(err, &unknown):
		return usageError{err.Error()}
	}
	flags := &cobra.Command{SuggestionsMinimumDistance: 2}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		flags.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
	})
	return usagef("%v%s", err, didYouMean("--", flags.SuggestionsFor(unknown.GetSpecifiedName())))
}

// wanted says which values a type of a flag takes.
func wanted(kind string) string {
	switch kind {
	case "duration", "durationSlice":
		return "a time such as 90s, 15m or 2h"
	case "bool":
		return "true or false"
	}
	return "a whole number"
}

func didYouMean(prefix string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "; did you mean " + prefix + strings.Join(names, " or "+prefix) + "?"
}
