//go:build !linux

package doctor

func owner(path, dir string) Finding        { return needsLinux() }
func holder(path string) Finding            { return needsLinux() }
func filesystem(path string) Finding        { return needsLinux() }
func space(path string, size int64) Finding { return needsLinux() }

func needsLinux() Finding {
	return bad(Unknown, "Run this on Linux.", "this system is not asked")
}
