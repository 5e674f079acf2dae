package conformance

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// comments returns the text of all comments of a file of package store, each
// paragraph on one line.
func comments(t *testing.T, file string) (paragraphs []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "store", file), nil, parser.ParseComments)
	require.NoError(t, err)
	for _, group := range parsed.Comments {
		paragraphs = append(paragraphs, lines(group)...)
	}
	return paragraphs
}

func lines(group *ast.CommentGroup) (paragraphs []string) {
	for paragraph := range strings.SplitSeq(group.Text(), "\n\n") {
		paragraphs = append(paragraphs, strings.Join(strings.Fields(paragraph), " "))
	}
	return paragraphs
}

func TestTheClausesAreThoseOfPackageStore(t *testing.T) {
	numbered := regexp.MustCompile(`^([CR]\d+)\. (.*)$`)
	stated := map[string]string{}
	for _, file := range []string{"doc.go", "driver/doc.go"} {
		for _, paragraph := range comments(t, file) {
			if clause := numbered.FindStringSubmatch(paragraph); clause != nil {
				stated[clause[1]] = clause[2]
			}
		}
	}
	quoted := clauses()
	for capability, file := range map[string]string{
		"Lister": "lister.go", "Batcher": "batcher.go", "Registrar": "registrar.go", "Pinger": "pinger.go",
		"Reaper": "driver/reaper.go", "Withdraw": "driver/reaper.go", "Note": "driver/reaper.go",
		"Deaths": "driver/reconciler.go", "Sampler": "driver/sampler.go",
	} {
		assert.Contains(t, strings.Join(comments(t, file), " "), quoted[capability])
		delete(quoted, capability)
	}
	assert.Len(t, stated, 14+11)
	assert.Equal(t, stated, quoted)
}

func TestEachClauseHasChecks(t *testing.T) {
	const least, leastOfEach = 510, 2
	of, seen := map[string]int{}, map[string]bool{}
	for _, e := range table() {
		assert.Contains(t, clauses(), e.clause, e.name)
		assert.False(t, seen[e.name], e.name)
		of[e.clause]++
		seen[e.name] = true
	}
	for clause := range clauses() {
		assert.GreaterOrEqual(t, of[clause], leastOfEach, clause)
	}
	assert.GreaterOrEqual(t, len(table()), least)
}
