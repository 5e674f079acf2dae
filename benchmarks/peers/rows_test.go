package peers

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/molecule-ai/liveness/benchmarks/peers/goals"
)

// TestGoals measures and prints the goals, LIVENESS_ROUNDS times each. It does
// not fail where one is missed: that depends on the machine.
func TestGoals(t *testing.T) {
	setting, set := os.LookupEnv("LIVENESS_ROUNDS")
	if !set {
		t.Skip("LIVENESS_ROUNDS is not set, such as to 5")
	}
	rounds, err := strconv.Atoi(setting)
	if err != nil || rounds < 1 {
		t.Fatalf("LIVENESS_ROUNDS is %q, want a number of rounds, such as 5", setting)
	}
	fmt.Println(goals.Machine(rounds))
	for _, r := range rows() {
		t.Run(r.name, func(t *testing.T) {
			if r.long && testing.Short() {
				t.Skip("takes minutes")
			}
			r.measure(&bench{t, rounds, os.Stdout})
		})
	}
}
