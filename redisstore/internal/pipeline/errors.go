package pipeline

import (
	"errors"

	"github.com/redis/go-redis/v9"
)

var (
	// ErrClosed means that the transport was closed.
	ErrClosed = errors.New("closed")

	// ErrTimeout means that Options.Timeout has passed.
	ErrTimeout = errors.New("no answer in time")

	// errUnanswered marks a command to which no reply was read: a pipeline that
	// fails before anything is sent may leave its commands without an error.
	errUnanswered = errors.New("no reply")
)

// Refused reports whether err is a server's answer rather than the lack of one.
func Refused(err error) bool {
	var answer redis.Error
	return errors.As(err, &answer) && !errors.Is(err, redis.Nil)
}

// Referred reports whether a node of a Cluster refers to another one.
func Referred(err error) bool {
	_, moved := redis.IsMovedError(err)
	_, ask := redis.IsAskError(err)
	return moved || ask
}

// replied reports whether err is what came of a reply: the server answered.
func replied(err error) bool {
	return err == nil || errors.Is(err, redis.Nil) || Refused(err)
}

// unserved reports whether err is the answer of a server of a Cluster, or one that
// was a master, that another server may hold the key by now.
func unserved(err error) bool {
	return redis.IsClusterDownError(err) || redis.IsReadOnlyError(err) || redis.IsMasterDownError(err)
}

// unknownScript reports whether the server was asked for a script by its digest and
// does not know it.
func unknownScript(err error) bool { return redis.HasErrorPrefix(err, "NOSCRIPT") }
