//! Every page of the site that was requested, and every page that was not although it belongs to
//! the site. This includes pages that failed and still waited for a retry when the crawl was
//! stopped.

use super::column::{
    Kind::{Address, Decimals, Name, Second, Share, Text, Time, Whole, YesNo},
    Names, columns,
};
use super::view::{
    By::{Down, Up},
    View,
};

columns! {
    ADDRESS = "Address", Address, "coalesce(u.readable, u.address)",
        "The URL as people read it: its host in its own script, unless its letters could be \
        taken for others; then in punycode.";
    CONTENT_TYPE = "Content Type", Text, "content_type.text", wide 24,
        "The answer's `Content-Type`.";
    STATUS_CODE = "Status Code", Whole, "coalesce(a.status, 0)",
        "The status of the last attempt; 0 if there was no HTTP answer.";
    STATUS = "Status", Text,
        "CASE WHEN a.url IS NOT NULL THEN status.text WHEN u.reason = 1 THEN 'Blocked by \
        robots.txt' ELSE 'Not fetched' END", wide 24,
        "The reason phrase of that answer, or in words why there was none.";
    INDEXABILITY = "Indexability", Text,
        "CASE WHEN u.state = 3 AND u.reason = 1 THEN 'Non-Indexable' WHEN p.indexable = 1 THEN \
        'Indexable' WHEN p.indexable = 0 THEN 'Non-Indexable' END",
        "`Indexable` or `Non-Indexable`, as far as the page itself decides it.";
    INDEXABILITY_STATUS = "Indexability Status", Text,
        "CASE WHEN u.state = 3 AND u.reason = 1 THEN 'Blocked by robots.txt' ELSE p.indexability \
        END",
        "What keeps it out of search: `Blocked by robots.txt`, `Redirected`, `Client Error`, \
        `Server Error`, `Invalid Status` (such as 999, or a 206), `No Content` (204, 205), \
        `Not Modified` (304), `Soft Error`, `No Response`, `noindex`, `unavailable_after` (its date had passed \
        when the page was requested; directives for Googlebot count as well), `Canonicalised`.";
    TITLE_1 = "Title 1", Text, "p.title", wide 40,
        "The first title.";
    META_ROBOTS_1 = "Meta Robots 1", Text, "meta_robots.text",
        "The content of its robots meta tags.";
    X_ROBOTS_TAG_1 = "X-Robots-Tag 1", Text, "x_robots_tag.text",
        "The `X-Robots-Tag` header.";
    CANONICAL_LINK_ELEMENT_1 = "Canonical Link Element 1", Address, "canonical.address",
        "The canonical page that it names.";
    SIZE = "Size (bytes)", Whole, "p.size",
        "Length of the body after decoding, or as it came where that fails; of an error page no \
        more than 64 KiB is read.";
    CRAWL_DEPTH = "Crawl Depth", Whole, "u.depth",
        "Minimum number of clicks from a start page, by links, frames and refreshes; redirects do \
        not count. Empty if no click leads here, but only a sitemap, a canonical, an image's \
        address, an earlier run or the like.";
    FOLDER_DEPTH = "Folder Depth", Whole, "u.folders",
        "Number of folders in its path.";
    LINK_SCORE = "Link Score", Whole, "u.link_score",
        "1 to 100: how well the links of the site lead to the page. Screaming Frog's scale; \
        PageRank (damping 0.85) on a logarithmic scale.";
    INLINKS = "Inlinks", Whole, "u.inlinks",
        "Links within the site that lead here, or uses of an image, script or style sheet.";
    UNIQUE_INLINKS = "Unique Inlinks", Whole, "u.unique_inlinks",
        "Pages within the site that link here.";
    OUTLINKS = "Outlinks", Whole, "p.outlinks",
        "Links to pages of the site.";
    UNIQUE_OUTLINKS = "Unique Outlinks", Whole, "p.unique_outlinks",
        "Pages of the site that it links to.";
    EXTERNAL_OUTLINKS = "External Outlinks", Whole, "p.external_outlinks",
        "Links to other sites.";
    HASH = "Hash", Text, "CASE WHEN p.text_hash IS NOT NULL THEN printf('%016x', p.text_hash) END",
        "Fingerprint of the page's text: equal for equal texts.";
    RESPONSE_TIME = "Response Time", Decimals(3), "p.response_us / 1000000.0",
        "Seconds from the start of the request to the end of the answer.";
    LAST_MODIFIED = "Last Modified", Text, "p.last_modified",
        "The `Last-Modified` header.";
    REDIRECT_URL = "Redirect URL", Address, "coalesce(target.readable, target.address)",
        "Where it redirects to.";
    REDIRECT_TYPE = "Redirect Type", Text, "p.redirect_kind",
        "How: by HTTP, or by a refresh.";
    LANGUAGE = "Language", Text, "p.language",
        "The language that the page states.";
    HTTP_VERSION = "HTTP Version", Text,
        "CASE a.version WHEN 10 THEN '1.0' WHEN 11 THEN '1.1' WHEN 20 THEN '2' END",
        "`1.0`, `1.1` or `2`.";
    URL_ENCODED_ADDRESS = "URL Encoded Address", Address, "u.address",
        "The URL as it was sent, with everything encoded.";
    CRAWL_TIMESTAMP = "Crawl Timestamp", Second, "a.started",
        "When the last attempt began, UTC, as `YYYY-MM-DD hh:mm:ss`.";
    SCOPE = "Scope", Name(Names::Role), "role.name",
        "`page`, `resource` or `external`.";
    VERDICT = "Verdict", Name(Names::Verdict), "s.verdict",
        "`ok`, `transient`, `intermittent`, `persistent`, `load_induced` or `unconfirmed`. On a \
        host where other pages come and go, `persistent` takes as many failed looks as chance \
        does not explain. The rules: [verdicts.md](verdicts.md).";
    OUTCOME = "Outcome", Name(Names::Outcome), "outcome.id", wide 24,
        "The outcome of the last attempt, such as `ok_html`, `server_502` or `dns_nxdomain`.";
    ATTEMPTS = "Attempts", Whole, "coalesce(s.attempts, 0)",
        "Number of requests that count; `Failed Attempts` of them failed. A request that failed \
        on a connection that the server had closed meanwhile, before a byte of an answer, says \
        nothing about the page and is left out; attempts.csv has it. If there was no other, it \
        is counted here, and not as failed.";
    FAILED_ATTEMPTS = "Failed Attempts", Whole, "s.failed",
        "How many of them failed in a way that search engines treat like a 5xx, or were an error \
         page with a successful status.";
    ATTEMPTS_5XX = "5xx Attempts", Whole, "s.failed_5xx",
        "How many were answered with a status from 500 to 599.";
    ATTEMPTS_502 = "502 Attempts", Whole, "s.failed_502",
        "How many were answered with 502.";
    PASSES = "Passes", Whole, "s.passes",
        "Number of passes in which it was requested; the sample does not count.";
    ERROR_RATE = "Error Rate", Share(4), "s.error_rate",
        "Share of failed attempts, without those on connections that had been closed meanwhile.";
    ERROR_RATE_LOW = "Error Rate Low 95%", Share(4), "s.error_low",
        "Lower end of that share's 95 % confidence interval.";
    ERROR_RATE_HIGH = "Error Rate High 95%", Share(4), "s.error_high",
        "Upper end of it.";
    ERROR_SOURCE = "Error Source", Text, "nullif(cluster.source, '')", wide 24,
        "Who made the error, if it can be recognised: the kind of machine (`edge`, \
        `load_balancer`, `reverse_proxy`, `application`, `platform`) and its product, such as \
        `reverse_proxy: nginx`; without a whole answer the layer that failed (`dns`, `network`, \
        `tls`, `http`).";
    PROBABLE_CAUSE = "Probable Cause", Name(Names::Causes), "nullif(cluster.cause, '')", wide 24,
        "The most likely reason for the failures: `overload`, `maintenance`, `network`, \
        `firewall`, `dns`, `upstream_down`, `upstream_timeout`, `invalid_upstream_response`, \
        `tls` or `application_error`; two of them (`A or B`) where one alone would be less than \
        0.5 sure. `gatecrawl explain` takes each.";
    CAUSE_CONFIDENCE = "Cause Confidence", Share(2),
        "CASE WHEN cluster.cause <> '' THEN cluster.confidence END",
        "The confidence in the cause, 0 to 1.";
    RETRY_AFTER = "Retry After", Text, "a.retry_after",
        "The last answer's `Retry-After` header.";
    INDEXING_RISK = "Indexing Risk", Decimals(2), "CASE u.role WHEN 3 THEN s.risk END",
        "Risk for the page's place in the index, 0 to 100, if the measured rate continues for 48 \
        hours. A model of this project, no search engine's metric; for \
        pages of the site only.";
    INDEXING_RISK_LOW = "Indexing Risk Low", Decimals(2), "CASE u.role WHEN 3 THEN s.risk_low END",
        "Lower end of the risk's band.";
    INDEXING_RISK_HIGH = "Indexing Risk High", Decimals(2),
        "CASE u.role WHEN 3 THEN s.risk_high END",
        "Upper end of it.";
    RISK_NOW = "Risk Now", Decimals(2), "CASE u.role WHEN 3 THEN s.risk_now END",
        "The same risk for the time observed so far.";
    PRIORITY = "Priority", Decimals(2), "CASE u.role WHEN 3 THEN s.priority END",
        "Order in which to repair, 0 to 700: the indexing risk times the page's weight (1 to 7, \
        from distinct inlinks, sitemap, canonical, home page). With `--traffic` times 1 to 3 by the visits of the page; without, with `--logs`, by its \
        requests of users and search engines.";
    IN_SITEMAP = "In Sitemap", YesNo, "u.in_sitemap",
        "`true` if a sitemap lists it.";
    SECTION = "Section", Text, "section.text", wide 24,
        "The part of the site it belongs to.";
    FOUND_ON = "Found On", Address,
        "coalesce(source.readable, source.address, CASE WHEN u.known > 0 THEN 'previous run' END)",
        "The first page, sitemap or redirect that named it; `previous run` if none had when it \
        was requested, but an earlier run knew it.";
    REMOTE_IP = "Remote IP", Text, "remote.text",
        "The address that answered.";
    TTFB = "TTFB (ms)", Decimals(1), "a.ttfb_us / 1000.0",
        "Milliseconds to the first byte of the last answer.";
    FIRST_FAILED = "First Failed", Time, "s.first_failed",
        "When an attempt first failed.";
    LAST_FAILED = "Last Failed", Time, "s.last_failed",
        "When one last failed.";
    LAST_OK = "Last OK", Time, "s.last_ok",
        "When one last succeeded.";
    NOT_FETCHED_BECAUSE = "Not Fetched Because", Name(Names::SkipReason), "reason.name",
        "Why it was not requested: a reason as in `skipped.csv`.";
    FINDINGS = "Findings", Text,
        "(SELECT group_concat(id, ' ') FROM (
            SELECT f.id, f.number AS number FROM finding_cluster c CROSS JOIN finding f ON f.run = c.run AND f.number = c.finding
            WHERE c.run = s.run AND c.cluster = s.cluster
            UNION
            SELECT f.id, f.number FROM finding_url c CROSS JOIN finding f ON f.run = c.run AND f.number = c.finding
            WHERE c.run = u.run AND c.url = u.id
            ORDER BY number))", wide 28,
        "The findings that are about it, the worst first: `ID` in findings.csv.";
    CLICKS = "Clicks", Whole, "CAST(round(visits.clicks) AS INTEGER)",
        "With `--traffic` only: clicks in search results, in the days that the files cover.";
    IMPRESSIONS = "Impressions", Whole, "CAST(round(visits.impressions) AS INTEGER)",
        "With `--traffic` only: how often it was shown in search results.";
    SESSIONS = "Sessions", Whole, "CAST(round(visits.sessions) AS INTEGER)",
        "With `--traffic` only: visits that an analytics tool counted.";
    SELECTED = "Selected", Text, "p.selected";
}

/// The columns of visits, which a run has only with `--traffic`.
pub(super) const TRAFFIC: [super::column::Column; 3] = [CLICKS, IMPRESSIONS, SESSIONS];

/// The view.
pub(super) const VIEW: View = View {
    columns: COLUMNS,
    run: "u.run",
    from: "FROM url u
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
        LEFT JOIN page_traffic visits ON visits.run = u.run AND visits.url = u.id
        -- 3 = skipped; reasons 3 (scope) and 8 (invalid) are no pages of the site
        WHERE u.role >= 3 AND (a.url IS NOT NULL OR u.state = 2 OR (u.state = 3 AND u.reason NOT IN (3, 8)))",
    order: &[Up(ADDRESS)],
};

/// The view of the pages that failed at least once: the rows of [`VIEW`] whose verdict is not `ok`,
/// the worst first.
pub(super) const FAILING: View = View {
    order: &[
        Down(PRIORITY),
        Down(FAILED_ATTEMPTS),
        Down(INLINKS),
        Up(ADDRESS),
    ],
    ..VIEW
};
