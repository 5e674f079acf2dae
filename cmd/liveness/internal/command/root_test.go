package command

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// called runs the program in this process.
func called(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = Run(t.Context(), args, strings.NewReader(""), &out, &err)
	return code, out.String(), err.String()
}

// commands returns those of the program itself.
func commands() []*cobra.Command { return newRoot(&app{}).Commands() }

func TestCommands(t *testing.T) {
	t.Run("without a command the list is the answer", func(t *testing.T) {
		code, stdout, stderr := called(t)
		require.Equal(t, exitUsage, code)
		require.Empty(t, stdout)
		for _, c := range commands() {
			require.Contains(t, stderr, "\n  "+c.Name()+" ")
		}
		require.Equal(t, "liveness: name one of the commands above", lastLine(stderr))
	})

	for _, args := range [][]string{{"help"}, {"--help"}, {"-h"}} {
		t.Run("to ask for help is no error: "+strings.Join(args, " "), func(t *testing.T) {
			code, stdout, stderr := called(t, args...)
			require.Equal(t, exitOK, code)
			require.Contains(t, stdout, "\n  simulate ")
			require.Contains(t, stdout, "Exit codes:")
			require.Empty(t, stderr)
		})
	}

	for _, c := range commands() {
		t.Run("help explains "+c.Name(), func(t *testing.T) {
			require.NotEmpty(t, c.Short)
			require.NotEmpty(t, c.Long)
			require.False(t, strings.HasSuffix(c.Short, "."))
			for line := range strings.SplitSeq(strings.TrimRight(c.Example, "\n"), "\n") {
				require.Regexp(t, `^  (liveness|export|cp|systemctl) `, line, "an example is indented and works as typed")
			}
			for _, args := range [][]string{{"help", c.Name()}, {c.Name(), "--help"}} {
				code, stdout, stderr := called(t, args...)
				require.Equal(t, exitOK, code)
				require.Contains(t, stdout, c.Long)
				require.Contains(t, stdout, c.Example)
				require.Empty(t, stderr)
			}
		})
	}

	for line, want := range map[string]string{
		"simulat":               "liveness: unknown command \"simulat\"; did you mean simulate?",
		"help simulat":          "liveness help: unknown command \"simulat\"; did you mean simulate?",
		"claer a":               "liveness: unknown command \"claer\"; did you mean clear?",
		"list":                  "liveness: unknown command \"list\"; did you mean ls?",
		"ls --sotr id":          "liveness ls: unknown flag: --sotr; did you mean --sort?",
		"ls -x":                 "liveness ls: unknown shorthand flag: 'x' in -x",
		"ls --sort":             "liveness ls: flag needs an argument: --sort",
		"redis://:hunter2@host": "liveness: unknown command \"redis://:xxxxx@host\"",
		"ls redis://:hunter2@h": "liveness ls: accepts no argument, received 1; options look like --name value",
		"get":                   "liveness get: an argument is missing: the id of a workspace",
	} {
		t.Run(line+" is wrong usage, and the last line says what would be right", func(t *testing.T) {
			code, stdout, stderr := called(t, strings.Fields(line)...)
			require.Equal(t, exitUsage, code)
			require.Empty(t, stdout)
			require.Equal(t, want, lastLine(stderr))
			require.NotContains(t, stderr, "hunter2")
		})
	}

	t.Run("version names the Go it was built with", func(t *testing.T) {
		code, stdout, _ := called(t, "version")
		require.Equal(t, exitOK, code)
		require.Regexp(t, `^liveness \S+ go1\.\S+ \w+/\w+\n$`, stdout)
	})
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
