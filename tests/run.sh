#!/usr/bin/env bash
# Runs every test: those that need nothing, then those against real servers. Packages that the
# latter need are installed where that is possible (Debian, root); elsewhere what is missing is
# said, and with CI=true it is a failure. No service is started: each test starts its own server.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A needed=(
    [nginx-light]=/usr/sbin/nginx
    [apache2]=/usr/sbin/apache2
    [wget]=/usr/bin/wget
    [iproute2]=/usr/sbin/ip
    [systemd]=/usr/bin/systemd-analyze
    [cron]=/usr/bin/crontab
    [openssl]=/usr/bin/openssl
    [prometheus]=/usr/bin/prometheus
    [postgresql-doc-15]=/usr/share/doc/postgresql-doc-15/html/index.html
    [libreoffice-calc-nogui]=/usr/bin/soffice
    [chromium]=/usr/bin/chromium
    [fonts-dejavu-core]=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
    [python3-venv]=/usr/share/doc/python3-venv
)

missing() {
    local package
    for package in "${!needed[@]}"; do
        [[ -e ${needed[$package]} ]] || echo "$package"
    done
}

# What reads the exports in tests/real/readers.rs, in an environment of its own below target.
readers() {
    local at=target/readers list=tests/real/readers/requirements.txt
    cmp -s "$list" "$at/requirements.txt" && return
    rm -rf "$at"
    python3 -m venv "$at" && "$at/bin/pip" install -q -r "$list" && cp "$list" "$at"
}

# What opens the report in tests/real/report.rs: Node.js drives Chromium. Debian's is used where none is.
browser() {
    local at=target/browser from=tests/real/browser
    command -v npm >/dev/null || { [[ $EUID == 0 ]] && install nodejs npm; } || return
    mkdir -p "$at" && cp "$from"/*.mjs "$at"
    cmp -s "$from/package-lock.json" "$at/installed.json" && return
    cp "$from"/package*.json "$at" && npm ci --prefix "$at" --no-audit --no-fund --silent &&
        cp "$from/package-lock.json" "$at/installed.json"
}

# Installs packages without starting their services: invoke-rc.d asks policy-rc.d, where 101 is no.
install() {
    local policy=/usr/sbin/policy-rc.d
    local own_policy=
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        own_policy=yes
    fi
    export DEBIAN_FRONTEND=noninteractive
    local status=0
    { apt-get update -q && apt-get install -q -y --no-install-recommends "$@"; } || status=$?
    [[ -z $own_policy ]] || rm -f "$policy"
    return "$status"
}

mapfile -t absent < <(missing)
if ((${#absent[@]} > 0)) && [[ $EUID == 0 ]] && command -v apt-get >/dev/null; then
    echo "installing: ${absent[*]}"
    install "${absent[@]}" || echo "not everything could be installed" >&2
    mapfile -t absent < <(missing)
fi

if ((${#absent[@]} == 0)); then
    readers || absent+=("Python packages of tests/real/readers/requirements.txt")
    browser || absent+=("Node.js with the packages of tests/real/browser/package.json")
fi

if cargo nextest --version >/dev/null 2>&1; then
    everything=(cargo nextest run --no-fail-fast)
    # They mostly wait for servers.
    real=(cargo nextest run --no-fail-fast --test real --test-threads 3)
else
    everything=(cargo test --no-fail-fast)
    real=(cargo test --no-fail-fast --test real)
fi

# Lying name service is tested in a network of its own, which not every kernel gives to everybody.
no_network=
if ! unshare --map-root-user --net --mount true 2>/dev/null; then
    real+=(-- --skip hostile::names)
    no_network="hostile::names left out, for want of network namespaces (unshare --net)"
fi

failed=()
"${everything[@]}" || failed+=("unit and integration tests")
# nextest runs no examples in documents.
cargo test --doc || failed+=("examples in documents")

if ((${#absent[@]} == 0)); then
    "${real[@]}" || failed+=("tests against real servers")
    left_out=$no_network
    [[ ${CI:-} != true || -z $no_network ]] || failed+=("$no_network")
else
    left_out="tests against real servers left out, for want of: ${absent[*]}"
    [[ ${CI:-} != true ]] || failed+=("$left_out")
fi

if ((${#failed[@]} > 0)); then
    printf 'FAILED: %s\n' "${failed[@]}" >&2
    exit 1
fi
echo "PASSED${left_out:+, $left_out}"
