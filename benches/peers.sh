#!/usr/bin/env bash
# What other crawlers cost for the same pages, and what the least is that any could cost.
#
#   benches/peers.sh [SITE...]         SITE: site, python, java (all three if none is named)
#
# nginx on one core serves, the crawler runs on the other; runs alternate. RUNS (3) is how often each
# runs, SLOW_RUNS (1) how often those that take minutes; PEERS leaves some out. CRAWLER_CORE=0,1 gives
# the crawlers both cores, for pages/s. The peers are installed in BENCH_CACHE at the versions below.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
need nginx=nginx-light /usr/bin/time=time sqlite3=sqlite3 wget=wget

SITEONE=2.5.1
SCRAPY=2.19.0
# Later versions want a later Node than Debian has.
LINKINATOR=6.1.2
# The version of spider is in benches/spider/Cargo.toml.

everyone="gatecrawl floor-fetch floor-tokens floor wget spider siteone siteone-crawl scrapy linkinator"
slow=" siteone siteone-crawl scrapy linkinator "
read -r -a peers <<<"${PEERS:-$everyone}"
wanted() { [[ " ${peers[*]} " == *" $1"* ]]; }

program=$(gatecrawl)
if wanted floor; then floor=$(own floor); fi
if wanted spider; then
    CARGO_TARGET_DIR=$BENCH_CACHE/build-spider cargo build --release --quiet --locked --manifest-path "$benches/spider/Cargo.toml"
fi
siteone=$BENCH_CACHE/siteone/bin/siteone-crawler
if wanted siteone && [[ ! -x $siteone ]]; then
    CARGO_TARGET_DIR=$BENCH_CACHE/build-siteone cargo install --quiet siteone-crawler --version "=$SITEONE" --locked --root "$BENCH_CACHE/siteone"
fi
scrapy=$BENCH_CACHE/scrapy/bin/scrapy
if wanted scrapy && [[ ! -x $scrapy ]]; then
    need python3=python3-venv
    python3 -m venv "$BENCH_CACHE/scrapy"
    "$BENCH_CACHE/scrapy/bin/pip" install --quiet "scrapy==$SCRAPY"
fi
linkinator=$BENCH_CACHE/linkinator/node_modules/.bin/linkinator
if wanted linkinator && [[ ! -x $linkinator ]]; then
    need npm=npm
    npm install --silent --no-fund --no-audit --prefix "$BENCH_CACHE/linkinator" "linkinator@$LINKINATOR"
fi

# Runs a peer on the site that is served; sets `claimed`, the pages that it says it has.
run() { # PEER
    local url=http://127.0.0.1:$port/
    rm -rf "$scratch/peer"
    mkdir "$scratch/peer"
    case $1 in
        gatecrawl)
            crawl "$program" "$url"
            claimed=$reported
            ;;
        floor-* | floor)
            local part=${1#floor}
            part=${part#-}
            measure "$floor" "${part:-all}" "127.0.0.1:$port" "$scratch/list"
            claimed=$(awk '{print $1}' "$scratch/output")
            ;;
        wget)
            # It fails when a single link is broken, which is no failure here.
            measure wget -r -l inf -nH -q -e robots=on -P "$scratch/peer" "$url" 2>/dev/null || true
            claimed=$(find "$scratch/peer" -type f -name '*.html*' | wc -l)
            ;;
        spider)
            measure "$BENCH_CACHE/build-spider/release/spider-minimal" "$url"
            claimed=$(sed -n 's/.* \([0-9]*\) of them 200.*/\1/p' "$scratch/output")
            ;;
        siteone | siteone-crawl)
            local options=()
            if [[ $1 == siteone-crawl ]]; then options=(--analyzer-filter-regex=/none/); fi
            measure "$siteone" --url="$url" --workers=32 --max-reqs-per-sec=100000 --max-visited-urls=1000000 \
                --max-queue-length=1000000 --disable-all-assets --http-cache-dir=off --output=json --hide-progress-bar \
                --output-html-report= --output-json-file= --output-text-file= "${options[@]}" || true
            claimed=$(grep -c '"url":' "$scratch/output" || true)
            ;;
        scrapy)
            measure "$scrapy" runspider "$benches/scrapy_minimal.py" -a url="$url" -o "$scratch/peer/pages.jsonl"
            claimed=$(wc -l <"$scratch/peer/pages.jsonl")
            ;;
        linkinator)
            measure "$linkinator" "$url" --recurse --skip '^(?!http://127\.0\.0\.1)' --concurrency 32 --format json --timeout 60000 2>/dev/null || true
            claimed=$(grep -c '"status": 200' "$scratch/output" || true)
            ;;
        *) die "no such peer: $1" ;;
    esac
}

