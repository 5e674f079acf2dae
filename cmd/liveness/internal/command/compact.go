package command

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/molecule-ai/liveness/boltstore"
)

func newCompact(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "compact FILE",
		Short: "Make a bolt file as small as it can be",
		Long: `Writes a bolt file anew without the space that is not in use. The owner and the mode
stay, and the new file takes the place of the old one only when it is on the disk. No
other process may have the file open.

A platform does this by itself once its file is twice as large as it need be. The command
is for a file that you want to copy, or whose disk is almost full. It needs
room for the new file beside the old one.`,
		Example: `  liveness compact /var/lib/edge.db
  liveness compact bolt:edge.db --json`,
		Args: one("the path of a file"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault // files
		},
		RunE: func(_ *cobra.Command, args []string) error {
			path := args[0]
			if named, ok := boltPath(path); ok {
				path = named
			} else if refuseMemory(path) != nil || strings.Contains(path, "://") {
				return usagef("only a file can be compacted, want its path or bolt:PATH")
			}
			before, after, err := boltstore.Compact(path, boltstore.Options{KeepDeaths: longestKept})
			if err != nil {
				return err
			}
			text := fmt.Sprintf("%s: %d bytes before, %d bytes after", path, before, after)
			if after >= before {
				text = fmt.Sprintf("%s: %d bytes, as small as it can be", path, after)
			}
			return a.done(map[string]any{"file": path, "before": before, "after": after}, "%s", text)
		},
	}
}
