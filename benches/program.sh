#!/usr/bin/env bash
# The program itself: how soon it is there, how large it is, how long it takes to build.
#
#   benches/program.sh [--build]       --build: also builds it from nothing, on both cores
set -euo pipefail
source "$(dirname "$0")/lib.sh"
program=$(gatecrawl)

judge() { # NAME VALUE MOST UNIT
    awk -v name="$1" -v value="$2" -v most="$3" -v unit="$4" \
        'BEGIN {printf "%-30s %8.2f %-4s bound %g  %s\n", name, value, unit, most, value <= most ? "kept" : "NOT KEPT"}'
}

for _ in $(seq 50); do
    before=$(date +%s%N)
    taskset -c "$CRAWLER_CORE" "$program" --version >/dev/null
    after=$(date +%s%N)
    echo $(((after - before) / 1000)) >>"$scratch/times"
done
judge "--version, median of 50" "$(awk "BEGIN {print $(median <"$scratch/times") / 1000}")" 10 ms
judge "size" "$(awk "BEGIN {print $(stat -c %s "$program") / 1048576}")" 25 MiB
if [[ ${1:-} == --build ]]; then
    before=$(date +%s)
    (cd "$benches/.." && CARGO_TARGET_DIR="$scratch/target" cargo build --release --quiet --locked -j 2)
    judge "build from nothing" "$(awk "BEGIN {print ($(date +%s) - $before) / 60}")" 7 min
fi
