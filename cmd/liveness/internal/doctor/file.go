package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/store"
)

// File examines the file of package boltstore at a path, also while a store has it
// open. It only reads. It returns when ctx is done at the latest.
func File(ctx context.Context, path string, o Options) []Finding {
	const limit = time.Minute
	o = o.withDefaults()
	findings := ttl(o)
	p, done := within(ctx, limit, func(context.Context) place { return lookAt(path) })
	if !done {
		p = place{path: path, err: context.DeadlineExceeded}
	}
	path = p.path
	if p.err != nil || !p.info.Mode().IsRegular() {
		return append(findings, examine(ctx, path, limit, []check{
			{"file", func(context.Context) Finding { return noFile(path, p.err) }},
		})...)
	}
	findings = append(findings, examine(ctx, path, limit, []check{
		{"owner", func(context.Context) Finding { return owner(path, p.dir) }},
		{"lock", func(context.Context) Finding { return holder(path) }},
		{"filesystem", func(context.Context) Finding { return filesystem(path) }},
		{"space", func(context.Context) Finding { return space(path, p.info.Size()) }},
	})...)
	r, done := within(ctx, limit, func(ctx context.Context) reading { return read(ctx, path) })
	if !done {
		r.err = context.DeadlineExceeded
	}
	findings = append(findings, examine(ctx, path, limit, []check{
		{"contents", func(context.Context) Finding { return contents(r, path) }},
	})...)
	if r.err != nil {
		return findings
	}
	return append(findings, examine(ctx, path, limit, []check{
		{"free pages", func(context.Context) Finding { return freePages(r.Inspection) }},
		{"clock", func(context.Context) Finding { return written(o, r.Inspection) }},
		{"lives", func(context.Context) Finding { return lives(o, r.Remaining) }},
	})...)
}

// place is where a file is.
type place struct {
	path string
	dir  string // in which a smaller file would be made
	info fs.FileInfo
	err  error
}

func lookAt(path string) (p place) {
	if p.path, p.err = filepath.Abs(path); p.err != nil {
		return place{path: path, err: p.err}
	}
	if p.info, p.err = os.Stat(p.path); p.err != nil {
		return p
	}
	resolved, err := filepath.EvalSymlinks(p.path)
	p.dir, p.err = filepath.Dir(resolved), err
	return p
}

func noFile(path string, err error) Finding {
	switch {
	case errors.Is(err, fs.ErrNotExist) && isDir(filepath.Dir(path)):
		return bad(Warning, "Nothing, if the platform did not run yet: it makes the file. Otherwise look at its setting of the path.", "there is no file")
	case errors.Is(err, fs.ErrNotExist):
		return bad(Wrong, "mkdir -p "+filepath.Dir(path)+", as the user of the platform.", "there is no directory for it")
	case err != nil:
		return bad(Unknown, "Run this as the user of the platform.", "%v", err)
	}
	return bad(Wrong, "Name a file.", "it is not a regular file")
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// reading is the state of a file, or why it is not known.
type reading struct {
	boltstore.Inspection
	err error
}

func read(ctx context.Context, path string) reading {
	i, err := boltstore.Inspect(ctx, path)
	return reading{i, err}
}

// contents examines whether every page and record is whole.
func contents(r reading, path string) Finding {
	i, reason := r.Inspection, ""
	if r.err != nil {
		reason = r.err.Error()
		if _, after, found := strings.Cut(reason, path+": "); found {
			reason = after // the place of the finding has the path
		}
	}
	switch {
	case r.err == nil:
		state := "closed in order"
		if !i.Clean {
			state = "in use or not closed in order"
		}
		return ok("every page and record is whole: online %d, deaths pending %d, URLs %d; %s", len(i.Remaining), i.Deaths, i.URLs, state)
	case i.Other:
		return bad(Wrong, "Use the version of the platform that wrote the file, or another path.", "%s", reason)
	case errors.Is(r.err, store.ErrCorrupt):
		return bad(Wrong, "Stop the platform and mv -n "+path+" "+path+".damaged, or open it with boltstore.CorruptSetAside: the store begins empty, and workspaces come back with their next heartbeat. Deaths that were pending are lost: look for workspaces that stay offline. Then look at the disk: dmesg.",
			"%s", reason)
	}
	return bad(Unknown, "Run this as the user of the platform, with time enough in --timeout.", "the file could not be read: %s", reason)
}

// freePages examines how much of the file holds nothing. A store makes a file smaller
// that is twice as large as it need be.
func freePages(i boltstore.Inspection) Finding {
	const small, most = 4 << 20, 75 // bytes, percent
	share := 100 * i.Free / max(1, i.Size)
	if i.Size > small && share > most {
		return bad(Warning, "A store makes the file smaller by itself, unless its directory is not writable or the file is a mount point: mount the directory instead.",
			"%d %% of %s hold nothing", share, megabytes(i.Size))
	}
	return ok("%d %% of %s hold nothing", share, megabytes(i.Size))
}

// written compares the last transaction with the clock of this machine.
func written(o Options, i boltstore.Inspection) Finding {
	now := time.Now()
	if ahead := i.Written.Sub(now); ahead > time.Second {
		level := Warning
		if ahead >= o.heartbeat() {
			level = Wrong
		}
		return bad(level, mendClock, "it was written last at %s, and this machine's clock says %s: lives may last longer, and monitors wait one TTL",
			i.Written.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	return ok("it was written last %v ago", now.Sub(i.Written).Round(time.Second))
}
