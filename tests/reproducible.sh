#!/usr/bin/env bash
# Builds the release twice, in two folders, and says whether the programs are the same byte for byte.
# The folder's name is hidden from the compiler, since code that is generated meanwhile lies below it.
# With cargo-auditable the programs carry the list of what they were made of, which is read back.
#   tests/reproducible.sh [FOLDER]       needs some ten minutes, and 2 GB below FOLDER (default: a temporary one)
set -euo pipefail
cd "$(dirname "$0")/.."

at=$(mktemp -d "${1:-${TMPDIR:-/tmp}}/gatecrawl-XXXXXX")
trap 'rm -rf "$at"' EXIT
build=(cargo build)
if cargo auditable --version >/dev/null 2>&1; then
    build=(cargo auditable build)
else
    echo "cargo-auditable is not installed: the programs carry no list of their parts"
fi
for copy in first second; do
    git clone -q . "$at/$copy"
    (
        cd "$at/$copy"
        unset CARGO_TARGET_DIR
        RUSTFLAGS="--remap-path-prefix=$PWD=/gatecrawl" "${build[@]}" --release --locked --quiet
    )
done
programs=("$at"/{first,second}/target/release/gatecrawl)
sha256sum "${programs[@]}"
if [[ ${#build[@]} == 3 ]]; then
    objcopy --dump-section .dep-v0=/dev/stdout "${programs[0]}" /dev/null |
        python3 -c 'import json, sys, zlib
parts = json.loads(zlib.decompress(sys.stdin.buffer.read()))["packages"]
print(len(parts), "parts, such as", *(part["name"] + " " + part["version"] for part in parts[:3]))'
fi
cmp "${programs[@]}" && echo "the same, byte for byte"
