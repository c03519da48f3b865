-- Base tables. Numbers that stand for names (outcome, role, reason, kind) have a table with these
-- names. Repeated texts are kept once per run in `text`.

CREATE TABLE run (
    id          INTEGER PRIMARY KEY,
    token       TEXT NOT NULL UNIQUE,      -- sent as X-Gatecrawl-Run
    site        TEXT NOT NULL,             -- the site or list of the run, for people
    plan        TEXT NOT NULL,             -- CrawlPlan as JSON, without secrets
    version     TEXT NOT NULL,             -- of the program
    started     INTEGER NOT NULL,          -- milliseconds since 1970 UTC, as all times
    ended       INTEGER,
    state       TEXT NOT NULL,             -- running, finished, interrupted, incomplete
    concluded   INTEGER NOT NULL DEFAULT 0, -- attempts when inlinks, depths and verdicts were last computed
    idle_ms     INTEGER NOT NULL DEFAULT 0, -- time since it began in which no process worked on it
    asked       TEXT,                      -- pending exports and gates, as JSON of the command line
    log_days    INTEGER                    -- days of the server logs that were read with it
);

CREATE TABLE outcome (
    code    INTEGER PRIMARY KEY,
    id      TEXT NOT NULL,
    failure INTEGER NOT NULL,        -- 1 if it counts as a failure
    soft    INTEGER NOT NULL         -- 1 for an error page with a status of success
);
CREATE TABLE role    (code INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE reason  (code INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE kind    (code INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE position(code INTEGER PRIMARY KEY, name TEXT NOT NULL);

CREATE TABLE text (
    run  INTEGER NOT NULL,
    id   INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (run, id)
) WITHOUT ROWID;

-- Every URL the run knows of.
CREATE TABLE url (
    run        INTEGER NOT NULL,
    id         INTEGER NOT NULL,
    address    TEXT NOT NULL,
    readable   TEXT,                 -- with the host in its own script, where that differs
    host       INTEGER NOT NULL,     -- text.id of scheme, host and port
    section    INTEGER NOT NULL,     -- text.id
    folders    INTEGER NOT NULL,     -- depth of the path
    state      INTEGER NOT NULL,     -- 1 queued, 2 settled, 3 skipped
    role       INTEGER NOT NULL,
    seed       INTEGER NOT NULL DEFAULT 0,
    hops       INTEGER NOT NULL DEFAULT 0,
    found_on   INTEGER,              -- url.id of the first page, sitemap or redirect that named it
    found_depth INTEGER,             -- clicks when found; `depth` is the least number of clicks
    pass       INTEGER NOT NULL DEFAULT 1, -- the pass that requests it or did last
    not_before INTEGER,              -- waiting for a retry
    reason     INTEGER,              -- why it was skipped
    detail     TEXT,
    in_sitemap INTEGER NOT NULL DEFAULT 0,
    -- computed when the crawl is over
    depth      INTEGER,
    inlinks    INTEGER,
    unique_inlinks INTEGER,
    link_score INTEGER,
    -- 1 if it was taken from an earlier run; when the crawl is over, 2 if nothing of this run leads to it
    known      INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (run, id)
) WITHOUT ROWID;

CREATE TABLE attempt (
    run       INTEGER NOT NULL,
    url       INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    pass      INTEGER NOT NULL,
    purpose   TEXT NOT NULL,
    started   INTEGER NOT NULL,
    outcome   INTEGER NOT NULL,
    status    INTEGER,
    status_text INTEGER,             -- text.id
    dns_us    INTEGER,
    connect_us INTEGER,
    tls_us    INTEGER,
    ttfb_us   INTEGER,
    total_us  INTEGER NOT NULL,
    waited_ms INTEGER,
    bytes     INTEGER NOT NULL,
    remote    INTEGER,               -- text.id
    version   INTEGER,
    reused    INTEGER NOT NULL,
    in_flight INTEGER NOT NULL,
    rate      REAL,
    agent     INTEGER,               -- text.id
    server    INTEGER,               -- text.id
    via       INTEGER,               -- text.id
    cache     INTEGER,               -- text.id
    age       INTEGER,
    retry_after TEXT,
    request_id TEXT,
    body      INTEGER,
    redirect  TEXT,
    announced_ms INTEGER,            -- pause of Retry-After, if it could be read
    page_mark INTEGER,               -- text.id of the fingerprint of an error page
    made_by   INTEGER,               -- text.id of the kind of machine that made it
    PRIMARY KEY (run, url, number)
) WITHOUT ROWID;

-- Local outages: times in which this machine had no network. Attempts that failed because of it have the purpose
-- `outage`.
CREATE TABLE outage (
    run     INTEGER NOT NULL,
    began   INTEGER NOT NULL,        -- when something answered last
    ended   INTEGER,                 -- when something answered again; absent if the crawl was interrupted
    silence TEXT NOT NULL,           -- witnesses that did not answer, as JSON
    PRIMARY KEY (run, began)
) WITHOUT ROWID;

-- The beginning of the body of error answers, by attempt.body: equal pages are kept once.
CREATE TABLE error_body (
    run  INTEGER NOT NULL,
    body INTEGER NOT NULL,
    head BLOB NOT NULL,
    PRIMARY KEY (run, body)
) WITHOUT ROWID;

-- Facts from the last answer. One row for each settled URL.
CREATE TABLE page (
    run        INTEGER NOT NULL,
    url        INTEGER NOT NULL,
    content_type INTEGER,            -- text.id
    size       INTEGER NOT NULL,
    response_us INTEGER NOT NULL,
    last_modified TEXT,
    redirect   INTEGER,              -- url.id
    redirect_kind TEXT,
    x_robots_tag INTEGER,            -- text.id
    indexable  INTEGER,
    indexability TEXT,
    title      TEXT,
    meta_robots INTEGER,             -- text.id
    canonical  INTEGER,              -- url.id
    language   TEXT,
    text_hash  INTEGER,
    needs_script INTEGER NOT NULL DEFAULT 0, -- 1 if a script makes all that it shows
    outlinks   INTEGER,
    unique_outlinks INTEGER,
    external_outlinks INTEGER,
    selected   TEXT,                 -- JSON array, in the order of the plan's --select
    PRIMARY KEY (run, url)
) WITHOUT ROWID;

-- The links of a page in order, packed (see links.rs). These rows are long: under a key that is one
-- number, four times as much stays on a page of the file before a row overflows it.
CREATE TABLE page_links (
    page  INTEGER PRIMARY KEY,       -- the run times 2^32, and url.id
    links BLOB NOT NULL
);

-- The verdict on each URL and its numbers. Computed when the crawl is over. For most URLs nothing failed,
-- and a NUMERIC zero takes no byte where a REAL one takes eight.
CREATE TABLE assessment (
    run      INTEGER NOT NULL,
    url      INTEGER NOT NULL,
    verdict  TEXT NOT NULL,
    outcome  INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    failed   INTEGER NOT NULL,
    failed_5xx INTEGER NOT NULL,
    failed_502 INTEGER NOT NULL,
    passes   INTEGER NOT NULL,
    first_failed INTEGER,
    last_failed INTEGER,
    last_ok  INTEGER,
    error_rate NUMERIC NOT NULL,     -- 0 to 1, with its 95 % interval
    error_low NUMERIC NOT NULL,
    error_high NUMERIC NOT NULL,
    risk     NUMERIC NOT NULL,       -- 0 to 100, if the failure rate continues for 48 h, with its band
    risk_low NUMERIC NOT NULL,
    risk_high NUMERIC NOT NULL,
    risk_now NUMERIC NOT NULL,       -- for the time in which it was seen failing
    weight   NUMERIC NOT NULL,       -- 1 to 7
    priority NUMERIC NOT NULL,       -- risk times weight
    cluster  INTEGER,                -- cluster.number, if it failed
    in_outage INTEGER NOT NULL DEFAULT 0, -- 1 if all failures lie in outages of its host, section or family
    earlier_failed INTEGER NOT NULL DEFAULT 0, -- earlier runs in which it failed,
    earlier_runs INTEGER NOT NULL DEFAULT 0,   -- and earlier runs that requested it
    PRIMARY KEY (run, url)
) WITHOUT ROWID;

-- Failing URLs of one host, section, family, outcome and error page, alike in time, and the causes.
-- Computed when the crawl is over.
CREATE TABLE cluster (
    run      INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    host     TEXT NOT NULL,
    section  TEXT NOT NULL,
    outcome  INTEGER NOT NULL,
    urls     INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    source   TEXT NOT NULL,          -- source of the error
    product  TEXT,
    cause    TEXT NOT NULL,          -- one, or "A or B"
    confidence REAL NOT NULL,
    evidence TEXT NOT NULL,          -- JSON
    advice   TEXT NOT NULL,          -- key of the playbook
    PRIMARY KEY (run, number)
) WITHOUT ROWID;

-- Experiments with URLs of a cluster. Computed when the crawl is over.
CREATE TABLE trial (
    run      INTEGER NOT NULL,
    cluster  INTEGER NOT NULL,
    probe    TEXT NOT NULL,
    fine     INTEGER NOT NULL,
    tried    INTEGER NOT NULL,
    own_fine INTEGER NOT NULL,       -- fine attempts next to it in the crawl's own way
    own_tried INTEGER NOT NULL,
    PRIMARY KEY (run, cluster, probe)
) WITHOUT ROWID;

-- Scores and rates of the whole site. Computed when the crawl is over.
CREATE TABLE measure (
    run      INTEGER NOT NULL,
    name     TEXT NOT NULL,          -- crawlability, indexing_risk, error_rate, ...
    value    REAL,                   -- absent: too little evidence
    low      REAL,
    high     REAL,
    band     TEXT,
    seen     INTEGER NOT NULL,       -- first attempts that it rests on
    PRIMARY KEY (run, name)
) WITHOUT ROWID;

-- The deductions that make up the scores. Computed when the crawl is over.
CREATE TABLE deduction (
    run      INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    measure  TEXT NOT NULL,
    rule     TEXT NOT NULL,
    points   REAL NOT NULL,
    evidence TEXT NOT NULL,          -- JSON
    urls     TEXT NOT NULL,          -- JSON
    PRIMARY KEY (run, number)
) WITHOUT ROWID;

-- Sections and hosts of the site with their scores. Computed when the crawl is over.
CREATE TABLE part (
    run      INTEGER NOT NULL,
    kind     TEXT NOT NULL,          -- section, host
    name     TEXT NOT NULL,
    urls     INTEGER NOT NULL,
    failing  INTEGER NOT NULL,
    persistent INTEGER NOT NULL,
    intermittent INTEGER NOT NULL,
    transient INTEGER NOT NULL,
    load_induced INTEGER NOT NULL,
    error_rate REAL NOT NULL,
    error_low REAL NOT NULL,
    error_high REAL NOT NULL,
    rate_502 REAL NOT NULL,
    low_502  REAL NOT NULL,
    high_502 REAL NOT NULL,
    rate_5xx REAL,                   -- absent in runs of older programs
    low_5xx  REAL,
    high_5xx REAL,
    crawlability REAL,               -- absent: too little evidence; likewise the risk
    crawlability_low REAL,
    crawlability_high REAL,
    risk     REAL,
    risk_low REAL,
    risk_high REAL,
    PRIMARY KEY (run, kind, name)
) WITHOUT ROWID;

-- Findings of the diagnosis rules, the worst first. Computed when the crawl is over.
CREATE TABLE finding (
    run      INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    rule     TEXT NOT NULL,
    severity TEXT NOT NULL,
    scope    TEXT NOT NULL,
    subject  TEXT NOT NULL,
    cause    TEXT NOT NULL,
    confidence REAL NOT NULL,
    sentences TEXT NOT NULL,         -- evidence in words, a JSON array of sentences
    facts    TEXT NOT NULL,          -- evidence in numbers, as JSON
    advice   TEXT NOT NULL,          -- key of the playbook
    server   TEXT,                   -- the server product whose notes apply
    pages    INTEGER,                -- that it is about; NULL where they are not counted
    id       TEXT NOT NULL DEFAULT '', -- the same in every run that has the finding
    since    INTEGER,                -- when the first of the consecutive runs began that have it; NULL if not known
    runs     INTEGER NOT NULL DEFAULT 1, -- how many these are, this one included
    PRIMARY KEY (run, number)
) WITHOUT ROWID;

-- The failures that findings are about: all URLs of a cluster, and single ones. Computed when the crawl is over.
CREATE TABLE finding_cluster (
    run      INTEGER NOT NULL,
    cluster  INTEGER NOT NULL,       -- cluster.number
    finding  INTEGER NOT NULL,       -- finding.number
    PRIMARY KEY (run, cluster, finding)
) WITHOUT ROWID;

CREATE TABLE finding_url (
    run      INTEGER NOT NULL,
    url      INTEGER NOT NULL,       -- url.id
    finding  INTEGER NOT NULL,       -- finding.number
    PRIMARY KEY (run, url, finding)
) WITHOUT ROWID;

-- Links that lead to failing URLs. Computed when the crawl is over.
CREATE TABLE error_link (
    run      INTEGER NOT NULL,
    target   INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    source   INTEGER NOT NULL,
    kind     INTEGER NOT NULL,
    anchor   INTEGER,                -- text.id
    rel      INTEGER,                -- text.id
    position INTEGER NOT NULL,
    follow   INTEGER NOT NULL,
    PRIMARY KEY (run, target, number)
) WITHOUT ROWID;

-- Where redirects end. Computed when the crawl is over.
CREATE TABLE redirect_end (
    run   INTEGER NOT NULL,
    url   INTEGER NOT NULL,
    hops  INTEGER NOT NULL,
    last  INTEGER NOT NULL,          -- url.id of the last hop
    ending TEXT NOT NULL,            -- final, loop, too_many, not_fetched
    PRIMARY KEY (run, url)
) WITHOUT ROWID;

CREATE TABLE robots_txt (
    run     INTEGER NOT NULL,
    host    TEXT NOT NULL,
    url     INTEGER NOT NULL,
    access  TEXT NOT NULL,           -- rules, allow_all, unreachable
    final_address TEXT NOT NULL,
    groups  INTEGER NOT NULL,
    rules   INTEGER NOT NULL,
    sitemaps INTEGER NOT NULL,
    crawl_delay_ms INTEGER,
    problems TEXT NOT NULL,          -- one per line
    body    BLOB,
    PRIMARY KEY (run, host)
) WITHOUT ROWID;

-- The history of a robots.txt over runs.
CREATE INDEX robots_txt_host ON robots_txt (host, run);

CREATE TABLE sitemap_file (
    run     INTEGER NOT NULL,
    url     INTEGER NOT NULL,
    format  TEXT,
    entries INTEGER NOT NULL,
    foreign_entries INTEGER NOT NULL,
    problems TEXT NOT NULL,          -- one per line
    unseen  INTEGER NOT NULL DEFAULT 0, -- dropped entries that may lead to unknown pages
    PRIMARY KEY (run, url)
) WITHOUT ROWID;

-- Links that are not valid URLs, and rows that stand for dropped links.
CREATE TABLE invalid_link (
    run      INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    address  TEXT NOT NULL,
    detail   TEXT NOT NULL,
    found_on INTEGER NOT NULL,
    unseen   INTEGER NOT NULL DEFAULT 0, -- links of the row that may lead to unknown pages
    PRIMARY KEY (run, number)
) WITHOUT ROWID;

-- The visits of a site's pages that were read last (--traffic).
CREATE TABLE traffic_file (
    id     INTEGER PRIMARY KEY,
    site   TEXT NOT NULL UNIQUE,
    read   INTEGER NOT NULL,
    days   INTEGER NOT NULL,         -- that they cover
    stated INTEGER NOT NULL          -- 1 if the files say so, 0 if it is assumed
);
CREATE TABLE traffic (
    file        INTEGER NOT NULL,    -- traffic_file.id
    address     TEXT NOT NULL,
    clicks      REAL,
    impressions REAL,
    sessions    REAL,
    PRIMARY KEY (file, address)
) WITHOUT ROWID;

-- Lines of server logs about failed attempts.
CREATE TABLE log_line (
    run     INTEGER NOT NULL,
    url     INTEGER NOT NULL,
    number  INTEGER NOT NULL,      -- of the attempt
    cause   TEXT,
    file    TEXT NOT NULL,
    line    INTEGER NOT NULL,
    pattern TEXT,                  -- the known message, if it is of an error log
    PRIMARY KEY (run, url, number)
) WITHOUT ROWID;

-- Requests of the pages of a run in the server logs that were read with it, of users and search engines.
CREATE TABLE log_hit (
    run  INTEGER NOT NULL,
    url  INTEGER NOT NULL,
    hits INTEGER NOT NULL,
    PRIMARY KEY (run, url)
) WITHOUT ROWID;

-- The visits that a run uses, computed when the crawl is over.
CREATE TABLE run_traffic (
    run            INTEGER PRIMARY KEY,
    read           INTEGER NOT NULL,
    days           INTEGER NOT NULL,
    stated         INTEGER NOT NULL,
    pages          INTEGER NOT NULL, -- pages of the files
    matched        INTEGER NOT NULL, -- those of them that the run knows
    visits         REAL NOT NULL,    -- clicks, or sessions, of all pages
    matched_visits REAL NOT NULL,
    of_logs        INTEGER NOT NULL DEFAULT 0 -- 1 if they are requests in server logs, 0 if they are of --traffic
);
CREATE TABLE page_traffic (
    run         INTEGER NOT NULL,
    url         INTEGER NOT NULL,
    clicks      REAL,
    impressions REAL,
    sessions    REAL,
    hits        REAL,                -- requests in server logs
    PRIMARY KEY (run, url)
) WITHOUT ROWID;
