package monitor

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/molecule-ai/liveness/store"
)

func TestTheLongestNoteFitsAndIsReadAgain(t *testing.T) {
	at := time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.FixedZone("far", -14*3600))
	n := note{Storm: at, Fleet: math.MaxInt32, Dripped: at, Adopted: at, Settled: at, By: "ABCDEFGH"}
	assert.LessOrEqual(t, len(n.String()), store.MaxNoteLen)
	assert.Equal(t, n.String(), parseNote(n.String()).String())
}

func TestANoteOfAnotherVersionCountsAsEmpty(t *testing.T) {
	for _, text := range []string{"", "other", `{"storm":"soon"}`, "{", "null"} {
		assert.Equal(t, note{}, parseNote(text), text)
	}
}
