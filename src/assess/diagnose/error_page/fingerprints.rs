//! Finds the maker of an error page: the fingerprints that an answer matches, best first.
//!
//! The first match names the generator, the others are context: a page of nginx that came through
//! Cloudflare matches both. The cost of an answer is bounded: 4 KiB of its body and its headers.

use super::catalogue::{Fingerprint, catalogue};
use super::maker::Maker;
use super::soft_error::soft_error;
use super::text::{head, headline};
use crate::assess::diagnose::answer::Answer;
use crate::assess::diagnose::causes::shares::Shares;
use crate::assess::diagnose::evidence::Evidence;

/// A fingerprint that an answer matches.
#[derive(Clone, Debug)]
pub struct Match {
    /// The fingerprint's identity, such as `nginx-502`.
    pub id: &'static str,
    /// The product that made the page, or passed it on.
    pub product: &'static str,
    /// The kind of machine that made the page.
    pub layer: Maker,
    /// Causes with weights; empty if the match is only context.
    pub causes: Shares,
    /// Probability that this product made the page.
    pub confidence: f64,
    /// The parts that matched.
    pub evidence: Vec<Evidence>,
}

impl Match {
    /// Returns whether it names the generator of the page, not a server that passed it on.
    pub fn is_generator(&self) -> bool {
        !self.causes.is_empty()
    }
}

/// Returns the fingerprints that an answer matches, best first. Only errors, and bodies that look like
/// one, have matches that name a generator.
pub fn identify(answer: &Answer<'_>) -> Vec<Match> {
    let (Some(status), Some(catalogue)) = (answer.status, catalogue()) else {
        return Vec::new();
    };
    let body = head(answer.body_head);
    let seen = catalogue.bodies.look(&body);
    // Articles contain the words of error pages too. With a success status they count only if the page
    // is an error by itself.
    let is_page = !(200..300).contains(&status) || soft_error(status, answer.body_head).is_some();
    let fits = |entry: &&Fingerprint| {
        entry.fits_status(status)
            && (is_page || entry.bodies.is_empty())
            && (entry.bodies.is_empty() || entry.bodies.clone().any(|at| seen.matched(at)))
            && entry.fits_headers(answer.headers)
    };
    catalogue
        .entries
        .iter()
        .filter(fits)
        .map(|entry| named(entry, answer, &body))
        .collect()
}

impl Fingerprint {
    /// Returns whether it names a product; texts that many servers share name none.
    pub fn names_product(&self) -> bool {
        self.product != "any"
    }

    /// Returns whether the status alone identifies it.
    pub fn is_status_alone(&self) -> bool {
        self.bodies.is_empty() && self.headers.is_empty()
    }

    /// Without a list a fingerprint fits any error, and success too, because error pages come with 200
    /// as well.
    fn fits_status(&self, status: u16) -> bool {
        match self.status.as_slice() {
            [] => !(300..400).contains(&status),
            list => list.contains(&status),
        }
    }
}

