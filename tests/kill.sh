#!/usr/bin/env bash
# Kills the program at random moments of crawls and exports, and looks after each kill whether
# everything is there: bash tests/kill.sh [KILLS] [SEED], 200 and a new seed unless said.
set -euo pipefail
cd "$(dirname "$0")/.."
export KILLS=${1:-200} SEED=${2:-$RANDOM}
exec cargo test --test real -- --ignored --exact --nocapture killed_often::two_hundred_kills_lose_nothing
