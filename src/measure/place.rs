//! The address of the metrics, and the check of a request's `Host` against it. Pure.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use http::uri::Authority;

/// The name or address, and the port, at which metrics are served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The name or address, without the brackets of an IPv6 address.
    host: String,
    port: u16,
}

impl Place {
    /// Returns the host and port to bind.
    pub(super) fn host_and_port(&self) -> (&str, u16) {
        (&self.host, self.port)
    }
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Place, Self::Err> {
        const FAULT: &str =
            "write an address or a name of this machine with a port, such as 127.0.0.1:9598";
        let authority: Authority = text.parse().map_err(|_| FAULT)?;
        let (host, port) = (bare(&authority), authority.port_u16().ok_or(FAULT)?);
        if host.is_empty() || text.contains('@') {
            return Err(FAULT);
        }
        Ok(Place {
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { host, port } = self;
        if host.contains(':') {
            write!(f, "[{host}]:{port}")
        } else {
            write!(f, "{host}:{port}")
        }
    }
}

/// Returns whether a request with this `Host` is meant for us: it names this machine, or the name or IP address of
/// `place`. A web page whose own name leads to this machine (DNS rebinding) sends its own name and is refused.
pub(super) fn is_meant(host: &str, place: &Place, bound: SocketAddr) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let host = bare(&authority).trim_end_matches('.');
    match host.parse::<IpAddr>() {
        // Bound to all IP addresses: accepts each of them, and each that leads to this machine from outside.
        Ok(address) => {
            address.is_loopback() || address == bound.ip() || bound.ip().is_unspecified()
        }
        Err(_) => {
            host.eq_ignore_ascii_case("localhost")
                || host.eq_ignore_ascii_case(place.host.trim_end_matches('.'))
        }
    }
}

/// Returns the host of `host:port`, without the brackets of an IPv6 address.
fn bare(authority: &Authority) -> &str {
    let host = authority.host();
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_an_address_or_a_name_with_a_port() {
        for text in ["127.0.0.1:9598", "[::1]:0", "monitor.example:9598"] {
            let place: Place = text.parse().expect(text);
            assert_eq!(place.to_string(), text);
        }
        for text in [
            "",
            "9598",
            ":9598",
            "localhost",
            "::1:9598",
            "a@b:1",
            "h:70000",
            "a/b:1",
        ] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_request_must_name_this_machine_or_the_given_place() {
        let meant = |host: &str, place: &str, bound: &str| {
            let (place, bound) = (
                place.parse().expect("a place"),
                bound.parse().expect("bound"),
            );
            is_meant(host, &place, bound)
        };
        let local = "127.0.0.1:9598";
        for host in [
            "localhost",
            "LOCALHOST:9598",
            "localhost.",
            "127.0.0.1:9598",
            "127.1.2.3",
            "[::1]:9598",
        ] {
            assert!(meant(host, local, local), "{host}");
        }
        for host in [
            "",
            "attacker.example",
            "localhost.attacker.example",
            "10.0.0.7",
            "a b",
            "@",
        ] {
            assert!(!meant(host, local, local), "{host}");
        }
        let (named, bound) = ("monitor.example:9598", "10.0.0.7:9598");
        assert!(meant("Monitor.example:9598", named, bound));
        assert!(meant("10.0.0.7:9598", named, bound));
        assert!(!meant("attacker.example", named, bound));
        assert!(!meant("10.0.0.8", named, bound));
        let all = "0.0.0.0:9598";
        assert!(meant("10.0.0.8", all, all));
        assert!(!meant("attacker.example", all, all));
    }
}
