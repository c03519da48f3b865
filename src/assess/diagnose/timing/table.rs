//! The known timers of servers and networks, and what it means for the cause if one fires.

use crate::model::Cause::{
    self, ApplicationError, Dns, Firewall, InvalidUpstreamResponse, Maintenance, Network, Overload,
    Tls, UpstreamDown, UpstreamTimeout,
};
use crate::model::Outcome;

/// A well-known timer of servers and networks.
#[derive(Debug)]
pub(super) struct Timer {
    /// The time at which it fires, from and to.
    pub seconds: (f64, f64),
    /// The name of the timer, for a product whose name contains the first text.
    pub products: &'static [(&'static str, &'static str)],
    /// The name of the timer if the product is unknown.
    pub any_product: &'static str,
    /// What it waits for.
    pub waits: Waits,
}

/// What a timer waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waits {
    /// The answer of a backend.
    Answer,
    /// A connection to it.
    Connection,
}

impl Waits {
    /// Returns the weights of the causes if such a timer fired.
    pub(super) const fn weights(self) -> &'static [(Cause, f64)] {
        match self {
            Waits::Answer => WAITED,
            Waits::Connection => CONNECTING,
        }
    }
}

/// A timer that waits for the answer of a backend fired.
const WAITED: &[(Cause, f64)] = &[
    (UpstreamTimeout, 4.0),
    (Overload, 1.3),
    (Network, 0.7),
    (Firewall, 0.5),
    (UpstreamDown, 0.25),
    (InvalidUpstreamResponse, 0.15),
    (ApplicationError, 0.5),
    (Maintenance, 0.05),
    (Dns, 0.3),
    (Tls, 0.3),
];

/// A time limit fired that is not a common one: it is unknown who set it, or whether it was on the way.
pub(super) const LIMITED: &[(Cause, f64)] = &[
    (UpstreamTimeout, 2.5),
    (UpstreamDown, 0.5),
    (InvalidUpstreamResponse, 0.3),
    (Maintenance, 0.2),
];

/// A timer that waits for a connection fired.
const CONNECTING: &[(Cause, f64)] = &[
    (Network, 2.5),
    (Firewall, 2.5),
    (Overload, 1.2),
    (UpstreamTimeout, 0.8),
    (UpstreamDown, 0.6),
    (InvalidUpstreamResponse, 0.1),
    (ApplicationError, 0.3),
    (Maintenance, 0.05),
];

/// A 502 of a product at a time limit that cannot be its own for an answer: that one answers 504.
#[derive(Debug)]
pub(super) struct Limit502 {
    products: &'static [&'static str],
    /// What it may be, in words.
    pub words: &'static str,
    /// The weights of the causes.
    pub weights: &'static [(Cause, f64)],
}

/// The other limits: those of the product before it sends the request on, and those behind it that end in a close.
const LIMITS_502: [Limit502; 2] = [
    Limit502 {
        products: &["nginx", "OpenResty"],
        words: "nginx's time for looking up a name, or a limit behind it, as its own others answer 504",
        weights: &[
            (UpstreamTimeout, 8.0),
            (Dns, 6.0),
            (Overload, 0.3),
            (UpstreamDown, 0.05),
            (InvalidUpstreamResponse, 0.05),
            (ApplicationError, 0.5),
            (Maintenance, 0.05),
            (Firewall, 0.1),
            (Tls, 0.1),
        ],
    },
    Limit502 {
        products: &["Caddy"],
        words: "Caddy's dial_timeout, or a limit behind it, as its others answer 504",
        weights: &[
            (Network, 6.0),
            (Overload, 4.0),
            (UpstreamTimeout, 2.0),
            (Dns, 0.5),
            (UpstreamDown, 0.2),
            (InvalidUpstreamResponse, 0.1),
            (Tls, 0.2),
        ],
    },
];

/// A server accepted the request and gave it up seconds later: it was not refused, and a malformed
/// response comes sooner.
pub(super) const HELD: &[(Cause, f64)] = &[
    (UpstreamTimeout, 4.0),
    (UpstreamDown, 0.2),
    (InvalidUpstreamResponse, 0.2),
    (Dns, 0.5),
    (Tls, 0.2),
    (Maintenance, 0.1),
    (Firewall, 0.3),
];

/// Weights if requests end within the second after a whole second: the server checks its limit once a second.
pub(super) const TICKED: &[(Cause, f64)] = &[
    (UpstreamTimeout, 10.0),
    (Overload, 0.6),
    (UpstreamDown, 0.1),
    (InvalidUpstreamResponse, 0.1),
    (Dns, 0.3),
    (Tls, 0.1),
    (Maintenance, 0.1),
    (Firewall, 0.3),
];

/// HAProxy retries a refused connection once a second (`retries 3`, `timeout connect` at most).
pub(super) const RETRIED: &[(Cause, f64)] = &[(UpstreamDown, 1.5), (UpstreamTimeout, 0.2)];

