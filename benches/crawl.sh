#!/usr/bin/env bash
# What a crawl costs: nginx on one core serves a directory, gatecrawl on the other crawls it and
# stores everything.
#
#   benches/crawl.sh [DIR [RUNS]]      DIR: a directory, or site, python, java, postgresql
#
# GATECRAWL names another program; several, with blanks between them, are run in turn, which
# compares builds. GATECRAWL_ARGS are added to the command line.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
need nginx=nginx-light /usr/bin/time=time sqlite3=sqlite3

case ${1:-site} in
    site) dir=$(generated) ;;
    python) dir=$(python_pages) ;;
    java) dir=$(java_pages) ;;
    postgresql) dir=$(postgresql_pages) ;;
    *) dir=$1 ;;
esac
[[ -d $dir ]] || die "no such directory: $dir"
runs=${2:-3}
read -r -a programs <<<"$(gatecrawl)"
read -r -a extra <<<"${GATECRAWL_ARGS:-}"

wrong=0
printf '%-4s %7s %9s %9s %9s %9s %9s %9s  %s\n' \
    run pages requests 'ms/page' 'user ms' 'sys ms' pages/s 'peak MiB' 'bytes/page  program'
for ((run = 1; run <= runs; run++)); do
    for program in "${programs[@]}"; do
        serve "$dir"
        crawl "$program" "http://127.0.0.1:$port/" "${extra[@]}"
        unserve
        count_served
        ((served > 0)) || die "nothing was served"
        awk -v run="$run" -v pages="$served" -v requests="$requests" -v user="$user" -v kernel="$system" \
            -v wall="$wall" -v peak="$peak" -v stored="$stored" -v program="$program" 'BEGIN {
            printf "%-4d %7d %9d %9.3f %9.3f %9.3f %9.0f %9.1f %10.0f  %s\n", run, pages, requests, (user + kernel) * 1000 / pages,
                user * 1000 / pages, kernel * 1000 / pages, pages / wall, peak / 1024, stored / pages, program
        }'
        awk "BEGIN {print $cpu * 1000 / $served}" >>"$scratch/cpu-${program//\//_}"
        if ((served != reported)); then
            echo "it reports $reported pages, the server's log has $served" >&2
            wrong=1
        fi
    done
done
for program in "${programs[@]}"; do
    printf 'median CPU %.3f ms/page  %s\n' "$(median <"$scratch/cpu-${program//\//_}")" "$program"
done
exit "$wrong"
