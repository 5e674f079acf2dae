package monitor_test

import (
	"os"
	"strconv"
	"testing"

	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/internal/race"
)

// TestModel plays small worlds by chance against the real monitor. A failure
// names its seed, which is the name of its subtest; the dice of the monitor
// itself are its own.
//
//	LIVENESS_FULL=1 go test -run 'TestModel$' ./monitor
//	go test -run 'TestModel/faulty/17$' ./monitor
func TestModel(t *testing.T) {
	var worlds int
	for kind, share := range map[kind]int{steady: 3, faulty: 6, storm: 1} {
		t.Run(kind.String(), func(t *testing.T) {
			for seed := range modelSeeds() * share / 10 {
				worlds++
				t.Run(strconv.Itoa(seed), func(t *testing.T) {
					t.Parallel()
					for _, wrong := range play(t, kind, uint64(seed), nil) {
						t.Error(wrong)
					}
				})
			}
		})
	}
	board.Row(t, "the monitor and its model: worlds by chance", board.Figures{Operations: worlds, FloorOperations: modelSeeds()})
}

func modelSeeds() int {
	switch {
	case os.Getenv("LIVENESS_FULL") != "":
		return 20_000
	case race.Enabled: // a few worlds have every race
		return 12
	case testing.Short():
		return 60
	}
	return 400
}
