// Command run runs the tests of one make target of the board, keeps their output in a folder
// beside that of the other targets at the same commit, and writes the page:
//
//	go run ./internal/board/run reliability FOLDER COMMIT >BOARD.md
//
// It exits with 1 if a row or a planted bug failed.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/molecule-ai/liveness/internal/board"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: run TARGET FOLDER COMMIT")
		os.Exit(2)
	}
	failed, err := write(os.Stdout, board.Set(os.Args[1]), filepath.Join(os.Args[2], os.Args[3]), os.Args[3])
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	case len(failed) > 0:
		fmt.Fprintf(os.Stderr, "failed:\n  %s\n", strings.Join(failed, "\n  "))
		os.Exit(1)
	}
}

func write(page io.Writer, set board.Set, folder, commit string) (failed []string, err error) {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(folder, string(set)+".json"))
	if err != nil {
		return nil, err
	}
	if err := board.Test(set, log, os.Stderr); err != nil {
		return nil, err
	}
	if err := log.Close(); err != nil {
		return nil, err
	}
	results := board.NewResults()
	logs, _ := filepath.Glob(filepath.Join(folder, "*.json"))
	for _, path := range logs {
		log, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		err = results.Read(board.Set(strings.TrimSuffix(filepath.Base(path), ".json")), log)
		log.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return results.Write(page, commit)
}
