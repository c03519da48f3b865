//! Every attempt, robots.txt and sitemaps included.

use super::column::{
    Kind::{Address, Decimals, Name, Text, Time, Whole, YesNo},
    Names, columns,
};
use super::view::{By::Up, View};

columns! {
    ADDRESS = "Address", Address, "coalesce(u.readable, u.address)";
    ATTEMPT = "Attempt", Whole, "a.number",
        "Its number, counted from 1 for each address.";
    PASS = "Pass", Whole, "a.pass",
        "Which pass it belongs to; the first fetch and its quick retries are pass 1.";
    PURPOSE = "Purpose", Name(Names::Purpose), "a.purpose",
        "`crawl` for the first request of an address, `retry` for a quick repeat, `confirm` for \
        one in a later pass, `sample` for a page that never failed, requested once more after \
        the crawl, or one that was fine in the run before and looks lost (its `Pass` is 0). `probe:` and a name for an experiment, which counts \
        neither for the verdict nor as the last attempt: `probe:alone` in our own way, alone \
        and slowly, `probe:browser` as a browser, `probe:fresh` over a new connection, \
        `probe:http1` over HTTP/1.1, `probe:address` at one address of the host (`Remote IP`), also \
        of a page that never failed, `probe:cache` with a query parameter that no cache has seen, `probe:identity` without \
        compression, `probe:no-query` without its query, `probe:no-cookies` without the cookies \
        that the crawl sends, `probe:spelling` at another spelling of its address, which names the same page \
        (`/%61bout` for `/about`), `probe:burst` in quick succession, of a page that was refused at speed. `outage`, whatever it was made for, if it failed because the \
        crawler's own machine had no network: it counts nowhere, neither for verdicts, rates \
        and scores nor in `Attempts` and `Passes`, and its address was requested again.";
    STARTED = "Started", Time, "a.started",
        "When it began.";
    OUTCOME = "Outcome", Name(Names::Outcome), "outcome.id", wide 24;
    STATUS_CODE = "Status Code", Whole, "coalesce(a.status, 0)";
    STATUS = "Status", Text, "status.text", wide 24;
    DNS = "DNS (ms)", Decimals(1), "a.dns_us / 1000.0",
        "Milliseconds for the name; empty on a connection that was already open.";
    CONNECT = "Connect (ms)", Decimals(1), "a.connect_us / 1000.0",
        "Milliseconds for the TCP connection.";
    TLS = "TLS (ms)", Decimals(1), "a.tls_us / 1000.0",
        "Milliseconds for the TLS handshake.";
    TTFB = "TTFB (ms)", Decimals(1), "a.ttfb_us / 1000.0";
    TOTAL = "Total (ms)", Decimals(1), "a.total_us / 1000.0",
        "Milliseconds from start to end.";
    WAITED = "Waited (ms)", Whole, "a.waited_ms",
        "Milliseconds since the attempt before it ended.";
    BYTES = "Bytes", Whole, "a.bytes",
        "Bytes of the body on the wire.";
    REMOTE_IP = "Remote IP", Text, "remote.text";
    HTTP_VERSION = "HTTP Version", Text,
        "CASE a.version WHEN 10 THEN '1.0' WHEN 11 THEN '1.1' WHEN 20 THEN '2' END";
    CONNECTION_REUSED = "Connection Reused", YesNo, "a.reused",
        "`true` if the connection was already open.";
    IN_FLIGHT = "In Flight", Whole, "a.in_flight",
        "Requests that were open at the host when it began.";
    RATE = "Rate", Decimals(3), "a.rate",
        "Requests per second that the host was allowed at that time; empty without a ceiling.";
    USER_AGENT = "User Agent", Text, "agent.text", wide 40,
        "The client that the request was made as.";
    SERVER = "Server", Text, "server.text",
        "The `Server` header.";
    VIA = "Via", Text, "via.text",
        "The `Via` header.";
    CACHE_STATUS = "Cache Status", Text, "cache.text",
        "What a cache in between reported.";
    AGE = "Age", Whole, "a.age",
        "The `Age` header.";
    RETRY_AFTER = "Retry After", Text, "a.retry_after";
    REQUEST_ID = "Request ID", Text, "a.request_id",
        "The number by which the server's own logs know the request.";
    BODY_FINGERPRINT = "Body Fingerprint", Text,
        "CASE WHEN a.body IS NOT NULL THEN printf('%016x', a.body) END",
        "Fingerprint of the body: equal for equal bodies.";
    REDIRECT_URL = "Redirect URL", Address, "a.redirect";
}

/// The view.
pub(super) const VIEW: View = View {
    columns: COLUMNS,
    run: "a.run",
    from: "FROM attempt a
        CROSS JOIN url u ON u.run = a.run AND u.id = a.url
        CROSS JOIN outcome ON outcome.code = a.outcome
        LEFT JOIN text status ON status.run = a.run AND status.id = a.status_text
        LEFT JOIN text remote ON remote.run = a.run AND remote.id = a.remote
        LEFT JOIN text agent ON agent.run = a.run AND agent.id = a.agent
        LEFT JOIN text server ON server.run = a.run AND server.id = a.server
        LEFT JOIN text via ON via.run = a.run AND via.id = a.via
        LEFT JOIN text cache ON cache.run = a.run AND cache.id = a.cache",
    order: &[Up(ADDRESS), Up(ATTEMPT)],
};
