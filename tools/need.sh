#!/usr/bin/env bash
# Installs what the tests need beside Go, where it is absent: a C compiler for
# the race detector, a redis-server of version 6.2 or later and, on Linux, strace,
# which makes a disk slow.
set -euo pipefail

present() { command -v "$1" >/dev/null 2>&1; }

wanted=()
present "${CC:-cc}" || present gcc || present clang || wanted+=(gcc)
present redis-server || wanted+=(redis)
[ "$(uname)" != Linux ] || present strace || wanted+=(strace)
[ ${#wanted[@]} -eq 0 ] && exit 0

give_up() {
	echo "The tests need ${wanted[*]} (a C compiler, redis-server 6.2 or later, strace): $1" >&2
	exit 1
}

if present apt-get; then
	sudo=()
	if [ "$(id -u)" -ne 0 ]; then
		sudo -n true 2>/dev/null || give_up "sudo apt-get install gcc libc6-dev redis-server strace"
		sudo=(sudo -n)
	fi
	packages=()
	for w in "${wanted[@]}"; do
		case $w in
		gcc) packages+=(gcc libc6-dev) ;;
		redis) packages+=(redis-server) ;;
		strace) packages+=(strace) ;;
		esac
	done
	"${sudo[@]}" apt-get update -qq
	# A package must not start a server of its own: the tests start theirs.
	"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
		apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
elif present brew; then
	case " ${wanted[*]} " in *" gcc "*) give_up "xcode-select --install" ;; esac
	brew install --quiet redis
else
	give_up "install them with the package manager of this system"
fi
