//! The outcome of one attempt. The table is the project's vocabulary: every answer and every failure that a
//! client can see has one row. Each row says how search engines treat it, whether a quick retry can help and
//! whether it concerns a URL or a host. `fixtures/domain/outcomes.csv` is its source.

mod cause;
pub(super) mod causes;
pub(super) mod reason;
mod words;

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The part of an exchange in which an outcome occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Name resolution.
    Dns,
    /// Connecting, or the connection itself.
    Tcp,
    /// The TLS handshake and the certificate.
    Tls,
    /// The HTTP message.
    Http,
    /// Seen in server logs only, never by a client.
    Log,
    /// Our own decision not to send a request.
    Policy,
}

/// Whether search engines treat an outcome like a 5xx answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchFailure {
    /// Documented to be treated like a server error.
    Yes,
    /// Not a failure of the server.
    No,
    /// Not documented, but it follows from what is.
    Inferred,
    /// A soft 404: excluded from search although its status is 200.
    Soft,
}

/// How often an outcome is worth a retry within one pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuickRetry {
    /// Nothing can change within seconds.
    No,
    /// One retry.
    Once,
    /// Up to the plan's number of retries.
    Yes,
    /// After the server's `Retry-After`.
    AfterRetryAfter,
    /// No quick retry of this URL: its outcome is that of another URL.
    AsTarget,
}

/// Whether a later confirmation pass requests the URL again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recheck {
    /// No recheck.
    No,
    /// One recheck.
    Once,
    /// A recheck in every pass.
    Yes,
}

/// The subject of an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The URL only.
    Url,
    /// The whole host.
    Host,
}

/// The cause to assume without other evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the field's terms")]
pub enum Cause {
    None,
    Overload,
    Maintenance,
    Network,
    Firewall,
    Dns,
    UpstreamDown,
    UpstreamTimeout,
    InvalidUpstreamResponse,
    Tls,
    ApplicationError,
    AsTarget,
}

macro_rules! status {
    (_) => {
        None
    };
    ($status:literal) => {
        Some($status)
    };
}

macro_rules! outcomes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $id:literal, $status:tt, $layer:ident, $search:ident,
        $retry:ident, $recheck:ident, $level:ident, $cause:ident;)*) => {
        /// The outcome of one attempt. The numbers are stored: never change one, only append.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Outcome { $($(#[$doc])* $name = $code,)* }

        impl Outcome {
            /// Every outcome, in the order of the table.
            pub const ALL: &'static [Outcome] = &[$(Outcome::$name,)*];

            const fn row(self) -> &'static Row {
                match self { $(Outcome::$name => &Row {
                    id: $id,
                    status: status!($status),
                    layer: Layer::$layer,
                    search: SearchFailure::$search,
                    retry: QuickRetry::$retry,
                    recheck: Recheck::$recheck,
                    level: Level::$level,
                    cause: Cause::$cause,
                },)* }
            }

            /// Returns the outcome with a stored number.
            pub fn from_code(code: u8) -> Option<Outcome> {
                match code { $($code => Some(Outcome::$name),)* _ => None }
            }
        }
    };
}

struct Row {
    id: &'static str,
    status: Option<u16>,
    layer: Layer,
    search: SearchFailure,
    retry: QuickRetry,
    recheck: Recheck,
    level: Level,
    cause: Cause,
}

