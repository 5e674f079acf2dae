package boltstore

import (
	"go.etcd.io/bbolt"

	"github.com/molecule-ai/liveness/internal/clock"
)

// seams are what a test can replace: the clock of the machine, and its disk.
type seams struct {
	clock   clock.Clock
	update  func(*bbolt.DB, func(*bbolt.Tx) error) error // a transaction
	maxSize func() int                                   // of the file, in bytes; 0: as the disk allows
}

// withDefaults returns the seams of this machine where none are given.
func (s seams) withDefaults() seams {
	if s.clock.Mono == nil {
		s.clock = clock.System()
	}
	if s.update == nil {
		s.update = (*bbolt.DB).Update
	}
	if s.maxSize == nil {
		s.maxSize = func() int { return 0 }
	}
	return s
}
