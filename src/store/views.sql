-- The exports as views: the same names, the same columns, with `run` in front. What is an empty
-- cell in an export is NULL here. The first table of each is walked in the order of its key, all
-- others are reached by theirs; CROSS JOIN is what keeps SQLite from thinking otherwise.

-- The attempts that count: all that is concluded of a URL rests on them. Experiments ask in other ways
-- than the crawl; what failed while this machine had no network failed because of that.
CREATE VIEW evidence AS
SELECT * FROM attempt WHERE purpose IN ('crawl', 'retry', 'confirm', 'sample');

-- Every page of the site that was asked for, or was not although it belongs to it. A page that
-- failed and still waited for its retry when the crawl was stopped is one of them.
CREATE VIEW pages AS
SELECT
    u.run AS run,
    coalesce(u.readable, u.address) AS "Address",
    content_type.text AS "Content Type",
    coalesce(a.status, 0) AS "Status Code",
    CASE WHEN a.url IS NOT NULL THEN status.text WHEN u.reason = 1 THEN 'Blocked by robots.txt' ELSE 'Not fetched' END AS "Status",
    CASE WHEN u.state = 3 AND u.reason = 1 THEN 'Non-Indexable' WHEN p.indexable = 1 THEN 'Indexable' WHEN p.indexable = 0 THEN 'Non-Indexable' END AS "Indexability",
    CASE WHEN u.state = 3 AND u.reason = 1 THEN 'Blocked by robots.txt' ELSE p.indexability END AS "Indexability Status",
    p.title AS "Title 1",
    meta_robots.text AS "Meta Robots 1",
    x_robots_tag.text AS "X-Robots-Tag 1",
    canonical.address AS "Canonical Link Element 1",
    p.size AS "Size (bytes)",
    u.depth AS "Crawl Depth",
    u.folders AS "Folder Depth",
    u.link_score AS "Link Score",
    u.inlinks AS "Inlinks",
    u.unique_inlinks AS "Unique Inlinks",
    p.outlinks AS "Outlinks",
    p.unique_outlinks AS "Unique Outlinks",
    p.external_outlinks AS "External Outlinks",
    CASE WHEN p.text_hash IS NOT NULL THEN printf('%016x', p.text_hash) END AS "Hash",
    round(p.response_us / 1000000.0, 3) AS "Response Time",
    p.last_modified AS "Last Modified",
    coalesce(target.readable, target.address) AS "Redirect URL",
    p.redirect_kind AS "Redirect Type",
    p.language AS "Language",
    CASE a.version WHEN 10 THEN '1.0' WHEN 11 THEN '1.1' WHEN 20 THEN '2' END AS "HTTP Version",
    u.address AS "URL Encoded Address",
    strftime('%Y-%m-%d %H:%M:%S', a.started / 1000, 'unixepoch') AS "Crawl Timestamp",
    role.name AS "Scope",
    s.verdict AS "Verdict",
    outcome.id AS "Outcome",
    coalesce(s.attempts, 0) AS "Attempts",
    s.failed AS "Failed Attempts",
    s.failed_5xx AS "5xx Attempts",
    s.failed_502 AS "502 Attempts",
    s.passes AS "Passes",
    round(s.error_rate, 4) AS "Error Rate",
    round(s.error_low, 4) AS "Error Rate Low 95%",
    round(s.error_high, 4) AS "Error Rate High 95%",
    nullif(cluster.source, '') AS "Error Source",
    nullif(cluster.cause, '') AS "Probable Cause",
    CASE WHEN cluster.cause <> '' THEN round(cluster.confidence, 2) END AS "Cause Confidence",
    a.retry_after AS "Retry After",
    CASE u.role WHEN 3 THEN round(s.risk, 2) END AS "Indexing Risk",
    CASE u.role WHEN 3 THEN round(s.risk_low, 2) END AS "Indexing Risk Low",
    CASE u.role WHEN 3 THEN round(s.risk_high, 2) END AS "Indexing Risk High",
    CASE u.role WHEN 3 THEN round(s.risk_now, 2) END AS "Risk Now",
    CASE u.role WHEN 3 THEN round(s.priority, 2) END AS "Priority",
    CASE u.in_sitemap WHEN 1 THEN 'true' ELSE 'false' END AS "In Sitemap",
    section.text AS "Section",
    coalesce(source.readable, source.address, CASE WHEN u.known > 0 THEN 'previous run' END) AS "Found On",
    remote.text AS "Remote IP",
    round(a.ttfb_us / 1000.0, 1) AS "TTFB (ms)",
    strftime('%Y-%m-%dT%H:%M:%fZ', s.first_failed / 1000.0, 'unixepoch') AS "First Failed",
    strftime('%Y-%m-%dT%H:%M:%fZ', s.last_failed / 1000.0, 'unixepoch') AS "Last Failed",
    strftime('%Y-%m-%dT%H:%M:%fZ', s.last_ok / 1000.0, 'unixepoch') AS "Last OK",
    reason.name AS "Not Fetched Because",
    p.selected AS "Selected"
