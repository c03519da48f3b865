#!/usr/bin/env bash
# A million pages: does a page cost the same at the end as at the beginning, and what grows?
#
#   benches/million.sh [PAGES]         a million if no number is given; beside it always 20,000
#
# An origin of our own on one core makes the pages (4 KB, 20 links, one in a hundred 502); gatecrawl
# crawls them on the other, stores everything, and writes the exports.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
need /usr/bin/time=time sqlite3=sqlite3

few=20000
many=${1:-1000000}
program=$(gatecrawl)
wrong=0

judge() { # NAME VALUE MOST UNIT
    awk -v name="$1" -v value="$2" -v most="$3" -v unit="$4" \
        'BEGIN {printf "%-46s %9.2f %-10s bound %g  %s\n", name, value, unit, most, value <= most ? "kept" : "NOT KEPT"}'
}

declare -A cpu_of peak_of stored_of
printf '%9s %9s %9s %9s %9s %9s %11s\n' pages attempts ms/page pages/s 'wall s' 'peak MiB' 'bytes/page'
for pages in "$few" "$many"; do
    originate one "$pages"
    port=$(cat "$scratch/origin")
    # A pace that gives way to the 502s would measure waiting.
    crawl "$program" "http://127.0.0.1:$port/" --no-adapt
    read -r good bad < <(ask "$port" /-/served)
    stop "$origin_pid"
    failing=$(sqlite3 "$scratch/crawl.db" 'SELECT count(*) FROM pages WHERE "Status Code" = 502')
    cpu_of[$pages]=$cpu peak_of[$pages]=$peak stored_of[$pages]=$stored
    awk -v pages="$pages" -v attempts="$((good + bad))" -v cpu="$cpu" -v wall="$wall" -v peak="$peak" -v stored="$stored" 'BEGIN {
        printf "%9d %9d %9.3f %9.0f %9.0f %9.1f %11.0f\n", pages, attempts, cpu * 1000 / pages, pages / wall, wall, peak / 1024, stored / pages}'
    if ((good != reported)) || ((reported + failing < pages * 999 / 1000)); then
        echo "$pages pages: the origin answered $good with 200, $reported are reported, and $failing with 502" >&2
        wrong=1
    fi
done

echo
judge "CPU per page at $many / at $few" \
    "$(awk "BEGIN {print (${cpu_of[$many]} / $many) / (${cpu_of[$few]} / $few)}")" 1.25 times
judge "peak memory at $many pages" "$(awk "BEGIN {print ${peak_of[$many]} / 1024}")" 300 MiB
judge "memory per further known URL" \
    "$(awk "BEGIN {print (${peak_of[$many]} - ${peak_of[$few]}) * 1024 / ($many - $few)}")" 120 bytes

for format in csv json jsonl; do
    MEASURED_ON=$SERVER_CORE,$CRAWLER_CORE measure "$program" report -q --db "$scratch/crawl.db" --format "$format" -o "$scratch/$format" || wrong=1
    judge "$format exports, memory" "$(awk "BEGIN {print $peak / 1024}")" 300 MiB
    if [[ $format == csv ]]; then
        judge "$format exports, time" "$wall" 90 s
    else
        echo "$format exports, time: $wall s"
    fi
    du -sh "$scratch/$format" | awk -v format="$format" '{print format " exports, size: " $1}'
done
exit "$wrong"
