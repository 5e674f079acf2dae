#!/usr/bin/env bash
# Installs what the tests need beside Go, where it is absent: a C compiler for
# the race detector, a redis-server of version 6.2 or later, promtool of Prometheus
# and, on Linux, strace, which makes a disk slow.
set -euo pipefail

present() { command -v "$1" >/dev/null 2>&1; }

wanted=()
present "${CC:-cc}" || present gcc || present clang || wanted+=(gcc)
present redis-server || wanted+=(redis)
present promtool || wanted+=(promtool)
[ "$(uname)" != Linux ] || present strace || wanted+=(strace)
[ ${#wanted[@]} -eq 0 ] && exit 0

give_up() {
	echo "The tests need ${wanted[*]} (a C compiler, redis-server 6.2 or later, promtool, strace): $1" >&2
	exit 1
}

if present apt-get; then
	sudo=()
	if [ "$(id -u)" -ne 0 ]; then
		sudo -n true 2>/dev/null || give_up "sudo bash tools/need.sh"
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
	case " ${wanted[*]} " in *" promtool "*)
		# Its package would start a server as well: only the program is taken.
		dir=$(mktemp -d)
		(cd "$dir" && apt-get download -qq -o APT::Sandbox::User=root prometheus && dpkg-deb -x prometheus_*.deb .)
		"${sudo[@]}" install "$dir/usr/bin/promtool" /usr/local/bin/
		rm -r "$dir"
		;;
	esac
elif present brew; then
	case " ${wanted[*]} " in *" gcc "*) give_up "xcode-select --install" ;; esac
	brew install --quiet redis prometheus
else
	give_up "install them with the package manager of this system"
fi