FROM url u
CROSS JOIN role ON role.code = u.role
LEFT JOIN attempt a ON a.run = u.run AND a.url = u.id
    AND a.number = (SELECT max(number) FROM evidence WHERE run = u.run AND url = u.id)
LEFT JOIN outcome ON outcome.code = a.outcome
LEFT JOIN page p ON p.run = u.run AND p.url = u.id
LEFT JOIN assessment s ON s.run = u.run AND s.url = u.id
LEFT JOIN cluster ON cluster.run = s.run AND cluster.number = s.cluster
LEFT JOIN url target ON target.run = p.run AND target.id = p.redirect
LEFT JOIN url source ON source.run = u.run AND source.id = u.found_on
LEFT JOIN url canonical ON canonical.run = p.run AND canonical.id = p.canonical
LEFT JOIN text meta_robots ON meta_robots.run = p.run AND meta_robots.id = p.meta_robots
LEFT JOIN text x_robots_tag ON x_robots_tag.run = p.run AND x_robots_tag.id = p.x_robots_tag
LEFT JOIN text content_type ON content_type.run = p.run AND content_type.id = p.content_type
LEFT JOIN text status ON status.run = a.run AND status.id = a.status_text
LEFT JOIN text remote ON remote.run = a.run AND remote.id = a.remote
LEFT JOIN text section ON section.run = u.run AND section.id = u.section
LEFT JOIN reason ON reason.code = u.reason
-- 3 = skipped; reasons 3 (scope) and 8 (invalid) are no pages of the site
WHERE u.role >= 3 AND (a.url IS NOT NULL OR u.state = 2 OR (u.state = 3 AND u.reason NOT IN (3, 8)));

-- The pages that failed at least once.
CREATE VIEW server_errors AS
SELECT * FROM pages WHERE "Verdict" <> 'ok';

-- Every attempt, robots.txt and sitemaps included.
CREATE VIEW attempts AS
SELECT
    a.run AS run,
    coalesce(u.readable, u.address) AS "Address",
    a.number AS "Attempt",
    a.pass AS "Pass",
    a.purpose AS "Purpose",
    strftime('%Y-%m-%dT%H:%M:%fZ', a.started / 1000.0, 'unixepoch') AS "Started",
    outcome.id AS "Outcome",
    coalesce(a.status, 0) AS "Status Code",
    status.text AS "Status",
    round(a.dns_us / 1000.0, 1) AS "DNS (ms)",
    round(a.connect_us / 1000.0, 1) AS "Connect (ms)",
    round(a.tls_us / 1000.0, 1) AS "TLS (ms)",
    round(a.ttfb_us / 1000.0, 1) AS "TTFB (ms)",
    round(a.total_us / 1000.0, 1) AS "Total (ms)",
    a.waited_ms AS "Waited (ms)",
    a.bytes AS "Bytes",
    remote.text AS "Remote IP",
    CASE a.version WHEN 10 THEN '1.0' WHEN 11 THEN '1.1' WHEN 20 THEN '2' END AS "HTTP Version",
    CASE a.reused WHEN 1 THEN 'true' ELSE 'false' END AS "Connection Reused",
    a.in_flight AS "In Flight",
    round(a.rate, 3) AS "Rate",
    agent.text AS "User Agent",
    server.text AS "Server",
    via.text AS "Via",
    cache.text AS "Cache Status",
    a.age AS "Age",
    a.retry_after AS "Retry After",
    a.request_id AS "Request ID",
    CASE WHEN a.body IS NOT NULL THEN printf('%016x', a.body) END AS "Body Fingerprint",
    a.redirect AS "Redirect URL"
FROM attempt a
CROSS JOIN url u ON u.run = a.run AND u.id = a.url
CROSS JOIN outcome ON outcome.code = a.outcome
LEFT JOIN text status ON status.run = a.run AND status.id = a.status_text
LEFT JOIN text remote ON remote.run = a.run AND remote.id = a.remote
LEFT JOIN text agent ON agent.run = a.run AND agent.id = a.agent
LEFT JOIN text server ON server.run = a.run AND server.id = a.server
LEFT JOIN text via ON via.run = a.run AND via.id = a.via
LEFT JOIN text cache ON cache.run = a.run AND cache.id = a.cache;

