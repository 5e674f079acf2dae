package outages

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// noticeboard is a text that several goroutines write.
type noticeboard struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (n *noticeboard) Write(b []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(b)
}

// count returns how many lines contain all the words.
func (n *noticeboard) count(words ...string) (lines int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for line := range strings.Lines(n.text.String()) {
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(line, word) }) {
			lines++
		}
	}
	return lines
}

// last returns the last lines.
func (n *noticeboard) last(lines int) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := slices.Collect(strings.Lines(n.text.String()))
	return strings.Join(all[max(0, len(all)-lines):], "")
}

// by is how the lines of a monitor are told from others'.
func by(monitor int) string { return fmt.Sprintf("by=%d", monitor) }
