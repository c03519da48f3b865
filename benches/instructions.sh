#!/usr/bin/env bash
# Instructions per page: a number that the load of the machine does not touch.
#
#   benches/instructions.sh            compares with benches/instructions.txt; more than 3 % above fails
#   benches/instructions.sh --keep     keeps the number that was counted
#   benches/instructions.sh --profile  also lists the functions that it went to, for a program with symbols
#
# callgrind counts what a crawl of the generated site takes with one open request and one worker
# thread, once with 620 pages and once with 220: the difference is what 400 pages take, without starting
# up, and without the estimate of uncaught pages, which costs the same for any number. The number belongs to a compiler and a kind of processor; keep a new one when these change.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
need nginx=nginx-light valgrind=valgrind sqlite3=sqlite3

few=220
many=620
kept=$benches/instructions.txt
program=$(gatecrawl)
site=$(own site)
export TOKIO_WORKER_THREADS=1

count() { # PAGES: sets `counted`, the instructions of a crawl of so many pages
    local options=(--rate 0 -c 1 --confirm none --no-adapt --http1 -q)
    if "$program" audit --help | grep -q -e '--no-probe'; then options+=(--no-probe); fi
    if "$program" audit --help | grep -q -e '--sample'; then options+=(--sample 0); fi
    "$site" "$scratch/$1" "$1"
    serve "$scratch/$1"
    rm -f "$scratch"/crawl.db*
    taskset -c "$CRAWLER_CORE" valgrind --tool=callgrind --callgrind-out-file="$scratch/callgrind.$1" \
        "$program" audit "${options[@]}" --db "$scratch/crawl.db" "http://127.0.0.1:$port/" >"$scratch/output" 2>&1 || {
        tail -n 5 "$scratch/output" >&2
        die "the crawl under valgrind failed"
    }
    unserve
    count_served
    ((served == $1)) || die "$served pages were served, not $1"
    counted=$(sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$scratch/output")
}

count "$few"
base=$counted
count "$many"
now=$(((counted - base) / (many - few)))
echo "instructions per page: $now (and $((base - now * few)) for the rest)"
if [[ ${1:-} == --profile ]]; then
    callgrind_annotate "$scratch/callgrind.$many" | grep -v '^--' | head -n 60
fi
if [[ ${1:-} == --keep ]]; then
    echo "$now" >"$kept"
    exit
fi
before=$(cat "$kept" 2>/dev/null) || die "nothing is kept yet: benches/instructions.sh --keep"
awk -v now="$now" -v before="$before" 'BEGIN {
    printf "kept: %d; now %+.1f %%\n", before, (now / before - 1) * 100
    exit now > before * 1.03
}' || die "more than 3 % above what is kept"