-- Links that lead to a failing URL, a row per link.
CREATE VIEW error_inlinks AS
SELECT
    l.run AS run,
    kind.name AS "Type",
    coalesce(source.readable, source.address) AS "Source",
    coalesce(target.readable, target.address) AS "Destination",
    anchor.text AS "Anchor",
    coalesce(a.status, 0) AS "Status Code",
    status.text AS "Status",
    CASE l.follow WHEN 1 THEN 'true' ELSE 'false' END AS "Follow",
    rel.text AS "Rel",
    position.name AS "Link Position",
    s.verdict AS "Verdict"
FROM error_link l
CROSS JOIN url source ON source.run = l.run AND source.id = l.source
CROSS JOIN url target ON target.run = l.run AND target.id = l.target
CROSS JOIN kind ON kind.code = l.kind
CROSS JOIN position ON position.code = l.position
LEFT JOIN attempt a ON a.run = target.run AND a.url = target.id
    AND a.number = (SELECT max(number) FROM evidence WHERE run = target.run AND url = target.id)
LEFT JOIN assessment s ON s.run = l.run AND s.url = l.target
LEFT JOIN text status ON status.run = a.run AND status.id = a.status_text
LEFT JOIN text anchor ON anchor.run = l.run AND anchor.id = l.anchor
LEFT JOIN text rel ON rel.run = l.run AND rel.id = l.rel;

-- Every redirect with the end of its chain.
CREATE VIEW redirects AS
SELECT
    r.run AS run,
    coalesce(u.readable, u.address) AS "Address",
    coalesce(a.status, 0) AS "Status Code",
    status.text AS "Status",
    coalesce(target.readable, target.address) AS "Redirect URL",
    p.redirect_kind AS "Redirect Type",
    r.hops AS "Hops",
    coalesce(final.readable, final.address) AS "Final Address",
    coalesce(f.status, 0) AS "Final Status Code",
    final_status.text AS "Final Status",
    final_outcome.id AS "Final Outcome",
    r.ending AS "Ending",
    u.inlinks AS "Inlinks",
    CASE
        -- /sitemap.xml, requested because robots.txt names none
        WHEN u.role = 2 AND EXISTS (SELECT 1 FROM text host
            CROSS JOIN robots_txt r ON r.run = host.run AND r.host = host.text
            WHERE host.run = u.run AND host.id = u.host AND r.url = u.found_on AND r.sitemaps = 0)
        THEN 'guessed'
        ELSE coalesce(source.readable, source.address, CASE WHEN u.known > 0 THEN 'previous run' END)
    END AS "Found On"
FROM redirect_end r
CROSS JOIN url u ON u.run = r.run AND u.id = r.url
CROSS JOIN page p ON p.run = u.run AND p.url = u.id
LEFT JOIN attempt a ON a.run = u.run AND a.url = u.id
    AND a.number = (SELECT max(number) FROM evidence WHERE run = u.run AND url = u.id)
LEFT JOIN url target ON target.run = p.run AND target.id = p.redirect
CROSS JOIN url final ON final.run = r.run AND final.id = r.last
LEFT JOIN attempt f ON f.run = final.run AND f.url = final.id
    AND f.number = (SELECT max(number) FROM evidence WHERE run = final.run AND url = final.id)
LEFT JOIN outcome final_outcome ON final_outcome.code = f.outcome
LEFT JOIN url source ON source.run = u.run AND source.id = u.found_on
LEFT JOIN text status ON status.run = a.run AND status.id = a.status_text
LEFT JOIN text final_status ON final_status.run = f.run AND final_status.id = f.status_text;

-- Sitemaps and sitemap indexes.
CREATE VIEW sitemaps AS
SELECT
    u.run AS run,
    coalesce(u.readable, u.address) AS "Address",
    coalesce(a.status, 0) AS "Status Code",
    status.text AS "Status",
    outcome.id AS "Outcome",
    coalesce(s.attempts, 0) AS "Attempts",
    f.format AS "Format",
    f.entries AS "Entries",
    f.foreign_entries AS "Foreign Entries",
    f.problems AS "Problems",
    CASE
        -- /sitemap.xml, requested because robots.txt names none
        WHEN u.role = 2 AND EXISTS (SELECT 1 FROM text host
            CROSS JOIN robots_txt r ON r.run = host.run AND r.host = host.text
            WHERE host.run = u.run AND host.id = u.host AND r.url = u.found_on AND r.sitemaps = 0)
        THEN 'guessed'
        ELSE coalesce(source.readable, source.address, CASE WHEN u.known > 0 THEN 'previous run' END)
    END AS "Found On"
