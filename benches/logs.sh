#!/usr/bin/env bash
# How fast are server logs read, and in how much memory?
#
#   benches/logs.sh [LINES]      two million lines of the combined format, if nothing is said
#
# Each number is the best of three runs. The log is made once and kept in BENCH_CACHE. `goaccess` is compared if it
# is installed, on a tenth of the lines, because it needs a minute for all.
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

# What a call costs that finds a hundredth more: the rows of the first are read again.
head -n $((lines / 100)) "$log" >"$scratch/more"
cp "$log" "$scratch/growing"
/usr/bin/time -o "$scratch/time" -f '%e' taskset -c 0 "$program" logs --db "$scratch/growing.db" "$scratch/growing" >/dev/null 2>"$scratch/said" || die "$(cat "$scratch/said")"
first=$(tail -n 1 "$scratch/time")
cat "$scratch/more" >>"$scratch/growing"
/usr/bin/time -o "$scratch/time" -f '%e' taskset -c 0 "$program" logs --db "$scratch/growing.db" "$scratch/growing" >/dev/null 2>"$scratch/said" || die "$(cat "$scratch/said")"
second=$(tail -n 1 "$scratch/time")
awk -v first="$first" -v second="$second" 'BEGIN {printf "a call with the store %.2f s; the next, after 1 %% more, %.2f s (%.0f %%)\n", first, second, second / first * 100}'

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
