#!/usr/bin/env bash
# A thousand hosts at once, each asked once a second: does every one get its rate, whatever the dead
# ones do?
#
#   benches/hosts.sh [HOSTS [DEAD]]    1,000 hosts, 30 of them dead, if no numbers are given
#
# The hosts are addresses of the loopback network, served by an origin of our own. Half of the dead
# refuse connections, the others accept them and never answer. What each host was asked is read from
# the origin's log: over a minute in the middle, every live one within 5 % of its rate.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
need sqlite3=sqlite3 /usr/bin/time=time

hosts=${1:-1000}
dead=${2:-30}
# Enough pages that no host is done before the minute is over.
pages=100
warm_up=15
ulimit -n "$(ulimit -Hn)"
program=$(gatecrawl)

originate many "$hosts" "$dead" "$pages" "$scratch/asked"
for _ in $(seq 200); do
    (($(wc -l <"$scratch/origin") < hosts)) || break
    sleep 0.05
done
(($(wc -l <"$scratch/origin") == hosts)) || die "the origin does not have every host"
cut -d ' ' -f 2 "$scratch/origin" >"$scratch/seeds"

options=(--rate 1 --confirm none --http1 --no-sitemap -q)
if "$program" audit --help | grep -q -e '--no-probe'; then options+=(--no-probe); fi
if "$program" audit --help | grep -q -e '--sample'; then options+=(--sample 0); fi
taskset -c "$CRAWLER_CORE" /usr/bin/time -o "$scratch/time" -f '%U %S %e %M' "$program" audit "${options[@]}" --db "$scratch/crawl.db" \
    --url-list "$scratch/seeds" --crawl >"$scratch/output" 2>&1 &
crawler=$!
sleep $((warm_up + 65))
if ! kill -0 "$crawler" 2>/dev/null; then
    tail -n 5 "$scratch/output" >&2
    die "the crawl ended before the minute was over"
fi
# The program is the only child of `time`, and ends as if from the keyboard.
inner=$(pgrep -P "$crawler" || true)
kill -INT "${inner:-$crawler}" 2>/dev/null || true
sleep 3
kill -INT "${inner:-$crawler}" 2>/dev/null || true
wait "$crawler" 2>/dev/null || true
stop "$origin_pid"

# The minute begins `warm_up` seconds after the first request.
awk -v warm_up="$warm_up" '
    NR == FNR {if ($1 == "live") {split($2, part, /[\/:]+/); live[part[2]] = 1}; next}
    first == "" {first = $1}
    $1 >= first + warm_up * 1000 && $1 < first + (warm_up + 60) * 1000 {asked[$2]++}
    END {
        least = 1e9; most = 0
        for (host in live) {
            n = asked[host] + 0; hosts++; sum += n
            if (n < least) least = n
            if (n > most) most = n
            if (n < 57 || n > 63) {outside++; if (outside <= 5) print host " was asked " n " times"}
        }
        printf "%d live hosts, asked %.2f times on average in the minute, at least %d, at most %d; outside 57-63: %d  %s\n",
            hosts, sum / hosts, least, most, outside, outside ? "NOT KEPT" : "kept"
        exit outside > 0
    }' "$scratch/origin" "$scratch/asked" || wrong=1
tail -n 1 "$scratch/time" | awk '{printf "CPU %.1f s in %.0f s, peak %.1f MiB\n", $1 + $2, $3, $4 / 1024}'
exit "${wrong:-0}"
