//! Outcomes in plain words, for people who have not read the table of outcomes.

use super::Outcome;

impl Outcome {
    /// Returns the outcome in words: the status, or what happened to the connection.
    pub const fn words(self) -> &'static str {
        use Outcome as O;
        match self {
            O::OkHtml => "page",
            O::OkNonHtml => "file",
            O::NotModified => "304",
            O::SoftError200 => "200 with an error page",
            O::Redirect => "redirect",
            O::RedirectLoop => "redirect loop",
            O::RedirectTooMany => "too many redirects",
            O::RedirectBad => "redirect without a target",
            O::RedirectTo5xx => "redirect into an error",
            O::DnsNxdomain => "no such host name",
            O::DnsNodata => "host name without an address",
            O::DnsServfail => "failure of the name server",
            O::DnsRefused => "refusal by the name server",
            O::DnsTimeout => "no answer of the name server",
            O::ConnectRefused => "connection refused",
            O::ConnectTimeout => "no connection in time",
            O::ConnectUnreachable => "host not reachable",
            O::ConnectReset => "connection reset at once",
            O::TlsHandshake => "failed TLS handshake",
            O::TlsNotTls => "no TLS at this port",
            O::TlsName => "certificate of another host",
            O::TlsExpired => "certificate out of date",
            O::TlsUntrusted => "certificate of an unknown issuer",
            O::TlsSelfSigned => "self-signed certificate",
            O::TlsRevoked => "revoked certificate",
            O::TlsSniRejected => "host name refused by TLS",
            O::WriteFailed => "connection closed while the request was sent",
            O::EmptyReply => "connection closed without an answer",
            O::ResetBeforeHeaders => "connection reset before an answer",
            O::TtfbTimeout => "no answer in time",
            O::BodyTimeout => "answer that stopped midway",
            O::TotalTimeout => "answer not complete in time",
            O::BodyTruncated => "answer cut short",
            O::BodyReset => "connection reset during the answer",
            O::Http2StreamError => "HTTP/2 stream reset",
            O::BadStatusLine => "answer that is not HTTP",
            O::BadHeader => "invalid header",
            O::HeaderTooLarge => "header too large",
            O::BadEncoding => "answer that cannot be decompressed",
            O::TooLarge => "answer too large",
            O::StatusInvalid => "status outside 100 to 599",
            O::Client400 => "400",
            O::Client401 => "401",
            O::Client403 => "403",
            O::Client404 => "404",
            O::Client408 => "408",
            O::Client410 => "410",
            O::Client421 => "421",
            O::Client425 => "425",
            O::Client429 => "429",
            O::Client444 => "request given up by the client",
            O::Client451 => "451",
            O::ClientOther => "another 4xx",
            O::Server500 => "500",
            O::Server501 => "501",
            O::Server502 => "502",
            O::Server503 => "503",
            O::Server503RetryAfter => "503 with Retry-After",
            O::Server504 => "504",
            O::Server505 => "505",
            O::Server507 => "507",
            O::Server508 => "508",
            O::Server509 => "509",
            O::Server511 => "511",
            O::Cf520 => "520",
            O::Cf521 => "521",
            O::Cf522 => "522",
            O::Cf523 => "523",
            O::Cf524 => "524",
            O::Cf525 => "525",
            O::Cf526 => "526",
            O::Cf527 => "527",
            O::Cf530 => "530",
            O::Server529 => "529",
            O::Server540 => "540",
            O::Server561 => "561",
            O::Server598 => "598",
            O::Server599 => "599",
            O::ServerOther => "another 5xx",
            O::RobotsDisallowed => "forbidden by robots.txt",
            O::RobotsUnreachable => "robots.txt not readable",
            O::BreakerOpen => "host paused",
            O::BudgetExhausted => "no retries left",
            O::AddressRefused => "address that may not be requested",
            O::StreamRefused => "HTTP/2 stream refused",
            O::StatusUnrequested => "206 or 304 to a plain request",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_one_of_machines() {
        for outcome in Outcome::ALL {
            let words = outcome.words();
            assert!(!words.is_empty() && !words.contains('_'), "{outcome}");
            // An error page has words of its own.
            let status = outcome.status().map(|status| status.to_string());
            assert!(
                status.is_none_or(|status| words.starts_with(&status)),
                "{outcome}: {words}"
            );
        }
    }
}
