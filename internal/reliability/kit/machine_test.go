package kit

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/molecule-ai/liveness/internal/attempt"
)

func TestAStoryIsToldAgainOnlyIfTheMachineWasLate(t *testing.T) {
	wrong := func(t testing.TB) { t.Fatal("it is wrong") }
	tooLate := func(t testing.TB) { TooLate(t, "it is late") }
	for name, c := range map[string]struct {
		late  time.Duration
		fails int // so many attempts fail
		want  int // attempts
		fault bool
		fail  func(testing.TB)
	}{
		"it passes":                            {time.Second, 0, 1, false, wrong},
		"it fails on a machine that kept up":   {20 * time.Millisecond, 1, 1, true, wrong},
		"it fails once on a late machine":      {time.Second, 1, 2, false, wrong},
		"it sees once that it is late itself":  {20 * time.Millisecond, 1, 2, false, tooLate},
		"it sees each time that it is late":    {20 * time.Millisecond, 9, 5, true, tooLate},
		"it fails each time on a late machine": {time.Second, 9, 5, true, wrong},
	} {
		t.Run(name, func(t *testing.T) {
			told := 0
			outer := attempt.Make(t.Context(), t, name, func(a *attempt.T) {
				now := time.Now()
				s := &sleepers{late: []delay{{now.Add(time.Millisecond - c.late), now.Add(time.Millisecond)}}}
				s.judges(a, func(t testing.TB) {
					s.late[0].end = time.Now()
					if told++; told <= c.fails {
						c.fail(t)
					}
				})
			})
			assert.Equal(t, c.want, told)
			assert.Equal(t, c.fault, outer.Failed(), outer.Reason())
		})
	}
}
