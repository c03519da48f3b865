#!/usr/bin/env bash
# Fuzzes each target for so many minutes of CPU time, two at a time (JOBS), and prints what came of it
# as a table. What was found interesting stays in fuzz/corpus, so that the next run goes on from there;
# what breaks something is left in fuzz/artifacts.
#   fuzz/run.sh [MINUTES] [TARGET...]      30 minutes, all targets
# It needs a nightly Rust and cargo-fuzz: `cargo install cargo-fuzz --locked`.
set -euo pipefail
cd "$(dirname "$0")"

minutes=${1:-30}
shift || true
all=(charset config csv html link_header log retry_after robots sitemap url url_list)
targets=("${@:-${all[@]}}")

# What each starts from besides fixtures/fuzz; those of other targets cost time and teach nothing.
declare -A seeds=(
    [charset]="html responses" [html]=html [robots]=robots [sitemap]=sitemaps [url_list]=url-lists
)
# Longest input, in bytes: what matters happens in less, and long ones are slow.
declare -A longest=([charset]=4096 [config]=2048 [html]=4096 [robots]=4096 [sitemap]=4096 [url_list]=4096)

# Without a sanitizer: there is no unsafe code of ours to watch, and each would halve the speed.
cargo +nightly fuzz build --fuzz-dir . --sanitizer none --debug-assertions

fuzz() {
    local target=$1 log=target/$1.log folders=("corpus/$1") folder
    mkdir -p "corpus/$target" "artifacts/$target"
    for folder in "fuzz/$target" ${seeds[$target]:-}; do
        [[ ! -d ../fixtures/$folder ]] || folders+=("../fixtures/$folder")
    done
    target/*/release/"$target" "${folders[@]}" -artifact_prefix="artifacts/$target/" \
        -max_len="${longest[$target]:-512}" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
        >"$log" 2>&1 &
    local pid=$! used=0 now
    while now=$(ps -o cputimes= -p $pid) && used=$now && ((used < minutes * 60)); do
        sleep 1
    done
    kill -INT $pid 2>/dev/null || true
    local outcome=ended
    wait $pid || outcome="stopped: see $log"
    # An interrupted fuzzer has found nothing.
    grep -q '^==.*== libFuzzer: run interrupted' "$log" && outcome="nothing found"
    local coverage executed
    coverage=$(grep -o 'cov: [0-9]* ft: [0-9]*' "$log" | tail -1)
    executed=$(awk '/stat::number_of_executed_units/ { print $2 }' "$log")
    printf '%s | %s CPU-minutes | %s executions | %s | %s inputs | %s\n' "$target" \
        "$(((used + 30) / 60))" "${executed:-?}" "$coverage" "$(ls "corpus/$target" | wc -l)" "$outcome"
}

for target in "${targets[@]}"; do
    while (($(jobs -rp | wc -l) >= ${JOBS:-2})); do
        wait -n
    done
    fuzz "$target" &
done
wait