outcomes! {
    /// 2xx with HTML media type and complete body.
    OkHtml = 1, "ok_html", _, Http, No, No, No, Url, None;
    /// 2xx with another media type.
    OkNonHtml = 2, "ok_non_html", _, Http, No, No, No, Url, None;
    /// 304 to a conditional request. The crawl sends none.
    NotModified = 3, "not_modified", _, Http, No, No, No, Url, None;
    /// 2xx whose body matches an error fingerprint (database error, stack trace, empty body, maintenance text).
    SoftError200 = 4, "soft_error_200", _, Http, Soft, Once, Yes, Url, ApplicationError;
    /// 301 302 303 307 308 with Location.
    Redirect = 5, "redirect", _, Http, No, No, No, Url, None;
    /// Same URL seen twice in the chain.
    RedirectLoop = 6, "redirect_loop", _, Http, No, No, Once, Url, ApplicationError;
    /// More than 10 hops (pages) or 5 (robots.txt).
    RedirectTooMany = 7, "redirect_too_many", _, Http, No, No, Once, Url, ApplicationError;
    /// 3xx without usable Location.
    RedirectBad = 8, "redirect_bad", _, Http, No, No, Once, Url, ApplicationError;
    /// Last hop is 5xx or network error.
    RedirectTo5xx = 9, "redirect_to_5xx", _, Http, Yes, AsTarget, Yes, Url, AsTarget;
    /// RCODE 3.
    DnsNxdomain = 10, "dns_nxdomain", _, Dns, Yes, No, Yes, Host, Dns;
    /// NOERROR without A/AAAA.
    DnsNodata = 11, "dns_nodata", _, Dns, Yes, No, Yes, Host, Dns;
    /// RCODE 2.
    DnsServfail = 12, "dns_servfail", _, Dns, Yes, Yes, Yes, Host, Dns;
    /// RCODE 5.
    DnsRefused = 13, "dns_refused", _, Dns, Yes, No, Yes, Host, Dns;
    /// No answer within limit.
    DnsTimeout = 14, "dns_timeout", _, Dns, Yes, Yes, Yes, Host, Dns;
    /// ECONNREFUSED (RST to SYN).
    ConnectRefused = 15, "connect_refused", _, Tcp, Yes, Once, Yes, Host, UpstreamDown;
    /// No SYN+ACK within limit.
    ConnectTimeout = 16, "connect_timeout", _, Tcp, Yes, Once, Yes, Host, Network;
    /// ENETUNREACH EHOSTUNREACH or ICMP prohibited.
    ConnectUnreachable = 17, "connect_unreachable", _, Tcp, Yes, No, Yes, Host, Network;
    /// Reset during connect or right after.
    ConnectReset = 18, "connect_reset", _, Tcp, Yes, Once, Yes, Host, Firewall;
    /// Handshake alert or protocol or cipher mismatch.
    TlsHandshake = 19, "tls_handshake", _, Tls, Inferred, No, Yes, Host, Tls;
    /// First bytes are not a TLS record (wrong version number).
    TlsNotTls = 20, "tls_not_tls", _, Tls, Inferred, No, Yes, Host, Tls;
    /// Certificate name does not match host.
    TlsName = 21, "tls_name", _, Tls, Inferred, No, Yes, Host, Tls;
    /// NotAfter in the past or notBefore in the future.
    TlsExpired = 22, "tls_expired", _, Tls, Inferred, No, Yes, Host, Tls;
    /// Unknown issuer or missing intermediate.
    TlsUntrusted = 23, "tls_untrusted", _, Tls, Inferred, No, Yes, Host, Tls;
    /// Self-signed leaf.
    TlsSelfSigned = 24, "tls_self_signed", _, Tls, Inferred, No, Yes, Host, Tls;
    /// OCSP or CRL says revoked, if checked.
    TlsRevoked = 25, "tls_revoked", _, Tls, Inferred, No, Yes, Host, Tls;
    /// Unrecognized_name alert.
    TlsSniRejected = 26, "tls_sni_rejected", _, Tls, Inferred, No, Yes, Host, Tls;
    /// Broken pipe while sending the request.
    WriteFailed = 27, "write_failed", _, Tcp, Yes, Yes, Yes, Url, Network;
    /// Connection closed before any byte.
    EmptyReply = 28, "empty_reply", _, Http, Yes, Yes, Yes, Url, UpstreamDown;
    /// Reset after the request before the status line.
    ResetBeforeHeaders = 29, "reset_before_headers", _, Tcp, Yes, Yes, Yes, Url, UpstreamDown;
    /// No status line within limit.
    TtfbTimeout = 32, "ttfb_timeout", _, Http, Yes, Once, Yes, Url, UpstreamTimeout;
    /// No body byte within idle limit.
    BodyTimeout = 33, "body_timeout", _, Http, Yes, Once, Yes, Url, UpstreamTimeout;
    /// Whole transfer over limit.
    TotalTimeout = 34, "total_timeout", _, Http, Yes, No, Yes, Url, Overload;
    /// Fewer bytes than Content-Length, or chunked body without last chunk.
    BodyTruncated = 35, "body_truncated", _, Http, Yes, Once, Yes, Url, InvalidUpstreamResponse;
    /// Reset inside the body.
    BodyReset = 36, "body_reset", _, Tcp, Yes, Once, Yes, Url, Network;
    /// RST_STREAM other than REFUSED_STREAM, or GOAWAY with error.
    Http2StreamError = 37, "http2_stream_error", _, Http, Yes, Yes, Yes, Url, Network;
    /// First line is not HTTP.
    BadStatusLine = 38, "bad_status_line", _, Http, Yes, Once, Yes, Url, InvalidUpstreamResponse;
    /// Header without colon, conflicting Content-Length, illegal characters.
    BadHeader = 39, "bad_header", _, Http, Yes, No, Yes, Url, InvalidUpstreamResponse;
    /// Header block over our limit.
    HeaderTooLarge = 40, "header_too_large", _, Http, Inferred, No, Yes, Url, InvalidUpstreamResponse;
    /// Gzip, br or chunk decoding error.
    BadEncoding = 41, "bad_encoding", _, Http, Yes, Once, Yes, Url, InvalidUpstreamResponse;
    /// Body over our limit.
    TooLarge = 42, "too_large", _, Http, No, No, No, Url, None;
    /// Code outside 100..599 (for example 999).
    StatusInvalid = 43, "status_invalid", _, Http, Yes, No, Yes, Url, Firewall;
    /// 400.
    Client400 = 44, "client_400", 400, Http, No, No, Once, Url, ApplicationError;
    /// 401.
    Client401 = 45, "client_401", 401, Http, No, No, No, Url, Firewall;
    /// 403.
    Client403 = 46, "client_403", 403, Http, No, No, Once, Url, Firewall;
    /// 404.
    Client404 = 47, "client_404", 404, Http, No, No, No, Url, None;
    /// 408.
    Client408 = 48, "client_408", 408, Http, No, Once, Yes, Url, UpstreamTimeout;
    /// 410.
    Client410 = 49, "client_410", 410, Http, No, No, No, Url, None;
    /// 421.
    Client421 = 50, "client_421", 421, Http, No, Once, No, Url, None;
    /// 425.
    Client425 = 51, "client_425", 425, Http, No, Once, No, Url, None;
    /// 429.
    Client429 = 52, "client_429", 429, Http, Yes, AfterRetryAfter, Yes, Host, Overload;
    /// 499/444/460 in server logs only.
    Client444 = 53, "client_444", _, Log, No, No, No, Url, None;
    /// 451.
    Client451 = 54, "client_451", 451, Http, No, No, No, Url, None;
    /// Other 4xx.
    ClientOther = 55, "client_other", _, Http, No, No, No, Url, ApplicationError;
    /// 500.
    Server500 = 56, "server_500", 500, Http, Yes, Once, Yes, Url, ApplicationError;
    /// 501.
    Server501 = 57, "server_501", 501, Http, Yes, No, Once, Url, ApplicationError;
    /// 502.
    Server502 = 58, "server_502", 502, Http, Yes, Yes, Yes, Url, InvalidUpstreamResponse;
    /// 503 without Retry-After.
    Server503 = 59, "server_503", 503, Http, Yes, Yes, Yes, Url, Overload;
    /// 503 with usable Retry-After.
    Server503RetryAfter = 60, "server_503_retry_after", 503, Http, Yes, AfterRetryAfter, Yes, Host, Maintenance;
    /// 504.
    Server504 = 61, "server_504", 504, Http, Yes, Once, Yes, Url, UpstreamTimeout;
    /// 505.
    Server505 = 62, "server_505", 505, Http, Yes, No, Once, Url, ApplicationError;
    /// 507.
    Server507 = 63, "server_507", 507, Http, Yes, No, Yes, Url, Overload;
    /// 508.
    Server508 = 64, "server_508", 508, Http, Yes, No, Yes, Url, ApplicationError;
    /// 509.
    Server509 = 65, "server_509", 509, Http, Yes, No, Yes, Host, Overload;
    /// 511.
    Server511 = 66, "server_511", 511, Http, No, No, No, Host, Network;
    /// 520.
    Cf520 = 67, "cf_520", 520, Http, Yes, Yes, Yes, Url, InvalidUpstreamResponse;
    /// 521.
    Cf521 = 68, "cf_521", 521, Http, Yes, Once, Yes, Host, UpstreamDown;
    /// 522.
    Cf522 = 69, "cf_522", 522, Http, Yes, Once, Yes, Host, Network;
    /// 523.
    Cf523 = 70, "cf_523", 523, Http, Yes, No, Yes, Host, Network;
    /// 524.
    Cf524 = 71, "cf_524", 524, Http, Yes, No, Yes, Url, UpstreamTimeout;
    /// 525.
    Cf525 = 72, "cf_525", 525, Http, Yes, No, Yes, Host, Tls;
    /// 526.
    Cf526 = 73, "cf_526", 526, Http, Yes, No, Yes, Host, Tls;
    /// 527.
    Cf527 = 74, "cf_527", 527, Http, Yes, Once, Yes, Url, Network;
    /// 530.
    Cf530 = 75, "cf_530", 530, Http, Yes, No, Yes, Host, Dns;
    /// 529.
    Server529 = 76, "server_529", 529, Http, Yes, Yes, Yes, Host, Overload;
    /// 540.
    Server540 = 77, "server_540", 540, Http, Yes, No, Yes, Host, Maintenance;
    /// 561.
    Server561 = 78, "server_561", 561, Http, Yes, No, Yes, Url, ApplicationError;
    /// 598.
    Server598 = 79, "server_598", 598, Http, Yes, Once, Yes, Url, UpstreamTimeout;
    /// 599.
    Server599 = 80, "server_599", 599, Http, Yes, Once, Yes, Url, Network;
    /// Other 5xx.
    ServerOther = 81, "server_other", _, Http, Yes, Once, Yes, Url, ApplicationError;
    /// Matched Disallow.
    RobotsDisallowed = 82, "robots_disallowed", _, Policy, No, No, No, Url, None;
    /// Robots.txt 5xx, 429, network or DNS error.
    RobotsUnreachable = 83, "robots_unreachable", _, Policy, Yes, Yes, Yes, Host, AsTarget;
    /// Skipped because the host breaker is open.
    BreakerOpen = 84, "breaker_open", _, Policy, No, No, Yes, Host, None;
    /// Retry budget used up.
    BudgetExhausted = 85, "budget_exhausted", _, Policy, No, No, Yes, Url, None;
    /// An address that this crawl may not request: private, loopback or link-local.
    AddressRefused = 86, "address_refused", _, Policy, No, No, No, Url, None;
    /// REFUSED_STREAM, or GOAWAY without error before the stream: the server did not process the request.
    StreamRefused = 87, "stream_refused", _, Http, No, Yes, Yes, Url, None;
    /// 206 or 304 to a request without a range or a condition: no complete page.
    StatusUnrequested = 88, "status_unrequested", _, Http, Inferred, Once, Yes, Url, InvalidUpstreamResponse;
}

