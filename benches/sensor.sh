#!/bin/sh
# What watching costs: one command that builds the bench, makes an image for it and prints the
# tables. Needs root, a C compiler and, for the loop in a container, docker; without docker that
# part is left out.
#
#   benches/sensor.sh [ITERATIONS] [ROUNDS]
set -eu
cd "$(dirname "$0")/.."
iterations=${1:-200000}
rounds=${2:-9}
target=${CARGO_TARGET_DIR:-target}
image=quaywatch-bench-loop

cargo build --quiet --release -p sensor --example sensor_load
bench=$target/release/examples/sensor_load
echo "kernel $(uname -r), $(nproc) CPUs, load $(cut -d ' ' -f 1-3 /proc/loadavg)"

"$bench" start 5
echo
"$bench" host "$iterations" "$rounds"

if ! docker version >/dev/null 2>&1; then
    echo "skipped: docker does not answer, so there is no loop in a container"
    exit 0
fi
root=$(mktemp -d)
trap 'rm -rf "$root"; docker image rm -f "$image" >/dev/null 2>&1 || true' EXIT
mkdir "$root/etc" "$root/srv"
echo x >"$root/etc/shadow"
echo x >"$root/srv/file"
cc -O2 -static -o "$root/open_loop" benches/sensor/open_loop.c
tar -C "$root" -c . | docker import - "$image" >/dev/null
"$bench" container "$image" "$iterations" "$rounds"
echo "load $(cut -d ' ' -f 1-3 /proc/loadavg)"
