//! The kind of machine that made an error page: the edge, a balancer, a proxy or the application.

use http::HeaderMap;

use super::fingerprints::Match;
use super::maker::Maker;
use super::text::head;
use crate::assess::diagnose::answer::Answer;

/// Servers that put their own page into every error they make. An error with another page behind such a
/// server comes from the application.
const SERVERS_WITH_PAGES: [&str; 5] = ["nginx", "openresty", "apache", "lighttpd", "varnish"];

/// Returns the maker of the page by its fingerprints and headers, or `None` if nothing shows it.
pub fn maker_of(answer: &Answer<'_>, matches: &[Match]) -> Option<Maker> {
    let status = answer.status?;
    // Envoy reports the upstream's time only if the upstream answered.
    if answer.headers.contains_key("x-envoy-upstream-service-time") {
        return Some(Maker::Application);
    }
    if let Some(generator) = matches.iter().find(|found| found.is_generator()) {
        return Some(generator.layer);
    }
    if answer.headers.contains_key("cf-error-type") {
        return Some(Maker::Edge);
    }
    let body = head(answer.body_head);
    let own_page = status >= 500 && !body.trim().is_empty();
    (own_page && (has_framework(answer.headers) || is_behind_known_server(answer.headers)))
        .then_some(Maker::Application)
}

/// Returns whether there are headers that applications set and proxies do not.
fn has_framework(headers: &HeaderMap) -> bool {
    let names = [
        "x-powered-by",
        "x-aspnet-version",
        "x-generator",
        "x-drupal-cache",
    ];
    names.iter().any(|name| headers.contains_key(*name))
}

fn is_behind_known_server(headers: &HeaderMap) -> bool {
    let says = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        let value = value.unwrap_or_default().to_ascii_lowercase();
        SERVERS_WITH_PAGES
            .iter()
            .any(|server| value.contains(server))
    };
    // Caddy leaves the body of its own errors empty.
    says("server")
        || says("via")
        || headers
            .get("server")
            .is_some_and(|server| server == "Caddy")
}
