#!/usr/bin/env bash
# What do exports cost: time, peak memory and size of each format, of a million stored pages?
#
#   benches/exports.sh [PAGES [FORMAT...]]      a million pages and every format, if nothing is said
#
# The database is made once, by a crawl of the origin of `million.sh`, and kept in BENCH_CACHE. A first report
# draws conclusions, which none that is measured has to.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
need /usr/bin/time=time sqlite3=sqlite3

pages=${1:-1000000}
formats=("${@:2}")
((${#formats[@]} > 0)) || formats=(csv jsonl json html md xlsx junit screaming-frog)
program=$(gatecrawl)
database=$BENCH_CACHE/exports-$pages.db
wrong=0

if [[ ! -e $database ]]; then
    originate one "$pages"
    crawl "$program" "http://127.0.0.1:$(cat "$scratch/origin")/" --no-adapt
    stop "$origin_pid"
    sqlite3 "$scratch/crawl.db" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
    mv "$scratch/crawl.db" "$database"
fi
"$program" report -q --db "$database" --format json -o "$scratch/first" >/dev/null

printf '%-16s %9s %9s %9s %9s\n' format 'wall s' 'CPU s' 'peak MiB' 'size MB'
for format in "${formats[@]}"; do
    out=$scratch/$format
    MEASURED_ON=$SERVER_CORE,$CRAWLER_CORE measure "$program" report -q --db "$database" --format "$format" -o "$out" || wrong=1
    size=$(find "$out" -type f -printf '%s\n' | awk '{sum += $1} END {print sum / 1e6}')
    awk -v format="$format" -v wall="$wall" -v cpu="$cpu" -v peak="$peak" -v size="$size" \
        'BEGIN {printf "%-16s %9.1f %9.1f %9.1f %9.1f\n", format, wall, cpu, peak / 1024, size}'
    if ((peak > 300 * 1024)); then
        echo "$format: more than 300 MiB of memory" >&2
        wrong=1
    fi
    rm -rf "$out"
done
exit "$wrong"
