// Package rooms keeps apart what the module keeps in separate packages.
package rooms

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/molecule-ai/liveness/"

// room is a package, with what lies below it, and all that it may import
// besides the standard library and itself. What only its tests import is not
// counted.
type room struct {
	path      string
	imports   []string // rooms
	libraries []string // modules
}

func rooms() []room {
	backends := []string{"memstore", "boltstore", "redisstore"}
	return []room{
		{path: strings.TrimSuffix(module, "/")}, // documentation
		{path: "store"},
		{path: "store/driver", imports: []string{"store"}},
		{path: "internal/attempt"},
		{path: "internal/wire", imports: []string{"store"}},
		{path: "internal/clock", libraries: []string{"golang.org/x/sys"}},
		{path: "internal/roster", imports: []string{"store"}},
		{path: "memstore", imports: []string{"store", "internal/clock", "internal/roster"}, libraries: []string{"github.com/hashicorp/golang-lru/v2"}},
		{path: "boltstore", imports: []string{"store", "internal/clock", "internal/roster"}, libraries: []string{"go.etcd.io/bbolt", "golang.org/x/sys"}},
		{path: "redisstore", imports: []string{"store"}, libraries: []string{"github.com/redis/go-redis/v9"}},
		{path: "monitor", imports: []string{"store"}},
		{path: "conformance/monitored", imports: []string{"store", "monitor", "conformance", "internal/attempt", "internal/wire"}},
		{path: "conformance", imports: []string{"store", "internal/attempt"}, libraries: []string{"github.com/stretchr/testify"}},
		{path: "backends", imports: append(backends, "store")},
		{path: "internal/pictures", imports: []string{"store", "monitor"}},
		{path: "cmd/liveness", imports: append(backends, "store", "backends", "monitor", "conformance", "internal/pictures", "internal/wire"), libraries: []string{"github.com/redis/go-redis/v9", "github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/sys", "golang.org/x/term"}},

		// What only tests and benchmarks use.
		{path: "benchmarks", imports: append(backends, "store", "internal/redistest"), libraries: []string{"github.com/redis/go-redis/v9", "github.com/alicebob/miniredis/v2"}},
		{path: "internal/redistest", imports: []string{"store"}, libraries: []string{"github.com/redis/go-redis/v9", "github.com/stretchr/testify"}},
		{path: "internal/reliability", imports: append(backends, "store", "monitor", "internal/attempt", "internal/redistest", "internal/wire"), libraries: []string{"github.com/stretchr/testify"}},
		{path: "internal/race"},
		{path: "internal/rooms"},
		{path: "internal/docs"},
		{path: "internal/board"},
	}
}

func TestRoomsImportOnlyWhatTheyMay(t *testing.T) {
	packages := list(t, `{{.ImportPath}} {{join .Imports " "}}`, module+"...")
	require.Greater(t, len(packages), 5, "the list of packages is not that of the module")
	for _, line := range packages {
		fields := strings.Fields(line)
		path, imports := strings.TrimPrefix(fields[0], module), fields[1:]
		r := roomOf(path)
		if r == nil {
			t.Errorf("%s belongs to no room: add one to rooms, with what it may import", path)
			continue
		}
		for _, imported := range imports {
			if !r.may(imported) {
				t.Errorf("%s imports %s, which %s may not", path, imported, r.path)
			}
		}
	}
}

func TestNobodyIsMadeToCompileTheLibrariesOfTestsAndCommands(t *testing.T) {
	deps := list(t, "{{.ImportPath}}", "-deps", module+"backends")
	require.Contains(t, deps, module+"store")
	for _, path := range deps {
		for _, library := range []string{"testing", "github.com/stretchr/testify", "github.com/alicebob/miniredis/v2", "github.com/spf13"} {
			require.False(t, within(path, library), "backends depends on %s", path)
		}
	}
}

func roomOf(path string) *room {
	all := rooms()
	i := slices.IndexFunc(all, func(r room) bool { return within(path, r.path) })
	if i < 0 {
		return nil
	}
	return &all[i]
}

func (r *room) may(imported string) bool {
	isWithin := func(parent string) bool { return within(imported, parent) }
	if path, ours := strings.CutPrefix(imported, module); ours {
		imported = path
		return isWithin(r.path) || slices.ContainsFunc(r.imports, isWithin)
	}
	standard := !strings.Contains(strings.Split(imported, "/")[0], ".")
	return standard || slices.ContainsFunc(r.libraries, isWithin)
}

func within(path, parent string) bool {
	return path == parent || strings.HasPrefix(path, parent+"/")
}

func list(t *testing.T, format string, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list", "-f", format}, args...)...).Output()
	require.NoError(t, err)
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}
