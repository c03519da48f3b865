# What the benchmarks share; sourced by them. Everything listens on loopback only, every process
# that is started here is stopped by its id, and what is built or installed is kept in BENCH_CACHE.

benches=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BENCH_CACHE=$(realpath -m "${BENCH_CACHE:-$benches/../target/bench}")
mkdir -p "$BENCH_CACHE"
scratch=$(mktemp -d "$BENCH_CACHE/run.XXXXXX")
export LC_ALL=C

# The server is pinned to the one core, what is measured to the other.
SERVER_CORE=${SERVER_CORE:-0}
CRAWLER_CORE=${CRAWLER_CORE:-1}

die() {
    echo "$*" >&2
    exit 1
}

started=()
stop() { # PID: ends a process that was started here, and waits for it
    kill -QUIT "$1" 2>/dev/null || true
    for _ in $(seq 100); do
        kill -0 "$1" 2>/dev/null || break
        sleep 0.05
    done
    kill -KILL "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}
clean_up() {
    local pid
    for pid in "${started[@]}"; do
        if kill -0 "$pid" 2>/dev/null; then stop "$pid"; fi
    done
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

need() { # PROGRAM=PACKAGE...: installs the packages of programs that are missing, without starting services
    local pair absent=()
    for pair in "$@"; do
        [[ -x $(command -v "${pair%%=*}" || echo "/usr/sbin/${pair%%=*}") ]] || absent+=("${pair##*=}")
    done
    ((${#absent[@]} > 0)) || return 0
    [[ $EUID == 0 ]] && command -v apt-get >/dev/null || die "missing packages: ${absent[*]}"
    local policy=/usr/sbin/policy-rc.d own_policy='' status=0
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        own_policy=yes
    fi
    {
        DEBIAN_FRONTEND=noninteractive apt-get update -q &&
            DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${absent[@]}"
    } >&2 || status=$?
    [[ -z $own_policy ]] || rm -f "$policy"
    return "$status"
}

free_port() {
    perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport'
}

own() { # PACKAGE: builds the program benches/PACKAGE once its sources have changed, prints where it is
    CARGO_TARGET_DIR="$BENCH_CACHE/build" cargo build --release --quiet --locked \
        --manifest-path "$benches/$1/Cargo.toml" >&2 || die "$1 does not build"
    echo "$BENCH_CACHE/build/release/$1"
}

gatecrawl() { # prints where the program is: GATECRAWL, or what `cargo build --release` makes
    if [[ -n ${GATECRAWL:-} ]]; then
        echo "$GATECRAWL"
    else
        (cd "$benches/.." && cargo build --release --quiet --locked >&2) || die "gatecrawl does not build"
        realpath "${CARGO_TARGET_DIR:-$benches/../target}/release/gatecrawl"
    fi
}

generated() { # prints where the generated site is: 20,000 pages of 25 KB with 60 links
    local site=$BENCH_CACHE/site
    if [[ ! -e $site/complete ]]; then
        local program
        program=$(own site)
        rm -rf "$site"
        mkdir -p "$site"
        "$program" "$site/html" && touch "$site/complete"
    fi
    echo "$site/html"
}

documents() { # PACKAGE FOLDER: prints where a Debian package's folder of pages is, unpacked if not installed
    if [[ -e $2/index.html ]]; then
        realpath "$2"
        return
    fi
    local root=$BENCH_CACHE/documents/$1
    if [[ ! -e $root$2/index.html ]]; then
        mkdir -p "$root"
        (cd "$root" && apt-get download -q "$1" >&2 && dpkg -x "$1"_*.deb . && rm "$1"_*.deb) ||
            die "$1 can neither be found nor fetched"
    fi
    realpath "$root$2"
}
python_pages() { documents python3.11-doc /usr/share/doc/python3.11/html; }
java_pages() { documents openjdk-17-doc /usr/share/doc/openjdk-17-jre-headless/api; }
postgresql_pages() { documents postgresql-doc-15 /usr/share/doc/postgresql-doc-15/html; }

# Serves a directory: sets `port`, `nginx_pid` and `log`, whose lines are: status, type, path.
serve() { # DIR
    local dir
    dir=$(realpath "$1")
    log=$scratch/access.log
    for _ in 1 2 3 4 5; do
        port=$(free_port)
        cat >"$scratch/nginx.conf" <<CONF
daemon off;
master_process off;
worker_processes 1;
pid $scratch/nginx.pid;
error_log $scratch/error.log;
events { worker_connections 4096; }
http {
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    charset utf-8;
    log_format short '\$status \$sent_http_content_type \$request_uri';
    access_log $log short buffer=64k;
    client_body_temp_path $scratch/body;
    proxy_temp_path $scratch/proxy;
    fastcgi_temp_path $scratch/fastcgi;
    uwsgi_temp_path $scratch/uwsgi;
    scgi_temp_path $scratch/scgi;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    server {
        listen 127.0.0.1:$port backlog=1024;
        root $dir;
        index index.html;
    }
}
CONF
        : >"$log"
        taskset -c "$SERVER_CORE" "$(command -v nginx || echo /usr/sbin/nginx)" -p "$scratch" -e "$scratch/error.log" \
            -c "$scratch/nginx.conf" &
        nginx_pid=$!
        started+=("$nginx_pid")
        for _ in $(seq 100); do
            if (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return 0; fi
            kill -0 "$nginx_pid" 2>/dev/null || break
            sleep 0.05
        done
        stop "$nginx_pid"
    done
    cat "$scratch/error.log" >&2
    die "nginx does not start"
}
unserve() { stop "$nginx_pid"; } # also completes the log

# What was served, by the log: sets `served` (different pages answered with 200) and `requests`.
count_served() {
    served=$(awk '$1 == 200 && $2 ~ /^text\/html/ {print $NF}' "$log" | sort -u | wc -l)
    requests=$(wc -l <"$log")
}

# Runs a command on the crawler's core: sets `cpu` (user and system, seconds), `wall` and `peak` (KiB).
# Its output is in $scratch/output; a failure is told, and is a result.
measure() { # COMMAND...
    local status=0
    taskset -c "${MEASURED_ON:-$CRAWLER_CORE}" /usr/bin/time -o "$scratch/time" -f "%U %S %e %M" \
        timeout "${LONGEST:-1800}" "$@" >"$scratch/output" 2>&1 || status=$?
    read -r user system wall peak < <(tail -n 1 "$scratch/time")
    cpu=$(awk "BEGIN {print $user + $system}")
    if ((status != 0)); then
        tail -n 5 "$scratch/output" >&2
        echo "it ended with $status: $*" >&2
    fi
    return "$status"
}

median() { # of the numbers on stdin
    sort -g | awk '{n[NR] = $1} END {print NR % 2 ? n[(NR + 1) / 2] : (n[NR / 2] + n[NR / 2 + 1]) / 2}'
}

# A crawl with gatecrawl: everything stored, nothing held back, nothing asked again. The database is
# $scratch/crawl.db; sets what `measure` sets, `stored` (bytes) and `reported` (pages with 200).
crawl() { # PROGRAM URL [ARGUMENT...]
    local program=$1 url=$2
    shift 2
    local options=(--rate 0 -c 32 --confirm none --http1 -q)
    if "$program" audit --help | grep -q -e '--no-probe'; then options+=(--no-probe); fi
    if "$program" audit --help | grep -q -e '--sample'; then options+=(--sample 0); fi
    rm -f "$scratch"/crawl.db*
    measure "$program" audit "${options[@]}" --db "$scratch/crawl.db" "$@" "$url" || true
    stored=$(find "$scratch" -name 'crawl.db*' -printf '%s\n' | awk '{sum += $1} END {print sum + 0}')
    reported=$(sqlite3 "$scratch/crawl.db" \
        "SELECT count(*) FROM pages WHERE \"Status Code\" = 200 AND \"Content Type\" LIKE 'text/html%'")
}

# A server of our own (benches/origin) on its core: sets `origin_pid`; what it prints goes to $scratch/origin.
originate() { # ARGUMENT...
    local program
    program=$(own origin)
    : >"$scratch/origin"
    taskset -c "$SERVER_CORE" "$program" "$@" >"$scratch/origin" &
    origin_pid=$!
    started+=("$origin_pid")
    for _ in $(seq 200); do
        [[ ! -s $scratch/origin ]] || return 0
        sleep 0.05
    done
    die "the origin does not start"
}
ask() { # PORT PATH: prints what a server on loopback answers
    local connection
    exec {connection}<>"/dev/tcp/127.0.0.1/$1"
    printf 'GET %s HTTP/1.0\r\nConnection: close\r\n\r\n' "$2" >&"$connection"
    timeout 5 sed -n '1,/^\r$/!{p;q}' <&"$connection"
    exec {connection}>&-
}
