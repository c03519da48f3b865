//! Whether search engines may index a URL, in Screaming Frog's words.

use crate::model::{Indexability, Layer, Outcome};

/// The signs that decide whether a page may be indexed.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one sign, and they do not depend on each other"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSigns {
    /// The outcome of the attempt.
    pub outcome: Outcome,
    /// The status code, if there was one.
    pub status: Option<u16>,
    /// Whether robots.txt forbids the URL, though it was fetched.
    pub disallowed: bool,
    /// Whether meta robots or `X-Robots-Tag` have noindex.
    pub noindex: bool,
    /// Whether they give an expiry date that has passed.
    pub unavailable: bool,
    /// Whether the canonical link names another URL.
    pub canonical_elsewhere: bool,
    /// Whether it redirects by `meta refresh` to another URL.
    pub refreshes: bool,
}

/// Returns whether search engines may index a page, with the first reason if not.
pub fn indexability(signs: PageSigns) -> Indexability {
    use Indexability::{Indexable, NonIndexable};
    match (signs.status, signs.outcome) {
        _ if signs.disallowed => NonIndexable("Blocked by robots.txt"),
        // Without an earlier copy there is nothing to index.
        (Some(204 | 205), _) => NonIndexable("No Content"),
        (Some(304), _) => NonIndexable("Not Modified"),
        (Some(300..=399), _) => NonIndexable("Redirected"),
        (Some(400..=499), _) => NonIndexable("Client Error"),
        (Some(500..=599), _) => NonIndexable("Server Error"),
        (_, Outcome::StatusInvalid | Outcome::StatusUnrequested) => NonIndexable("Invalid Status"),
        (_, Outcome::SoftError200) => NonIndexable("Soft Error"),
        (_, Outcome::StreamRefused) => NonIndexable("No Response"),
        (_, outcome) if outcome.is_failure() || outcome.layer() != Layer::Http => {
            NonIndexable("No Response")
        }
        _ if signs.noindex => NonIndexable("noindex"),
        _ if signs.unavailable => NonIndexable("unavailable_after"),
        _ if signs.canonical_elsewhere => NonIndexable("Canonicalised"),
        _ if signs.refreshes => NonIndexable("Redirected"),
        _ => Indexable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_counts() {
        use Outcome as O;
        let fine = PageSigns {
            outcome: Outcome::OkHtml,
            status: Some(200),
            disallowed: false,
            noindex: false,
            unavailable: false,
            canonical_elsewhere: false,
            refreshes: false,
        };
        assert_eq!(indexability(fine), Indexability::Indexable);
        let status = |status, outcome| PageSigns {
            status,
            outcome,
            noindex: true,
            ..fine
        };
        let disallowed = PageSigns {
            disallowed: true,
            ..fine
        };
        let canonical_elsewhere = PageSigns {
            canonical_elsewhere: true,
            ..fine
        };
        let unavailable = PageSigns {
            unavailable: true,
            ..canonical_elsewhere
        };
        let cases = [
            (disallowed, "Blocked by robots.txt"),
            (status(Some(301), O::Redirect), "Redirected"),
            (status(Some(404), O::Client404), "Client Error"),
            (status(Some(502), O::Server502), "Server Error"),
            (status(None, O::ConnectRefused), "No Response"),
            (status(None, O::StreamRefused), "No Response"),
            (status(None, O::AddressRefused), "No Response"),
            (status(Some(200), O::OkHtml), "noindex"),
            (status(Some(204), O::OkNonHtml), "No Content"),
            (status(Some(205), O::OkHtml), "No Content"),
            (status(Some(304), O::StatusUnrequested), "Not Modified"),
            (status(Some(206), O::StatusUnrequested), "Invalid Status"),
            (status(Some(999), O::StatusInvalid), "Invalid Status"),
            (unavailable, "unavailable_after"),
            (canonical_elsewhere, "Canonicalised"),
        ];
        for (signs, reason) in cases {
            assert_eq!(
                indexability(signs),
                Indexability::NonIndexable(reason),
                "{signs:?}"
            );
        }
    }
}
