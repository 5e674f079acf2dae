package doctor

import (
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// owner examines whether the owner of the file can write it, and make a smaller one
// beside it.
func owner(path, dir string) Finding {
	info, err := os.Stat(path)
	var beside os.FileInfo
	if err == nil {
		beside, err = os.Stat(dir)
	}
	if err != nil {
		return bad(Unknown, "Run this as the user of the platform.", "%v", err)
	}
	of, in := info.Sys().(*syscall.Stat_t), beside.Sys().(*syscall.Stat_t)
	name := userName(of.Uid)
	const others = 0o022
	switch {
	case info.Mode().Perm()&0o600 != 0o600:
		return bad(Wrong, "chmod 600 "+path, "it is of %s, who may not both read and write it: mode %04o", name, info.Mode().Perm())
	case !mayWrite(of, in, beside.Mode()):
		return bad(Wrong, fmt.Sprintf("chown %d:%d %s, and chmod u+rwx it.", of.Uid, of.Gid, dir),
			"it is of %s, who may not make files in %s, which is of %s, mode %04o", name, dir, userName(in.Uid), beside.Mode().Perm())
	case unix.Access(path, unix.R_OK|unix.W_OK) != nil:
		return bad(Wrong, "Run the platform as "+name+", or chown the file to its user. If only this program runs as another user, run it as "+name+".",
			"it is of %s, and this user may not read and write it: mode %04o", name, info.Mode().Perm())
	case info.Mode().Perm()&others != 0:
		return bad(Warning, "chmod 600 "+path, "it is of %s, and others may write it: mode %04o", name, info.Mode().Perm())
	}
	return ok("it is of %s, mode %04o", name, info.Mode().Perm())
}

// mayWrite reports whether the owner of a file may make others in a directory.
func mayWrite(of, in *syscall.Stat_t, mode fs.FileMode) bool {
	const ownerWX, groupWX, othersWX = 0o300, 0o030, 0o003
	switch {
	case of.Uid == 0:
		return true
	case of.Uid == in.Uid:
		return mode&ownerWX == ownerWX
	case of.Gid == in.Gid:
		return mode&groupWX == groupWX
	}
	return mode&othersWX == othersWX
}

func userName(id uint32) string {
	text := strconv.FormatUint(uint64(id), 10)
	if u, err := user.LookupId(text); err == nil {
		return u.Username
	}
	return "user " + text
}

// holder examines which process has the file open, without locking it.
func holder(path string) Finding {
	var at unix.Stat_t
	if err := unix.Stat(path, &at); err != nil {
		return bad(Unknown, "Run this as the user of the platform.", "%v", err)
	}
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		return bad(Unknown, "Look at fuser "+path+".", "the system does not tell its locks: %v", err)
	}
	inode := ":" + strconv.FormatUint(at.Ino, 10)
	device := fmt.Sprintf("%02x:%02x", unix.Major(at.Dev), unix.Minor(at.Dev))
	for line := range strings.Lines(string(locks)) {
		// 1: FLOCK ADVISORY WRITE 4711 08:01:1234 0 EOF, or "1: ->" before one that waits
		f := strings.Fields(line)
		if len(f) < 6 || f[1] != "FLOCK" || f[5] != device+inode {
			continue
		}
		who := "process " + f[4]
		if name, err := os.ReadFile("/proc/" + f[4] + "/comm"); err == nil {
			who += " (" + strings.TrimSpace(string(name)) + ")"
		}
		return bad(Warning, "Nothing, if that is the platform. If the platform cannot open the file because of it: kill "+f[4]+".",
			"%s has it open, no other process can", who)
	}
	return ok("no process has it open")
}

// filesystem examines the file system of the file.
func filesystem(path string) Finding {
	var at unix.Statfs_t
	if err := unix.Statfs(path, &at); err != nil {
		return bad(Unknown, "Run this as the user of the platform.", "%v", err)
	}
	const move = "Move the file to a disk of this machine, such as /var/lib."
	kind := uint32(at.Type)
	switch kind {
	case unix.TMPFS_MAGIC, unix.RAMFS_MAGIC:
		return bad(Warning, move, "it lies in memory: a restart of the machine loses it")
	case unix.NFS_SUPER_MAGIC, unix.SMB_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC, unix.CEPH_SUPER_MAGIC, unix.V9FS_MAGIC, unix.AFS_SUPER_MAGIC:
		return bad(Warning, move, "it lies on another machine (type %#x): locks and syncs may not hold there", kind)
	case unix.FUSE_SUPER_MAGIC:
		return bad(Unknown, "Look at df "+path+": it must be a disk of this machine.", "it lies on FUSE, which does not tell where that is")
	}
	if at.Flags&unix.ST_RDONLY != 0 {
		return bad(Wrong, "Mount it for writing: mount -o remount,rw. If the kernel made it read-only, look at dmesg for errors of the disk.", "its file system is read-only")
	}
	return ok("type %#x, of this machine", kind)
}

// space examines how much the file can grow. A smaller one is made beside it.
func space(path string, size int64) Finding {
	const least, reserve = 1 << 20, 64 << 20 // bytes
	var at unix.Statfs_t
	if err := unix.Statfs(path, &at); err != nil {
		return bad(Unknown, "Run this as the user of the platform.", "%v", err)
	}
	free := int64(at.Bavail) * int64(at.Bsize) //nolint:unconvert // 32 bits have an int32
	mend := "Remove other files from " + path + "'s disk; df and du say what is large. The store goes on with the workspaces that are online, and refuses new ones."
	switch {
	case free < least:
		return bad(Wrong, mend, "the disk has %s left: workspaces that register are refused", megabytes(free))
	case free < max(reserve, 2*size):
		return bad(Warning, mend, "the disk has %s left, the file has %s", megabytes(free), megabytes(size))
	}
	if at.Files > 0 && at.Ffree == 0 {
		return bad(Wrong, mend, "the disk has no inode left")
	}
	return ok("the disk has %s left, the file has %s", megabytes(free), megabytes(size))
}
