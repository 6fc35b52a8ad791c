#!/usr/bin/env bash
# Prints the figures of benches/README.md: run.sh [pipeline] [sensor] [store] [journal]; all without arguments.
# `./x bench` builds the program first and names it in QUAYWATCH_BIN.
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- pipeline sensor store journal
echo "machine: $(nproc) cores, $(uname -r), load $(cut -d' ' -f1-3 /proc/loadavg)"
for bench in "$@"; do
    echo "== $bench"
    case "$bench" in
        pipeline) cargo run --quiet --package testkit --example pipeline_figures ;;
        sensor) bash benches/sensor.sh ;;
        store) cargo run --quiet --package xtask -- bench store ;;
        journal)
            folder=$(mktemp -d)
            cargo run --quiet --release --package alert-router --example append_latency -- "$folder"
            rm -rf "$folder"
            ;;
        *)
            echo "run.sh: no bench named $bench; there are: pipeline sensor store journal" >&2
            exit 2
            ;;
    esac
done
