package monitor

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/molecule-ai/liveness/store/driver"
)

func TestTheLongestNoteFitsAndIsReadAgain(t *testing.T) {
	at := time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.FixedZone("far", -14*3600))
	s := shared{
		Revision: math.MaxInt64, By: "ABCDEFGH",
		Hold: at, Evidence: at, MostSilent: at, Peak: 1.0 / 3, Reason: strings.Repeat("x", 40), Spent: at, Slow: true, Returned: math.MaxInt64, Recovering: true,
		Got: math.Pi * 1e9, Missed: math.E * 1e9, LossAt: at, Loss: 1.0 / 3, Beat: math.MaxInt64,
		pause: pause{math.MaxInt64, at, strings.Repeat(`"`, MaxReason)}, Silent: math.MaxInt32, Tried: math.MaxInt32,
		Alarm: true, Fleet: math.MaxInt32, Silences: strings.Repeat("A", maxSilences), Kept: at,
		Leader: "ABCDEFGH", Dry: true, Turn: math.MaxInt64, Asked: at, Settled: at,
		report: report{at, at, at, math.MaxInt32, math.MaxInt32, math.MaxInt32, math.MaxInt32, math.MaxInt64, true, true},
	}
	assert.LessOrEqual(t, len(s.encode()), driver.MaxNoteLen)
	assert.Equal(t, s.encode(), parseShared(s.encode()).encode())
}

func TestANoteOfAnotherVersionCountsAsEmpty(t *testing.T) {
	for _, text := range []string{"", "other", `{"hold":"soon"}`, "{", "null"} {
		assert.Equal(t, shared{}, parseShared(text), text)
	}
}

func TestTimesThatLieAheadCountAsNow(t *testing.T) {
	now := time.Now()
	s, ahead := shared{Hold: now.Add(time.Hour), Evidence: now.Add(-time.Hour), pause: pause{PauseUntil: now.Add(time.Hour)}}.until(now)
	assert.True(t, ahead)
	assert.Equal(t, shared{Hold: now, Evidence: now.Add(-time.Hour), pause: pause{PauseUntil: now.Add(time.Hour)}}, s)
}
