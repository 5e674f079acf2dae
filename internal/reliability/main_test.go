package reliability

import (
	"flag"
	"os"
	"testing"
)

// TestMain lets many tests run at once: those that call t.Parallel mostly wait.
func TestMain(m *testing.M) {
	const (
		atOnce = "8"
		asleep = 32 // as many as wait for a server in the largest test
	)
	machine = startSleepers(asleep)
	flag.Parse()
	if err := flag.Set("test.parallel", atOnce); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
