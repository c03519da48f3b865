//! An outage of this machine's own network, and what is known of it: what answered before, and
//! what did not answer any more.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::moment::Moment;

/// What answered before in a crawl and may be asked whether it still does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Witnesses {
    /// The address of the host that fell silent. It is not asked; whether there is a way to it is.
    pub silent: Option<SocketAddr>,
    /// Other addresses that answered, the latest first.
    pub others: Vec<SocketAddr>,
    /// A name that the name servers knew an address of.
    pub name: Option<String>,
}

/// What witnesses tell of this machine's own network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Network {
    /// One of them answered: who is silent is so by himself.
    Up,
    /// None of them answered.
    Down(Silence),
    /// There is none.
    Unknown,
}

/// Who was asked and did not answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// The system knows no way to any address that is asked.
    pub no_route: bool,
    /// Name servers.
    pub name_servers: Vec<IpAddr>,
    /// Hosts of the crawl, by their addresses.
    pub hosts: Vec<IpAddr>,
    /// The proxy was asked, and nobody else.
    pub proxy: bool,
}

/// A time without network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnOutage {
    /// When something answered last.
    pub began: Moment,
    /// When something answered again; none if the crawl was interrupted before.
    pub ended: Option<Moment>,
    /// What shows that it was ours.
    pub silence: Silence,
}

impl fmt::Display for Silence {
    /// Fits after "this machine has no network:".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.no_route {
            return f.write_str("the system has no route to the requested hosts");
        }
        let servers = clause("name server", &self.name_servers, ["resolves", "resolve"]);
        let hosts = clause("host", &self.hosts, ["answers", "answer"]);
        let proxy = self.proxy.then(|| "the proxy does not answer".to_owned());
        let clauses: Vec<String> = [
            servers.map(|clause| format!("{clause} nothing any more")),
            hosts.map(|clause| format!("{clause} no more")),
            proxy,
        ]
        .into_iter()
        .flatten()
        .collect();
        f.write_str(&clauses.join(", and "))
    }
}

/// `name server 10.0.0.1 resolves`, `hosts 10.0.0.2, 10.0.0.3 answer`.
fn clause(kind: &str, addresses: &[IpAddr], verbs: [&str; 2]) -> Option<String> {
    let one = addresses.len() == 1;
    let (plural, verb) = if one { ("", verbs[0]) } else { ("s", verbs[1]) };
    let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let listed = addresses.join(", ");
    (!addresses.is_empty()).then(|| format!("{kind}{plural} {listed} {verb}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_said_in_one_clause() {
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
                "name server 10.0.0.1 resolves nothing any more, \
                 and hosts 10.0.0.2, 2001:db8::1 answer no more",
            ),
            (proxy, "the proxy does not answer"),
        ];
        for (silence, said) in cases {
            assert_eq!(silence.to_string(), said);
        }
    }
}
