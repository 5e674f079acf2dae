package boltstore

import (
	"cmp"
	"context"
	"os"
	"time"

	"github.com/molecule-ai/liveness/boltstore/internal/bboltcheck"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// Inspection is the state of a file as of its last transaction.
type Inspection struct {
	Size      int64           // of the file, in bytes
	Free      int64           // unused bytes of these
	Written   time.Time       // when the last transaction was made, by the wall clock
	Clean     bool            // the store was closed in order
	Deaths    int             // pending, also adopted ones that are not ready yet
	URLs      int             // cached, public and internal
	Remaining []time.Duration // of each workspace that was online when Written

	// Other means that the file is of another application, or of another version of this
	// package, and shows no damage.
	Other bool
}

// Inspect reads the file at path and verifies each page and each record. It changes nothing
// and takes no lock, so a store may have the file open: if the file changes meanwhile,
// Inspect starts again.
//
// The error names the path and unwraps to ErrCorrupt if the file is damaged or is
// something else, to ErrUnavailable if it cannot be read, and to the error of the
// context.
func Inspect(ctx context.Context, path string) (Inspection, error) {
	const op = "Inspect"
	for {
		if err := ctx.Err(); err != nil {
			return Inspection{}, &store.Error{Op: op, Err: err}
		}
		i, current, err := inspect(path)
		switch {
		case !current:
		case err == nil:
			return i, nil
		case isIO(err):
			return i, driver.Errorf(op, "", store.ErrUnavailable, "%v", err)
		default:
			i.Other = isForeign(err)
			return i, driver.Errorf(op, "", store.ErrCorrupt, "%s: %v", path, err)
		}
	}
}

// inspect reports false if a transaction was made meanwhile: it may have written
// over pages that had to be read.
func inspect(path string) (i Inspection, current bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return i, true, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	checked, err := bboltcheck.New(f)
	if err != nil {
		return i, true, err
	}
	s, err := findStamp(checked)
	var c *contents
	if err == nil {
		c, err = readAll(checked, s)
	}
	current, failed := checked.Current()
	if err := cmp.Or(failed, err); !current || err != nil {
		return i, current || failed != nil, err
	}
	i = Inspection{Size: checked.Size(), Free: checked.Free(), Written: s.wall, Clean: s.clean, URLs: len(c.public) + len(c.internal)}
	for _, at := range c.table.slots {
		switch {
		case at.id == "":
		case at.mark.isDeath(), at.until <= s.now:
			i.Deaths++
		default:
			i.Remaining = append(i.Remaining, at.until-s.now)
		}
	}
	return i, true, nil
}
