package command

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of this program",
		Long:    "Prints the version of this program and of the Go that built it.",
		Example: "  liveness version",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			version := "(unknown)"
			if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
				version = info.Main.Version
			}
			platform := runtime.GOOS + "/" + runtime.GOARCH
			if a.json {
				return a.object(map[string]string{"version": version, "go": runtime.Version(), "platform": platform})
			}
			_, err := fmt.Fprintf(a.stdout, "liveness %s %s %s\n", version, runtime.Version(), platform)
			return err
		},
	}
}
