package command

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/molecule-ai/liveness/backends"
	"github.com/molecule-ai/liveness/store"
)

// The exit codes of every command.
const (
	exitOK     = 0
	exitFailed = 1 // it failed, or found something wrong
	exitUsage  = 2 // it was called wrongly
)

// errReported makes a command exit with 1 where its output says why already.
var errReported = errors.New("the output says what is wrong")

// end writes why a command failed and returns the exit code.
func (a *app) end(c *cobra.Command, err error) int {
	var usage usageError
	wrong := !a.began || errors.As(err, &usage)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errReported):
		return exitFailed
	case wrong && c.HasParent():
		fmt.Fprintf(a.stderr, "Usage: %s\n\"liveness help %s\" explains it.\n\n", c.UseLine(), c.Name())
	case wrong:
		fmt.Fprint(a.stderr, "\"liveness help\" lists the commands.\n\n")
	}
	text := strings.NewReplacer("context canceled", "interrupted", "interrupt signal received", "interrupted", "Options.Prefix", "--prefix").
		Replace(withoutPasswords(strings.TrimPrefix(err.Error(), "liveness: ")))
	fmt.Fprintf(a.stderr, "%s: %s%s\n", c.CommandPath(), text, a.advice(err))
	if wrong || errors.Is(err, store.ErrInvalid) {
		return exitUsage
	}
	return exitFailed
}

// advice says what to do about an error, where the error itself cannot know.
func (a *app) advice(err error) string {
	_, file := boltPath(a.named)
	switch {
	case errors.Is(err, store.ErrUnavailable) && a.named != "" && !file:
		return "; the store is " + backends.Redact(a.named)
	case errors.Is(err, store.ErrLocked):
		return "; only one process at a time can open a file: stop the platform that has it open, or try again when it has ended; \"liveness doctor\" can look at it meanwhile"
	}
	return ""
}

// withoutPasswords hides the user and the password of each URL in a text: a URL may have
// been typed where another argument belongs.
func withoutPasswords(text string) string {
	return regexp.MustCompile(`://[^\s"']*@`).ReplaceAllStringFunc(text, func(user string) string {
		if strings.Contains(user, "xxxxx") || user == "://user:password@" || user == "://:password@" {
			return user // by backends.Redact, which keeps the user; or an example
		}
		return "://xxxxx@"
	})
}
