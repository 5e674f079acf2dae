package observe_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheRulesAlertWhenTheyShould(t *testing.T) {
	const promtool = "promtool"
	path, err := exec.LookPath(promtool)
	if err != nil {
		if os.Getenv("CONFORMANCE_STRICT") == "1" {
			t.Fatal(promtool + " is not installed: see tools/need.sh")
		}
		t.Skip(promtool + " is not installed: see tools/need.sh")
	}
	for _, args := range [][]string{
		{"check", "rules", "prometheus.rules.yml"},
		{"test", "rules", "prometheus.rules.test.yml"},
	} {
		command := exec.Command(path, args...)
		command.Dir = "../docs"
		out, err := command.CombinedOutput()
		require.NoError(t, err, "promtool %v:\n%s", args, out)
	}
}