impl Outcome {
    /// Returns the stored number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Returns the name used in exports, such as `server_502`.
    pub const fn id(self) -> &'static str {
        self.row().id
    }

    /// Returns the outcome with this name.
    pub fn from_id(id: &str) -> Option<Outcome> {
        Outcome::ALL
            .iter()
            .copied()
            .find(|outcome| outcome.id() == id)
    }

    /// Returns the part of the exchange in which it occurs.
    pub const fn layer(self) -> Layer {
        self.row().layer
    }

    /// Returns whether an answer with this outcome and status is an error that may explain itself. A page
    /// that does not exist needs no explanation.
    pub fn explains(self, status: Option<u16>) -> bool {
        let refused = |status| (400..500).contains(&status) && !matches!(status, 404 | 410);
        self.search_failure() != SearchFailure::No || status.is_some_and(refused)
    }

    /// Returns how search engines treat it.
    pub const fn search_failure(self) -> SearchFailure {
        self.row().search
    }

    /// Returns whether it counts as a failure in rates and verdicts: search engines treat it like a 5xx, or
    /// exclude the page as a soft 404.
    pub const fn is_failure(self) -> bool {
        !matches!(self.row().search, SearchFailure::No)
    }

    /// Returns whether it is what was requested: no error, and no hint at something else.
    pub const fn is_content(self) -> bool {
        matches!(self, Outcome::OkHtml | Outcome::OkNonHtml)
    }

    /// Returns whether the crawler's own time limit ended the exchange, once there was a connection.
    pub const fn is_time_limit(self) -> bool {
        matches!(
            self,
            Outcome::TtfbTimeout | Outcome::BodyTimeout | Outcome::TotalTimeout
        )
    }

    /// Returns whether no request was sent: this machine has no route to the IP address, or must not connect to it.
    pub const fn is_untried(self) -> bool {
        matches!(self, Outcome::ConnectUnreachable | Outcome::AddressRefused)
    }

    /// Returns how often to retry within a pass.
    pub const fn quick_retry(self) -> QuickRetry {
        self.row().retry
    }

    /// Returns whether a confirmation pass requests the URL again.
    pub const fn recheck(self) -> Recheck {
        self.row().recheck
    }

    /// Returns its subject.
    pub const fn level(self) -> Level {
        self.row().level
    }

    /// Returns the cause to assume without other evidence.
    pub const fn default_cause(self) -> Cause {
        self.row().cause
    }

    /// Returns the status that it stands for, if it stands for exactly one.
    pub const fn status(self) -> Option<u16> {
        self.row().status
    }

    /// Returns whether it is an answer with a status from 500 to 599, or with one that is no HTTP status at all.
    pub const fn is_server_status(self) -> bool {
        match self.status() {
            Some(status) => matches!(status, 500..=599),
            None => matches!(self, Outcome::ServerOther | Outcome::StatusInvalid),
        }
    }

    /// Returns the outcome of a complete answer whose status is outside 200-399.
    ///
    /// `usable_retry_after` separates a 503 that announces its end from one that does not.
    pub fn of_error_status(status: u16, usable_retry_after: bool) -> Outcome {
        if status == 503 && usable_retry_after {
            return Outcome::Server503RetryAfter;
        }
        let named = |outcome: &&Outcome| outcome.status() == Some(status);
        match Outcome::ALL.iter().find(named) {
            Some(outcome) => *outcome,
            None if (400..=499).contains(&status) => Outcome::ClientOther,
            None if (500..=599).contains(&status) => Outcome::ServerOther,
            None => Outcome::StatusInvalid,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

impl<'de> Deserialize<'de> for Outcome {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Outcome, D::Error> {
        let id = String::deserialize(deserializer)?;
        let unknown = || D::Error::custom(format_args!("unknown outcome {id}"));
        Outcome::from_id(&id).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_matches_the_dossier() {
        let text = include_str!("../../../fixtures/domain/outcomes.csv");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows: Vec<_> = reader.records().map(|r| r.expect("valid CSV")).collect();
        assert_eq!(rows.len(), Outcome::ALL.len());
        for (row, outcome) in rows.iter().zip(Outcome::ALL) {
            assert_eq!(&row[0], outcome.id());
            let search = match outcome.search_failure() {
                SearchFailure::Yes => "yes",
                SearchFailure::No => "no",
                SearchFailure::Inferred => "inferred",
                SearchFailure::Soft => "soft",
            };
            assert_eq!(&row[3], search, "{outcome}");
            let retry = match outcome.quick_retry() {
                QuickRetry::No => "no",
                QuickRetry::Once => "yes(1)",
                QuickRetry::Yes => "yes",
                QuickRetry::AfterRetryAfter => "after_retry_after",
                QuickRetry::AsTarget => "as_target",
            };
            assert_eq!(&row[4], retry, "{outcome}");
            assert_eq!(
                &row[6] == "yes",
                outcome.level() == Level::Host,
                "{outcome}"
            );
        }
    }

    #[test]
    fn codes_are_read_back() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::from_code(outcome.code()), Some(*outcome));
        }
        assert_eq!(Outcome::from_code(0), None);
    }

    #[test]
    fn server_statuses_are_those_from_500_to_599() {
        for status in 100..=999 {
            let outcome = Outcome::of_error_status(status, false);
            let is_server = (500..=599).contains(&status) || outcome == Outcome::StatusInvalid;
            assert_eq!(outcome.is_server_status(), is_server, "{status}");
            assert!(outcome.status().is_none_or(|its| its == status), "{status}");
        }
    }

    #[test]
    fn every_error_status_has_its_row() {
        let cases = [
            (404, "client_404"),
            (418, "client_other"),
            (429, "client_429"),
            (502, "server_502"),
            (506, "server_other"),
            (522, "cf_522"),
            (597, "server_other"),
            (599, "server_599"),
            (200, "status_invalid"),
            (999, "status_invalid"),
        ];
        for (status, id) in cases {
            assert_eq!(Outcome::of_error_status(status, false).id(), id);
        }
        assert_eq!(Outcome::of_error_status(503, false).id(), "server_503");
        assert_eq!(
            Outcome::of_error_status(503, true).id(),
            "server_503_retry_after"
        );
    }
}
