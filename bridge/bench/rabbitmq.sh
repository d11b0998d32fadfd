#!/bin/sh
# Measures Sluice and Debian's RabbitMQ in turn with "sluice bench stomp --compare", on
# durable classic queues and then on quorum queues, and prints the ratios.
#
#   rabbitmq.sh SLUICE [FLAG ...]     the flags are more of "sluice bench stomp"
#
# RabbitMQ is the one that is installed, or else Debian's packages, downloaded with apt-get
# and unpacked below the cache directory; nothing is installed and nothing needs root.
# It runs on loopback, under a node name and in a directory of its own, which goes away.
#
#   SLUICE_BENCH_DIR    where the stores of both are, on a real disk ($TMPDIR)
#   SLUICE_BENCH_PORT   the first of four ports (25610)
#   SLUICE_BENCH_QUEUES kinds of queues to compare with (classic quorum)
set -eu

fail() { echo "rabbitmq.sh: $*" >&2; exit 1; }

[ $# -ge 1 ] || fail "want the sluice program as the first argument"
sluice=$1
shift
stomp=${SLUICE_BENCH_PORT:-25610}
amqp=$((stomp + 1)) dist=$((stomp + 2)) names=$((stomp + 3))

# fetch unpacks the packages that are not installed into $1, once.
fetch() {
	[ -e "$1/done" ] && return
	command -v apt-get >/dev/null || fail "there is no rabbitmq-server, and no apt-get to fetch it with"
	packages=$(apt-get -s install --no-install-recommends rabbitmq-server 2>/dev/null | awk '/^Inst / { print $2 }')
	[ -n "$packages" ] || fail "apt-get knows no rabbitmq-server: run apt-get update as root, or install it"
	mkdir -p "$1/packages"
	echo "fetching rabbitmq-server and what it needs into $1" >&2
	# shellcheck disable=SC2086 # a list of names
	(cd "$1/packages" && apt-get download $packages >&2) || fail "apt-get download failed"
	for p in "$1"/packages/*.deb; do dpkg -x "$p" "$1"; done
	# Erlang's starter knows its place by an absolute name.
	sed -i "s|ROOTDIR=/usr/lib/erlang|ROOTDIR=$1/usr/lib/erlang|" "$1/usr/lib/erlang/bin/erl"
	touch "$1/done"
}

root=
if [ ! -d /usr/lib/rabbitmq ]; then
	root=${XDG_CACHE_HOME:-$HOME/.cache}/sluice-bench/rabbitmq
	fetch "$root"
fi
for server in "$root"/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server; do :; done
[ -e "$server" ] || fail "there is no $server"

work=$(mktemp -d "${SLUICE_BENCH_DIR:-${TMPDIR:-/tmp}}/sluice-rabbitmq.XXXXXX")
log=$work/rabbitmq.log
broker='' mapper=''
# shellcheck disable=SC2329 # the trap calls it
finish() {
	trap - EXIT INT TERM
	[ -z "$broker" ] || { kill "$(cat "$work/pid" 2>/dev/null || echo "$broker")" 2>/dev/null || true; wait "$broker" || true; }
	[ -z "$mapper" ] || { kill "$mapper" 2>/dev/null || true; wait "$mapper" 2>/dev/null || true; }
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

echo '[rabbitmq_stomp].' >"$work/plugins"
cat >"$work/rabbitmq.conf" <<EOF
stomp.listeners.tcp.1 = 127.0.0.1:$stomp
listeners.tcp.1 = 127.0.0.1:$amqp
disk_free_limit.absolute = 50MB
EOF
export PATH="$root/usr/lib/erlang/bin:$PATH"
export LD_LIBRARY_PATH="$root/usr/lib/$(uname -m)-linux-gnu:$root/lib/$(uname -m)-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export ERL_EPMD_PORT="$names" ERL_EPMD_ADDRESS=127.0.0.1
export RABBITMQ_NODENAME=sluice-bench@localhost RABBITMQ_DIST_PORT="$dist" RABBITMQ_PID_FILE="$work/pid"
export RABBITMQ_MNESIA_BASE="$work/data" RABBITMQ_LOG_BASE="$work" RABBITMQ_CONFIG_FILE="$work/rabbitmq.conf"
export RABBITMQ_ENABLED_PLUGINS_FILE="$work/plugins" RABBITMQ_CONF_ENV_FILE="$work/none"
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}'

epmd -port "$names" -address 127.0.0.1 >/dev/null 2>&1 &
mapper=$!
until epmd -port "$names" -names >/dev/null 2>&1; do
	kill -0 "$mapper" 2>/dev/null || fail "epmd did not start: is port $names taken? SLUICE_BENCH_PORT chooses others"
	sleep 0.1
done
HOME=$work sh "$server" >"$log" 2>&1 &
broker=$!
waited=0
until grep -q 'completed with .* plugins' "$log"; do
	kill -0 "$broker" 2>/dev/null || { tail -n 20 "$log" >&2; fail "RabbitMQ did not start"; }
	[ $((waited += 1)) -le 120 ] || { tail -n 20 "$log" >&2; fail "RabbitMQ was not ready after a minute"; }
	sleep 0.5
done

# compare measures both, with a kind of queue and headers that ask RabbitMQ for it.
compare() {
	kind=$1
	shift
	echo "RabbitMQ's $kind queue, durable; persistent messages, a receipt for each:"
	"$sluice" bench stomp --compare --addr "127.0.0.1:$stomp" --name "rabbitmq-$kind" --pid "$(cat "$work/pid")" \
		--login guest --passcode guest --queue "/queue/bench-$kind" --dir "$work" "$@"
}

for kind in ${SLUICE_BENCH_QUEUES:-classic quorum}; do
	case $kind in
	classic) compare classic --send-target 8 --get-target 5 "$@" ;;
	quorum) compare quorum --header x-queue-type:quorum --header durable:true --header auto-delete:false "$@" ;;
	*) fail "SLUICE_BENCH_QUEUES knows classic and quorum, not $kind" ;;
	esac
done
