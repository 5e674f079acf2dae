package kit

import (
	"flag"
	"os"
	"testing"
)

// Main runs the tests of a room, many at once: those that call t.Parallel mostly wait.
func Main(m *testing.M) {
	const atOnce = "8"
	machine()
	flag.Parse()
	if err := flag.Set("test.parallel", atOnce); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// Full reports whether tests take the time that the real sizes need.
func Full() bool { return os.Getenv("LIVENESS_FULL") == "1" }
