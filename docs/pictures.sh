#!/usr/bin/env bash
# Makes the pictures of docs/pictures.md from the report of `gatecrawl demo`.
# Needs Chromium, Node.js and the packages that tests/run.sh installs in target/browser.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cargo run --locked --quiet -- demo --quiet -o "$work/demo" >/dev/null
mkdir -p docs/pictures
cp docs/pictures.mjs target/browser/pictures.mjs
node target/browser/pictures.mjs "$work/demo/report.html" docs/pictures
rm target/browser/pictures.mjs
