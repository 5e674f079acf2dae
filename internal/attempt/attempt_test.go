package attempt_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/molecule-ai/liveness/internal/attempt"
)

func TestAttempt(t *testing.T) {
	var order []string
	var dir string
	r := attempt.Make(t.Context(), nil, "name", func(r *attempt.T) {
		dir = r.TempDir()
		r.Cleanup(func() { order = append(order, "first") })
		r.Cleanup(func() { panic("in a cleanup") })
		r.Cleanup(func() { r.Fatal("also", "in a cleanup") })
		r.Cleanup(func() { order = append(order, "last") })
		r.Log("silent")
		r.Logf("%s", "silent")
		assert.DirExists(t, dir)
		assert.Equal(t, "name", r.Name())
		r.Error("one")
		r.Errorf("%s", "two")
		r.Fatalf("three")
	})
	assert.True(t, r.Failed())
	assert.Regexp(t, `(?s)^one\ntwo\nthree\nalso in a cleanup\npanic: in a cleanup\n`, r.Reason())
	assert.Equal(t, []string{"last", "first"}, order)
	assert.NoDirExists(t, dir)
	assert.Error(t, r.Context().Err())
}
