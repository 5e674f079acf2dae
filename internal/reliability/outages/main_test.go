package outages

import (
	"testing"

	"github.com/molecule-ai/liveness/internal/reliability/kit"
)

func TestMain(m *testing.M) { kit.Main(m) }
