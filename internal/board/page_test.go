package board

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// said is the output of a test that reports these figures and ends so.
func said(at test, outcome, row string, f Figures) string {
	var b strings.Builder
	line, _ := json.Marshal(report{row, f})
	write := json.NewEncoder(&b)
	_ = write.Encode(map[string]string{"Action": "output", "Package": module + at.room, "Test": at.name, "Output": "x_test.go:1: " + mark + string(line) + "\n"})
	_ = write.Encode(map[string]string{"Action": outcome, "Package": module + at.room, "Test": at.name})
	return b.String()
}

func TestARowPassesOnlyIfItsTestsDidEnough(t *testing.T) {
	at := row{name: rows[len(rows)-1].name, set: Short, tests: in("redisstore", "TestOne")}
	enough := Figures{Operations: 10, FloorOperations: 10}
	for want, output := range map[string]string{
		"PASS":                          said(at.tests[0], "pass", at.name, enough),
		"**FAIL**":                      said(at.tests[0], "fail", at.name, enough),
		"NOT RUN: skipped":              said(at.tests[0], "skip", at.name, enough),
		"**FAIL**: below the floor":     said(at.tests[0], "pass", at.name, Figures{Operations: 9, FloorOperations: 10}),
		"**FAIL**: a test did not run":  said(test{"redisstore", "TestOther"}, "pass", at.name, enough),
		"**FAIL**: nothing was counted": said(at.tests[0], "pass", at.name, Figures{Operations: 9}),
	} {
		r := NewResults()
		require.NoError(t, r.Read(Short, strings.NewReader(output)))
		assert.Equal(t, want, r.verdict(at, r.figuresOf(at)))
		assert.Equal(t, "NOT RUN", r.verdict(row{name: at.name, set: Long, tests: at.tests}, Figures{}))
	}
	violated := NewResults()
	require.NoError(t, violated.Read(Short, strings.NewReader(said(at.tests[0], "pass", at.name, Figures{Operations: 10, Violations: 1, FloorOperations: 10}))))
	assert.Equal(t, "**FAIL**", violated.verdict(at, violated.figuresOf(at)))
}

func TestAReportForNoRowIsAnError(t *testing.T) {
	output := said(test{"redisstore", "TestOne"}, "pass", "no such row", Figures{})
	require.ErrorContains(t, NewResults().Read(Short, strings.NewReader(output)), "no row")
}

func TestTheListOfRowsIsSound(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range rows {
		line := fmt.Sprint(r.name, r.set)
		assert.False(t, seen[line], "%s twice", line)
		seen[line] = true
		assert.NotEmpty(t, r.planted, "%s: a planted bug", r.name)
		assert.NotContains(t, r.name, "|")
		for _, at := range append(r.tests, r.by) {
			top, _, _ := strings.Cut(at.name, "/")
			assert.Contains(t, sourceOf(t, at.room), "\nfunc "+top+"(t *testing.T)", "%s: %s has no %s", r.name, at.room, top)
		}
	}
}

// sourceOf returns the text of all tests of a room.
func sourceOf(t *testing.T, room string) (all string) {
	files, err := filepath.Glob(filepath.Join("..", "..", room, "*_test.go"))
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		all += string(text)
	}
	return all
}