FROM url u
LEFT JOIN attempt a ON a.run = u.run AND a.url = u.id
    AND a.number = (SELECT max(number) FROM evidence WHERE run = u.run AND url = u.id)
LEFT JOIN outcome ON outcome.code = a.outcome
LEFT JOIN assessment s ON s.run = u.run AND s.url = u.id
LEFT JOIN sitemap_file f ON f.run = u.run AND f.url = u.id
LEFT JOIN url source ON source.run = u.run AND source.id = u.found_on
LEFT JOIN text status ON status.run = a.run AND status.id = a.status_text
WHERE u.role = 2;

-- robots.txt of every host.
CREATE VIEW robots AS
SELECT
    r.run AS run,
    r.host AS "Host",
    coalesce(u.readable, u.address) AS "Address",
    coalesce(a.status, 0) AS "Status Code",
    status.text AS "Status",
    outcome.id AS "Outcome",
    coalesce(s.attempts, 0) AS "Attempts",
    r.access AS "Access",
    r.final_address AS "Final Address",
    r.groups AS "Groups",
    r.rules AS "Rules",
    r.sitemaps AS "Sitemaps",
    round(r.crawl_delay_ms / 1000.0, 3) AS "Crawl-delay (s)",
    r.problems AS "Problems"
FROM robots_txt r
CROSS JOIN url u ON u.run = r.run AND u.id = r.url
LEFT JOIN attempt a ON a.run = u.run AND a.url = u.id
    AND a.number = (SELECT max(number) FROM evidence WHERE run = u.run AND url = u.id)
LEFT JOIN outcome ON outcome.code = a.outcome
LEFT JOIN assessment s ON s.run = u.run AND s.url = u.id
LEFT JOIN text status ON status.run = a.run AND status.id = a.status_text;

-- Every URL that is known and was not fetched, with the reason.
CREATE VIEW skipped AS
SELECT
    u.run AS run,
    coalesce(u.readable, u.address) AS "Address",
    reason.name AS "Reason",
    u.detail AS "Detail",
    CASE
        -- /sitemap.xml, requested because robots.txt names none
        WHEN u.role = 2 AND EXISTS (SELECT 1 FROM text host
            CROSS JOIN robots_txt r ON r.run = host.run AND r.host = host.text
            WHERE host.run = u.run AND host.id = u.host AND r.url = u.found_on AND r.sitemaps = 0)
        THEN 'guessed'
        ELSE coalesce(source.readable, source.address, CASE WHEN u.known > 0 THEN 'previous run' END)
    END AS "Found On",
    -- the clicks at which an earlier run found it are none of this run
    coalesce(u.depth, CASE u.known WHEN 0 THEN u.found_depth END) AS "Depth"
FROM url u
CROSS JOIN reason ON reason.code = u.reason
LEFT JOIN url source ON source.run = u.run AND source.id = u.found_on
WHERE u.state = 3
UNION ALL
SELECT
    l.run,
    l.address,
    'invalid',
    l.detail,
    coalesce(source.readable, source.address),
    source.depth + 1
FROM invalid_link l
CROSS JOIN url source ON source.run = l.run AND source.id = l.found_on;

-- Sections of the site: the first folders of its paths.
CREATE VIEW sections AS
SELECT
    run,
    name AS "Section",
    urls AS "URLs",
    failing AS "Failing",
    persistent AS "Persistent",
    intermittent AS "Intermittent",
    transient AS "Transient",
    load_induced AS "Load Induced",
    round(error_rate, 4) AS "Error Rate",
    round(error_low, 4) AS "Error Rate Low 95%",
    round(error_high, 4) AS "Error Rate High 95%",
    round(crawlability, 2) AS "Crawlability",
    round(risk, 2) AS "Indexing Risk"
FROM part
WHERE kind = 'section';

-- What the diagnosis rules found. `Advice` is a topic of `gatecrawl explain`.
CREATE VIEW findings AS
SELECT
    run,
    rule AS "Rule",
    severity AS "Severity",
    scope AS "Scope",
    subject AS "Subject",
    nullif(cause, '') AS "Cause",
    round(confidence, 2) AS "Confidence",
    (SELECT group_concat(value, '; ') FROM json_each(sentences)) AS "Evidence",
    advice AS "Advice"
FROM finding;