/// There was no wait: refused, closed early, no live backend, a rule.
pub(super) const AT_ONCE: &[(Cause, f64)] = &[
    (UpstreamTimeout, 0.05),
    (Network, 0.3),
    (UpstreamDown, 1.4),
    (InvalidUpstreamResponse, 1.4),
    (Dns, 1.4),
    (Tls, 1.4),
    (Maintenance, 1.3),
    (Firewall, 1.2),
    (Overload, 0.7),
];

/// The timers, shortest first.
pub(super) const TIMERS: [Timer; 10] = [
    Timer {
        seconds: (5.0, 5.0),
        products: &[("Envoy", "Envoy's connect timeout")],
        any_product: "a short connect timeout, as Envoy has",
        waits: Waits::Connection,
    },
    Timer {
        seconds: (10.0, 10.0),
        products: &[
            ("ALB", "the balancer's 10 s to connect or to finish TLS"),
            ("CloudFront", "CloudFront's connect attempt"),
        ],
        any_product: "a connect timeout of 10 s, as AWS balancers and CloudFront have",
        waits: Waits::Connection,
    },
    Timer {
        seconds: (15.0, 15.0),
        products: &[
            ("Envoy", "Envoy's route timeout"),
            ("Fastly", "Fastly's first byte timeout"),
        ],
        any_product: "a first byte timeout of 15 s, as Envoy and Fastly have",
        waits: Waits::Answer,
    },
    Timer {
        seconds: (19.0, 20.0),
        products: &[("Cloudflare", "Cloudflare's wait for a SYN+ACK")],
        any_product: "a connect timeout of 19 s, as Cloudflare has (522)",
        waits: Waits::Connection,
    },
    Timer {
        seconds: (30.0, 30.0),
        products: &[
            ("Heroku", "Heroku's fixed request limit (H12)"),
            ("CloudFront", "CloudFront's wait for the origin"),
            ("gunicorn", "gunicorn's worker timeout"),
        ],
        any_product: "a limit of 30 s, as gunicorn, Heroku, CloudFront and many balancers have",
        waits: Waits::Answer,
    },
    Timer {
        seconds: (60.0, 60.0),
        products: &[
            (
                "nginx",
                "nginx's proxy_read_timeout, fastcgi_read_timeout or proxy_connect_timeout",
            ),
            (
                "OpenResty",
                "nginx's proxy_read_timeout, fastcgi_read_timeout or proxy_connect_timeout",
            ),
            ("Apache", "Apache ProxyTimeout"),
            ("Varnish", "Varnish's first_byte_timeout"),
            ("ALB", "the balancer's idle timeout"),
        ],
        any_product: "a limit of 60 s, as nginx (proxy_read_timeout), Apache (ProxyTimeout) and AWS \
                  balancers have",
        waits: Waits::Answer,
    },
    Timer {
        seconds: (90.0, 90.0),
        products: &[("Cloudflare", "Cloudflare's wait for an ACK")],
        any_product: "a limit of 90 s, as Cloudflare has (522)",
        waits: Waits::Connection,
    },
    Timer {
        seconds: (100.0, 100.0),
        products: &[("Cloudflare", "Cloudflare's former read limit")],
        any_product: "a limit of 100 s, as Cloudflare had (524)",
        waits: Waits::Answer,
    },
    Timer {
        seconds: (120.0, 125.0),
        products: &[
            ("Cloudflare", "Cloudflare's read limit (524)"),
            ("IIS", "IIS ARR's limit"),
        ],
        any_product: "a limit of 120 s, as Cloudflare (524) and IIS ARR have",
        waits: Waits::Answer,
    },
    Timer {
        seconds: (300.0, 300.0),
        products: &[("Apache", "Apache's former Timeout")],
        any_product: "a limit of 300 s, as older Apache has, or a limit set by hand",
        waits: Waits::Answer,
    },
];

/// Maximum distance of a time from its timer, as a share.
const NEAR: f64 = 0.03;

/// Returns the common timer that fires after this time, connecting not counted.
pub(super) fn timer_of(seconds: f64) -> Option<&'static Timer> {
    let distance = |timer: &Timer| (timer.seconds.0 - seconds).max(seconds - timer.seconds.1);
    let fitting = TIMERS
        .iter()
        .filter(|timer| distance(timer) <= timer.seconds.0 * NEAR);
    fitting.min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

/// Returns the meaning of a wall of answers with this outcome if it cannot be the product's own limit for an answer.
pub(super) fn limit_502(product: Option<&str>, outcome: Outcome) -> Option<&'static Limit502> {
    let product = product.filter(|_| outcome == Outcome::Server502)?;
    let made_of = |known: &&Limit502| known.products.iter().any(|name| product.contains(name));
    LIMITS_502.iter().find(made_of)
}
