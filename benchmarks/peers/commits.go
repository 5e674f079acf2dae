package peers

import (
	"encoding/binary"
	"os"
	"time"
)

// commits is the transactions seen of a bbolt file.
type commits struct {
	transactions uint64
	checkpoints  int // transactions that follow each other at once are one
	last         time.Time
}

// pause is longer than that between two transactions of one checkpoint.
const pause = 100 * time.Millisecond

// quiet reports whether the last checkpoint is over.
func (c commits) quiet() bool { return time.Since(c.last) > pause }

// commits follows the file until that is enough.
func (b *bench) commits(path string, enough func(commits) bool) commits {
	const poll = 5 * time.Millisecond
	c, before := commits{}, b.transaction(path)
	for !enough(c) {
		time.Sleep(poll)
		now := b.transaction(path)
		if now == before {
			continue
		}
		if c.quiet() {
			c.checkpoints++
		}
		c.transactions += now - before
		before, c.last = now, time.Now()
	}
	return c
}

// transaction returns the number of the last transaction, which is in the
// later of the two meta pages with which a bbolt file begins.
func (b *bench) transaction(path string) uint64 {
	const at = 64 // in the page
	f, err := os.Open(path)
	b.must(err)
	defer f.Close()
	last := uint64(0)
	for page := range int64(2) {
		var number [8]byte
		_, err := f.ReadAt(number[:], page*int64(os.Getpagesize())+at)
		b.must(err)
		last = max(last, binary.NativeEndian.Uint64(number[:]))
	}
	return last
}