fn named(entry: &'static Fingerprint, answer: &Answer<'_>, body: &str) -> Match {
    let mut evidence = Vec::new();
    let title = headline(body).map(str::to_owned);
    if !entry.bodies.is_empty() && (entry.names_product() || title.is_some()) {
        evidence.push(Evidence::Page {
            product: entry.names_product().then(|| entry.product.clone()),
            title,
        });
    }
    for (name, _) in &entry.headers {
        if let Some(value) = answer.headers.get(name) {
            let value = String::from_utf8_lossy(value.as_bytes());
            evidence.push(Evidence::Header {
                name: name.as_str().to_owned(),
                value: value.chars().take(100).collect(),
            });
        }
    }
    if let (true, Some(status)) = (evidence.is_empty(), answer.status) {
        evidence.push(Evidence::Status { status });
    }
    Match {
        id: &entry.id,
        product: &entry.product,
        layer: entry.layer,
        causes: entry.causes,
        confidence: entry.confidence,
        evidence,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::super::text::BODY_HEAD;
    use super::*;
    use crate::model::{Cause, Outcome};

    fn check(status: u16, headers: &[(&str, &str)], body: &str) -> Vec<&'static str> {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                let name = HeaderName::try_from(*name).expect("a name");
                (name, HeaderValue::from_str(value).expect("a value"))
            })
            .collect();
        let answer = Answer {
            status: Some(status),
            reason: None,
            headers: &headers,
            body_head: body.as_bytes(),
            ttfb: None,
            connect: None,
            outcome: Outcome::of_error_status(status, false),
        };
        identify(&answer).iter().map(|found| found.id).collect()
    }

    #[test]
    fn the_generator_comes_before_servers_that_passed_it_on() {
        let page = "<html>\n<head><title>502 Bad Gateway</title></head>\n<body>\n<center>\
                    <h1>502 Bad Gateway</h1></center>\n<hr><center>nginx</center>\n</body></html>";
        let through = [("server", "cloudflare"), ("cf-ray", "8f1a2b3c4d5e6f70-FRA")];
        assert_eq!(check(502, &[], page), ["nginx-502"]);
        assert_eq!(
            check(502, &through, page),
            ["nginx-502", "cloudflare-context"]
        );
        assert_eq!(check(503, &[], "no healthy upstream"), ["envoy-no-healthy"]);
        assert_eq!(check(502, &[("server", "awselb/2.0")], ""), ["aws-alb-502"]);
        assert_eq!(check(404, &[], page), [""; 0]);
        let article = "<h1>Databases</h1><p>MySQL may say: Too many connections.</p>";
        assert_eq!(check(500, &[], article), ["application-database"]);
        assert_eq!(check(200, &[], article), [""; 0]);
    }

    #[test]
    fn a_page_of_the_application_is_not_attributed_to_its_proxy() {
        let page = "<title>The shop</title><h1>Something broke</h1>";
        let none = [""; 0];
        // Entity tags of a framework, of a file with its time, and of nginx's own file.
        let of_rails = [
            ("server", "nginx"),
            ("etag", r#"W/"8d777f385d3dfec8815d20f7""#),
        ];
        let passed_on = [
            ("server", "nginx"),
            ("etag", r#""6b0ce71a-63""#),
            ("last-modified", "Mon, 30 Nov 2026 03:01:46 GMT"),
        ];
        assert_eq!(check(502, &of_rails, page), none);
        assert_eq!(check(502, &passed_on, page), none);
        assert_eq!(check(502, &passed_on[..2], page), ["nginx-own-502"]);
        let of_upstream = [("server", "envoy"), ("x-envoy-upstream-service-time", "4")];
        assert_eq!(check(503, &of_upstream, page), none);
        assert_eq!(check(503, &of_upstream[..1], page), ["envoy-context"]);
        // If Varnish passes a page on, it names itself only in Via.
        let through = [("x-varnish", "32770"), ("via", "1.1 varnish (Varnish/7.1)")];
        assert_eq!(check(503, &through, page), none);
        let of_go = [("content-type", "text/plain; charset=utf-8")];
        assert_eq!(check(500, &of_go, "Internal Server Error"), ["nextjs-500"]);
    }

    #[test]
    fn words_count_if_the_page_says_nothing_else() {
        let none = [""; 0];
        let cases = [
            ("<h1>Down for maintenance</h1>", "generic-maintenance-page"),
            (
                "<title>Site maintenance.</title>",
                "generic-maintenance-page",
            ),
            ("Down for maintenance\n", "generic-maintenance-text"),
            ("<h1>Database is locked</h1>", "generic-database-page"),
            ("Could not connect to database", "generic-database-page"),
        ];
        for (body, id) in cases {
            assert_eq!(check(503, &[], body).first(), Some(&id), "{body}");
        }
        for body in [
            "<h1>Maintenance of lifts</h1>",
            "Your lift is in maintenance at the moment, or our database is locked",
            "<h1>Our database is locked in a safe</h1>",
        ] {
            assert_eq!(check(503, &[], body), none, "{body}");
        }
    }

    #[test]
    fn only_the_beginning_of_a_body_counts() {
        let page =
            "<h1>503 Service Unavailable</h1>\nNo server is available to handle this request.";
        assert_eq!(check(503, &[], page), ["haproxy-503"]);
        let far = format!("{}{page}", " ".repeat(BODY_HEAD));
        assert_eq!(check(503, &[], &far), [""; 0]);
    }

    #[test]
    fn any_bytes_can_be_identified() {
        for body in [
            &b""[..],
            b"\xff\xfe<title>",
            b"a\xe2\x82",
            b"caf\xc3\xa9 \xe9 caf\xc3\xa9",
        ] {
            assert_eq!(head(body), String::from_utf8_lossy(body));
        }
        let cut = "\u{e9}".repeat(BODY_HEAD);
        let odd = format!("x{cut}");
        assert_eq!(head(cut.as_bytes()).len(), BODY_HEAD);
        assert!(head(odd.as_bytes()).ends_with("\u{e9}\u{fffd}"));
    }

    #[test]
    fn evidence_shows_what_matched() {
        let headers = HeaderMap::new();
        let answer = Answer {
            status: Some(522),
            reason: None,
            headers: &headers,
            body_head: b"\xff<title> A &amp; B </title>",
            ttfb: None,
            connect: None,
            outcome: Outcome::Cf522,
        };
        let found = identify(&answer);
        assert_eq!(found[0].evidence, [Evidence::Status { status: 522 }]);
        assert_eq!(found[0].causes.ranked()[0].0, Cause::UpstreamDown);
        assert_eq!(headline("<TITLE lang=en> Oops </TITLE>"), Some("Oops"));
        assert_eq!(headline("Bad Gateway\n"), Some("Bad Gateway"));
        assert_eq!(headline("<p>x</p>"), None);
    }
}
