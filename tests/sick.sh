#!/usr/bin/env bash
# Audits every sick site of tests/real/sick with the real program in real time, and prints a table:
# what was fetched, how it was judged, how long it took, and whether that is what the scenario wants.
#
#   bash tests/sick.sh                        every scenario, about an hour; the processor mostly sleeps
#   bash tests/sick.sh limits compression    those whose test has one of these words in its name
#   GATECRAWL=/path/to/gatecrawl bash tests/sick.sh     another build, to compare it with this one
#   THREADS=6 bash tests/sick.sh              audits at a time (3)
#
# It needs nginx and cargo-nextest. Beside each line, target/tmp/sick/SCENARIO.log has findings, skipped URLs, wrong
# verdicts and what the program printed. `cargo nextest run --test real sick` runs the quick scenarios only.
set -uo pipefail
cd "$(dirname "$0")/.."

at=target/tmp/sick
rm -rf "$at"
mkdir -p "$at"

filter='test(/^sick::/)'
if (($# > 0)); then
    words=$(printf '|%s' "$@")
    filter="$filter and test(/${words:1}/)"
fi

status=0
cargo nextest run --test real --run-ignored all --no-fail-fast --test-threads "${THREADS:-3}" \
    --status-level fail --final-status-level none --failure-output never -E "$filter" || status=$?

# Results may be long: the table has the first of what is broken, the logs have all.
{
    printf 'scenario\tpages\tverdicts\tcrawl\tstall\tall\trequests\tresult\n'
    cat "$at"/*.tsv 2>/dev/null
} | cut -c -400 | tee "$at/table.txt" | column -t -s $'\t'
exit "$status"
