package board

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// Test runs the tests of a make target, one package after another, and writes the output of
// "go test -json" to log. A test that fails is no error: the page tells of it.
func Test(set Set, log, progress io.Writer) error {
	var order []string
	patterns := make(map[string][]string)
	for _, t := range testsOf(set) {
		if patterns[t.room] == nil {
			order = append(order, t.room)
		}
		if !slices.Contains(patterns[t.room], t.pattern()) {
			patterns[t.room] = append(patterns[t.room], t.pattern())
		}
	}
	for _, room := range order {
		args := []string{"test", "-json", "-count=1", "-timeout=90m", "-run", strings.Join(patterns[room], "|"), "./" + room}
		fmt.Fprintln(progress, "go", strings.Join(args, " "))
		c := exec.Command("go", args...)
		c.Env = append(os.Environ(), "CONFORMANCE_STRICT=1")
		if set == Long {
			c.Env = append(c.Env, "LIVENESS_FULL=1")
		}
		c.Stdout, c.Stderr = log, progress
		var failed *exec.ExitError
		if err := c.Run(); err != nil && !errors.As(err, &failed) {
			return err
		}
	}
	return nil
}

// testsOf returns the tests of a target, in the order of the rows.
func testsOf(set Set) (list []test) {
	for _, row := range rows {
		switch {
		case set == Mutants:
			list = append(list, row.by)
		case set == row.set:
			list = append(list, row.tests...)
		}
	}
	return list
}

// pattern is what selects exactly this test.
func (t test) pattern() string {
	parts := strings.Split(t.name, "/")
	for i, part := range parts {
		parts[i] = "^" + part + "$"
	}
	return strings.Join(parts, "/")
}