# What the server's log says of a run, and what is kept of it: CPU ms/page, pages/s, MiB.
note() { # SITE PEER
    count_served
    local remark=
    case $2 in
        # Their own numbers count other things too: error pages saved, pictures checked.
        wget | siteone* | linkinator) ;;
        # A text that is linked to is no page to us, and one to others.
        *) ((claimed >= served && claimed * 99 <= served * 100)) || remark="claims $claimed" ;;
    esac
    ((served * 100 >= expected * 99)) || remark="$remark; has only part of the site"
    awk -v cpu="$cpu" -v wall="$wall" -v peak="$peak" -v pages="$served" -v kept="$scratch/$1-$2" -v site="$1" -v peer="$2" \
        -v requests="$requests" -v remark="$remark" 'BEGIN {
        if (pages == 0) pages = 1
        printf "%.4f %.1f %.1f\n", cpu * 1000 / pages, pages / wall, peak / 1024 >>kept
        printf "%-7s %-14s %7d %9d %9.3f %9.0f %9.1f  %s\n", site, peer, pages, requests, cpu * 1000 / pages, pages / wall, peak / 1024, remark
    }'
}

column() { # SITE PEER COLUMN: the median
    [[ -e $scratch/$1-$2 ]] && awk -v n="$3" '{print $n}' "$scratch/$1-$2" | median
}

bound() { # SITE PEER MOST: gatecrawl's CPU as a part of the peer's
    local ours theirs
    ours=$(column "$1" gatecrawl 1) && theirs=$(column "$1" "$2" 1) || return 0
    awk -v ours="$ours" -v theirs="$theirs" -v most="$3" -v site="$1" -v peer="$2" 'BEGIN {
        ratio = ours / theirs
        printf "%-7s CPU per page / %-13s %7.3f   bound %.2f  %s\n", site, peer, ratio, most, ratio <= most ? "kept" : "NOT KEPT"
    }'
}

sites=("$@")
((${#sites[@]} > 0)) || sites=(site python java)
printf '%-7s %-14s %7s %9s %9s %9s %9s\n' site crawler pages requests ms/page pages/s 'peak MiB'
for site in "${sites[@]}"; do
    case $site in
        site) dir=$(generated) ;;
        python) dir=$(python_pages) ;;
        java) dir=$(java_pages) ;;
        *) die "no such site: $site" ;;
    esac
    # What the floor is to fetch is what a crawl finds; this run also fills the system's cache.
    serve "$dir"
    crawl "$program" "http://127.0.0.1:$port/"
    unserve
    awk '$1 == 200 && $2 ~ /^text\/html/ {print $NF}' "$log" | awk '!seen[$0]++' >"$scratch/list"
    expected=$(wc -l <"$scratch/list")
    for ((turn = 1; turn <= ${RUNS:-3}; turn++)); do
        for peer in "${peers[@]}"; do
            if [[ $slow == *" $peer "* ]] && ((turn > ${SLOW_RUNS:-1})); then continue; fi
            serve "$dir"
            run "$peer" || echo "$peer failed" >&2
            unserve
            note "$site" "$peer"
        done
    done
done

echo
printf '%-7s %-14s %9s %9s %9s %18s\n' site crawler ms/page pages/s 'peak MiB' 'gatecrawl is times'
for site in "${sites[@]}"; do
    ours=$(column "$site" gatecrawl 1 || true)
    for peer in "${peers[@]}"; do
        theirs=$(column "$site" "$peer" 1) || continue
        awk -v site="$site" -v peer="$peer" -v theirs="$theirs" -v speed="$(column "$site" "$peer" 2)" -v memory="$(column "$site" "$peer" 3)" \
            -v ours="${ours:-0}" 'BEGIN {printf "%-7s %-14s %9.3f %9.0f %9.1f %18.3f\n", site, peer, theirs, speed, memory, ours / theirs}'
    done
done
echo
for site in "${sites[@]}"; do
    bound "$site" spider 0.75
    bound "$site" siteone 0.05
    bound "$site" floor 2
done
