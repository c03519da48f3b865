use super::file::Robots;
use crate::model::Outcome;

/// The meaning of the answer to a request for robots.txt.
#[derive(Clone, Debug)]
pub enum Access {
    /// There is a file; its rules apply.
    Rules(Robots),
    /// There is no file: everything may be fetched.
    AllowAll,
    /// The rules are unknown: nothing may be fetched (RFC 9309 section 2.3.1.4). Code that keeps
    /// older copies decides whether one replaces it.
    DisallowAll,
}

/// Reads the last answer to a request for robots.txt, after redirects.
///
/// - An answer with a body is read, even if it was cut at our limit, which must be at least
///   [`SIZE_LIMIT`](super::SIZE_LIMIT).
/// - 4xx: there is no file (RFC 9309 section 2.3.1.3). 429 is Google's exception: the server is
///   overloaded, which says nothing about its rules.
/// - Redirects without an end within five hops: Google treats them as a 404.
/// - Everything else, such as 5xx, DNS, TCP and TLS failures and broken bodies: unreachable. The
///   same applies to a 304 if there is no copy.
pub fn access(outcome: Outcome, body: &[u8]) -> Access {
    use Outcome as O;
    match outcome {
        O::OkHtml | O::OkNonHtml | O::SoftError200 | O::TooLarge => {
            Access::Rules(Robots::parse(body))
        }
        // A partial file has rules, like any other successful answer.
        O::StatusUnrequested if !body.is_empty() => Access::Rules(Robots::parse(body)),
        O::Client400
        | O::Client401
        | O::Client403
        | O::Client404
        | O::Client408
        | O::Client410
        | O::Client421
        | O::Client425
        | O::Client444
        | O::Client451
        | O::ClientOther
        | O::Redirect
        | O::RedirectLoop
        | O::RedirectTooMany
        | O::RedirectBad => Access::AllowAll,
        // A new outcome counts as unreachable until it is listed.
        _ => Access::DisallowAll,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Layer;

    fn word(outcome: Outcome) -> &'static str {
        match access(outcome, b"User-agent: *\nDisallow: /\n") {
            Access::Rules(robots) => {
                assert!(!robots.group(&["gatecrawl"]).verdict("/x").allowed);
                "rules"
            }
            Access::AllowAll => "allow",
            Access::DisallowAll => "disallow",
        }
    }

    #[test]
    fn every_answer_has_its_meaning() {
        for outcome in Outcome::ALL.iter().copied() {
            let id = outcome.id();
            let expected = match id {
                "ok_html" | "ok_non_html" | "soft_error_200" | "too_large"
                | "status_unrequested" => "rules",
                "client_429" | "redirect_to_5xx" => "disallow",
                _ if id.starts_with("client_") || id.starts_with("redirect") => "allow",
                _ => "disallow",
            };
            assert_eq!(word(outcome), expected, "{outcome}");
        }
    }

    #[test]
    fn no_network_failure_allows_a_site() {
        for outcome in Outcome::ALL.iter().copied() {
            if matches!(outcome.layer(), Layer::Dns | Layer::Tcp | Layer::Tls) {
                assert_eq!(word(outcome), "disallow", "{outcome}");
            }
        }
        for status in 500..600 {
            assert_eq!(word(Outcome::of_error_status(status, false)), "disallow");
        }
        for status in (400..500).filter(|status| *status != 429) {
            assert_eq!(word(Outcome::of_error_status(status, false)), "allow");
        }
    }

    #[test]
    fn a_304_without_a_copy_allows_nothing() {
        assert!(matches!(
            access(Outcome::StatusUnrequested, b""),
            Access::DisallowAll
        ));
    }

    #[test]
    fn an_empty_file_allows_everything() {
        let Access::Rules(robots) = access(Outcome::OkNonHtml, b"") else {
            panic!("an empty file is a file");
        };
        assert!(robots.group(&["gatecrawl"]).is_empty());
    }
}
