package boltstore

import (
	"go.etcd.io/bbolt"

	"github.com/molecule-ai/liveness/internal/clock"
)

// host is the clock and the disk under a store. A test replaces parts of it.
type host struct {
	clock   clock.Clock
	update  func(*bbolt.DB, func(*bbolt.Tx) error) error // runs a transaction
	maxSize func() int                                   // of the file, in bytes; 0: as the disk allows
}

// withDefaults fills the missing parts with those of this machine.
func (h host) withDefaults() host {
	if h.clock.Mono == nil {
		h.clock = clock.System()
	}
	if h.update == nil {
		h.update = (*bbolt.DB).Update
	}
	if h.maxSize == nil {
		h.maxSize = func() int { return 0 }
	}
	return h
}
