#!/bin/sh
# Measures Sluice and nats-server in turn with "sluice bench nats --compare", with JetStream's
# file storage as it is by default (synced every two minutes) and then with sync_interval: always, and prints the ratios.
#
#   nats.sh SLUICE [FLAG ...]     the flags are more of "sluice bench nats"
#
# nats-server is built by Go, once, into the cache directory, in a module of its own; the judges of bridge/interop use the same.
# It runs on loopback with its store in a directory of its own, which goes away.
#
#   SLUICE_BENCH_NATS_SERVER  a nats-server program to measure instead
#   SLUICE_BENCH_DIR          where the stores of both are, on a real disk ($TMPDIR)
#   SLUICE_BENCH_PORT         the port of nats-server (25620)
#   SLUICE_BENCH_SYNC         what to compare with (default always)
#   SLUICE_BENCH_SYNCED       messages of a phase beside always, which is slow (20000)
set -eu

version=v2.15.2
program=github.com/nats-io/nats-server/v2@$version

fail() { echo "nats.sh: $*" >&2; exit 1; }

[ $# -ge 1 ] || fail "want the sluice program as the first argument"
sluice=$1
shift
port=${SLUICE_BENCH_PORT:-25620}

server=${SLUICE_BENCH_NATS_SERVER:-}
if [ -z "$server" ]; then
	# The place and the version are those of bridge/interop/rig, which has a test of it.
	cache=${XDG_CACHE_HOME:-$HOME/.cache}/sluice-interop/go-$(printf 'program %s\n%s' "${#program}" "$program" | sha256sum | cut -c 1-16)
	server=$cache/nats-server
	if [ ! -x "$server" ]; then
		echo "building nats-server $version into $cache" >&2
		mkdir -p "${cache%/*}"
		fresh=$(mktemp -d "${cache%/*}/go-new-XXXXXX")
		# Outside of any module: ours does not need what nats-server needs.
		(cd / && GOBIN="$fresh" GOFLAGS= GOWORK=off go install "$program") || { rm -rf "$fresh"; fail "nats-server was not built"; }
		mv -T "$fresh" "$cache" 2>/dev/null || rm -rf "$fresh" # somebody else was first
	fi
fi
[ -x "$server" ] || fail "there is no program $server"

work=$(mktemp -d "${SLUICE_BENCH_DIR:-${TMPDIR:-/tmp}}/sluice-nats.XXXXXX")
pid=''
stop() {
	[ -z "$pid" ] || { kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; }
	pid=''
}
# shellcheck disable=SC2329 # the trap calls it
finish() {
	trap - EXIT INT TERM
	stop
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# start starts a server with more lines for its jetstream block.
start() {
	rm -rf "$work/store" "$work/log"
	printf 'listen: "127.0.0.1:%s"\njetstream {\n  store_dir: "%s"\n%s\n}\n' "$port" "$work/store" "$1" >"$work/nats.conf"
	"$server" -c "$work/nats.conf" -l "$work/log" &
	pid=$!
	waited=0
	until grep -q 'Server is ready' "$work/log" 2>/dev/null; do
		kill -0 "$pid" 2>/dev/null || { cat "$work/log" >&2; fail "nats-server did not start: is port $port taken? SLUICE_BENCH_PORT chooses another"; }
		[ $((waited += 1)) -le 120 ] || { cat "$work/log" >&2; fail "nats-server was not ready after a minute"; }
		sleep 0.5
	done
}

compare() {
	name=$1
	shift
	"$sluice" bench nats --compare --url "nats://127.0.0.1:$port" --name "$name" --pid "$pid" --dir "$work" "$@"
}

for sync in ${SLUICE_BENCH_SYNC:-default always}; do
	case $sync in
	default)
		start ''
		echo "JetStream, file storage, synced every two minutes (its default); Sluice syncs before each PubAck:"
		compare jetstream --async-target 1 --consume-target 1.5 "$@"
		;;
	always)
		start '  sync_interval: always'
		echo "JetStream, file storage, sync_interval: always; Sluice syncs before each PubAck:"
		compare jetstream-always --messages "${SLUICE_BENCH_SYNCED:-20000}" --async-target 15 "$@"
		;;
	*) fail "SLUICE_BENCH_SYNC knows default and always, not $sync" ;;
	esac
	stop
done
