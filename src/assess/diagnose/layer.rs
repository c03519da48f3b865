//! Which kind of machine made an error page: the edge, a balancer, a proxy or the application.

use http::HeaderMap;
use serde::{Serialize, Serializer};

use super::answer::Answer;
use super::fingerprints::{Match, head};

/// The kind of machine that made a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Maker {
    /// A CDN or a protection in front of the site.
    Edge,
    /// A load balancer.
    LoadBalancer,
    /// A web server or proxy in front of the application.
    ReverseProxy,
    /// The application itself.
    Application,
    /// A hosting platform.
    Platform,
}

impl Maker {
    /// Every kind, outermost first.
    pub const ALL: [Maker; 5] = [
        Maker::Edge,
        Maker::LoadBalancer,
        Maker::Platform,
        Maker::ReverseProxy,
        Maker::Application,
    ];

    /// The name in data, such as `reverse_proxy`.
    pub const fn id(self) -> &'static str {
        match self {
            Maker::Edge => "edge",
            Maker::LoadBalancer => "load_balancer",
            Maker::ReverseProxy => "reverse_proxy",
            Maker::Application => "application",
            Maker::Platform => "platform",
        }
    }

    /// The kind with this name.
    pub fn from_id(id: &str) -> Option<Maker> {
        Maker::ALL.into_iter().find(|maker| maker.id() == id)
    }

    /// The name in sentences.
    pub const fn title(self) -> &'static str {
        match self {
            Maker::Edge => "the CDN's edge",
            Maker::LoadBalancer => "the load balancer",
            Maker::ReverseProxy => "the web server or proxy",
            Maker::Application => "the application",
            Maker::Platform => "the hosting platform",
        }
    }
}

impl Serialize for Maker {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

/// Servers that put a page of their own into every error they make. An error with another page
/// behind such a server is the application's.
const SERVERS_WITH_PAGES: [&str; 5] = ["nginx", "openresty", "apache", "lighttpd", "varnish"];

/// Who made the page, from its fingerprints and headers. `None`: nothing tells.
pub fn maker_of(answer: &Answer<'_>, matches: &[Match]) -> Option<Maker> {
    let status = answer.status?;
    // Envoy names the time the upstream took only when the upstream answered.
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

/// Headers that applications set, and proxies do not.
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
