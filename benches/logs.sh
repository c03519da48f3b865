#!/usr/bin/env bash
# How fast are server logs read, and in how much memory?
#
#   benches/logs.sh [LINES [STREAM]]      two million lines of the combined format, if nothing is said
#
# Each number is the best of three runs. The log is made once and kept in BENCH_CACHE. `goaccess` is compared if it
# is installed, on a tenth of the lines, because it needs a minute for all. With STREAM, a log of that many gigabytes is
# made on the fly and read once through standard input.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
need /usr/bin/time=time python3=python3 gzip=gzip

lines=${1:-2000000}
program=$(gatecrawl)
log=$BENCH_CACHE/logs-$lines.log
if [[ ! -e $log ]]; then
    python3 "$benches/logs/generate.py" "$lines" >"$scratch/log"
    mv "$scratch/log" "$log"
fi
[[ -e $log.gz ]] || gzip -1 -c "$log" >"$scratch/gz"
[[ -e $log.gz ]] || mv "$scratch/gz" "$log.gz"

best() { # CORES COMMAND...: the shortest wall time in seconds, and the peak memory in MiB
    local cores=$1 seconds peak best=999999 most=0
    shift
    for _ in 1 2 3; do
        taskset -c "$cores" /usr/bin/time -o "$scratch/time" -f '%e %M' "$@" >/dev/null 2>"$scratch/said" || die "$(cat "$scratch/said")"
        read -r seconds peak < <(tail -n 1 "$scratch/time")
        best=$(awk -v a="$best" -v b="$seconds" 'BEGIN {print a < b ? a : b}')
        most=$((peak > most ? peak : most))
    done
    echo "$best $((most / 1024))"
}

row() { # NAME LINES SECONDS MIB
    awk -v name="$1" -v lines="$2" -v seconds="$3" -v peak="$4" \
        'BEGIN {printf "%-34s %8.2f s %8.2f million lines/s %6d MiB\n", name, seconds, lines / seconds / 1e6, peak}'
}

cat "$log" >/dev/null
read -r one one_peak < <(best 0 "$program" logs --no-store "$log")
row 'one core' "$lines" "$one" "$one_peak"
read -r two two_peak < <(best 0,1 "$program" logs --no-store "$log")
row 'two cores' "$lines" "$two" "$two_peak"
read -r packed packed_peak < <(best 0,1 "$program" logs --no-store "$log.gz")
row 'gzip, two cores' "$lines" "$packed" "$packed_peak"
read -r plain _ < <(best 0,1 bash -c "zcat '$log.gz' | wc -l")
row 'zcat | wc -l' "$lines" "$plain" 0
awk -v one="$one" -v two="$two" -v packed="$packed" -v plain="$plain" \
    'BEGIN {printf "two cores are %.2f times one; zcat | wc -l takes %.2f of the time of gzip\n", one / two, plain / packed}'

# What a call costs that finds a hundredth more, which is the log's own end.
last=$((lines / 100))
first=999999 second=999999
call() { # a call on one core with the store: its time in seconds
    /usr/bin/time -o "$scratch/time" -f '%e' taskset -c 0 "$program" logs --db "$scratch/growing.db" "$scratch/growing" >/dev/null 2>"$scratch/said" ||
        die "$(cat "$scratch/said")"
    tail -n 1 "$scratch/time"
}
smaller() { awk -v a="$1" -v b="$2" 'BEGIN {print a < b ? a : b}'; }
for _ in 1 2 3; do
    rm -f "$scratch"/growing*
    head -n $((lines - last)) "$log" >"$scratch/growing"
    first=$(smaller "$first" "$(call)")
    tail -n "$last" "$log" >>"$scratch/growing"
    second=$(smaller "$second" "$(call)")
done
awk -v first="$first" -v second="$second" 'BEGIN {printf "a call with the store %.2f s; the next, after 1 %% more, %.2f s (%.1f %%)\n", first, second, second / first * 100}'

python3 "$benches/logs/generate.py" 1000000 1000000 >"$scratch/distinct"
read -r distinct distinct_peak < <(best 0,1 "$program" logs --no-store "$scratch/distinct")
row 'a million URLs' 1000000 "$distinct" "$distinct_peak"

if command -v goaccess >/dev/null; then
    tenth=$((lines / 10))
    head -n "$tenth" "$log" >"$scratch/tenth"
    read -r theirs theirs_peak < <(best 0 goaccess --no-global-config --log-format=COMBINED -o "$scratch/goaccess.json" "$scratch/tenth")
    row 'goaccess, one core' "$tenth" "$theirs" "$theirs_peak"
    awk -v one="$one" -v theirs="$theirs" 'BEGIN {printf "%.0f times goaccess\n", theirs * 10 / one}'
fi

if [[ -n ${2:-} ]]; then
    size=$(stat -c %s "$log")
    times=$(awk -v gigabytes="$2" -v size="$size" 'BEGIN {print int(gigabytes * 1e9 / size + 0.999)}')
    # The log again and again, each time in another year.
    stream() {
        for ((at = 0; at < times; at++)); do
            sed "s|/2026:|/$((2000 + at)):|" "$log"
        done
    }
    stream | /usr/bin/time -o "$scratch/time" -f '%e %U %S %M' "$program" logs - >/dev/null
    read -r wall user system peak < <(tail -n 1 "$scratch/time")
    awk -v bytes=$((times * size)) -v lines=$((times * lines)) -v wall="$wall" -v user="$user" -v system="$system" -v peak="$peak" \
        'BEGIN {printf "%.1f GB from standard input, %.1f million lines: %.1f s, %.1f s of CPU, %d MiB\n", bytes / 1e9, lines / 1e6, wall, user + system, peak / 1024}'
fi
