//! A local outage: witnesses that answered before, and those that no longer answer.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::time::moment::Moment;

/// Witnesses: IP addresses that answered earlier in a crawl, to be checked again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Witnesses {
    /// The IP address of the silent host. It is not requested; only a route to it is looked up.
    pub silent: Option<SocketAddr>,
    /// Other IP addresses that answered, the latest first.
    pub others: Vec<SocketAddr>,
    /// A name that the name servers resolved.
    pub name: Option<String>,
}

/// The state of this machine's own network, by its witnesses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Network {
    /// A witness answered, so the fault is the silent host's own.
    Up,
    /// No witness answered.
    Down(Silence),
    /// There are no witnesses.
    Unknown,
}

/// Witnesses that did not answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// The system has no route to any of the witnesses.
    pub no_route: bool,
    /// Name servers.
    pub name_servers: Vec<IpAddr>,
    /// Hosts of the crawl, by their IP addresses.
    pub hosts: Vec<IpAddr>,
    /// The proxy, as the only witness.
    pub proxy: bool,
}

/// A local outage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnOutage {
    /// When something answered last.
    pub began: Moment,
    /// When something answered again; `None` if the crawl was interrupted before.
    pub ended: Option<Moment>,
    /// The evidence that the outage was local.
    pub silence: Silence,
}

impl fmt::Display for Silence {
    /// Formats a text that fits after "this machine has no network:".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.no_route {
            return f.write_str("the system has no route to the requested hosts");
        }
        let servers = clause(
            "name server",
            &self.name_servers,
            ["resolves names", "resolve names"],
        );
        let hosts = clause("host", &self.hosts, ["answers", "answer"]);
        let proxy = self.proxy.then(|| "the proxy does not answer".to_owned());
        let clauses: Vec<String> = [servers, hosts, proxy].into_iter().flatten().collect();
        f.write_str(&clauses.join(", and "))
    }
}

/// Returns a clause such as `name server 10.0.0.1 no longer resolves names`, or `hosts 10.0.0.2, 10.0.0.3 no longer answer`.
fn clause(kind: &str, addresses: &[IpAddr], verbs: [&str; 2]) -> Option<String> {
    let one = addresses.len() == 1;
    let (plural, verb) = if one { ("", verbs[0]) } else { ("s", verbs[1]) };
    let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let listed = addresses.join(", ");
    (!addresses.is_empty()).then(|| format!("{kind}{plural} {listed} no longer {verb}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_described_in_one_clause() {
        let address = |text: &str| -> IpAddr { text.parse().expect("an address") };
        let no_route = Silence {
            no_route: true,
            ..Silence::default()
        };
        let silent = Silence {
            name_servers: vec![address("10.0.0.1")],
            hosts: vec![address("10.0.0.2"), address("2001:db8::1")],
            ..Silence::default()
        };
        let proxy = Silence {
            proxy: true,
            ..Silence::default()
        };
        let cases = [
            (no_route, "the system has no route to the requested hosts"),
            (
                silent,
                "name server 10.0.0.1 no longer resolves names, \
                 and hosts 10.0.0.2, 2001:db8::1 no longer answer",
            ),
            (proxy, "the proxy does not answer"),
        ];
        for (silence, expected) in cases {
            assert_eq!(silence.to_string(), expected);
        }
    }
}
