//! The hosts outside this machine that answered before. A silent host may mean that the site is
//! gone, or our own network. The other hosts are then the witnesses.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use url::Host;

use crate::model::{CrawlUrl, HostKey, Layer, Outcome, Witnesses};

/// Maximum IP addresses that are remembered as witnesses, and maximum that are requested in a check.
const REMEMBERED: usize = 8;
const REQUESTED: usize = 4;

/// The hosts that answered. Memory: some hundred bytes for each.
#[derive(Debug, Default)]
pub(in crate::crawl::state) struct Answered {
    hosts: HashMap<HostKey, SocketAddr>,
    /// Each IP address once, the one that answered last at the end.
    recent: Vec<SocketAddr>,
    /// A name that name servers knew.
    name: Option<String>,
}

impl Answered {
    /// Records that a URL was answered from this IP address. `looked_up` is true if name servers
    /// looked it up.
    pub(in crate::crawl::state) fn note(
        &mut self,
        url: &CrawlUrl,
        remote: Option<IpAddr>,
        looked_up: bool,
    ) {
        let port = url.as_url().port_or_known_default();
        let (Some(address), Some(port)) = (remote, port) else {
            return;
        };
        if address.is_loopback() {
            return;
        }
        let place = SocketAddr::new(address, port);
        if self.recent.last() != Some(&place) {
            self.recent.retain(|known| known.ip() != address);
            if self.recent.len() == REMEMBERED {
                self.recent.remove(0);
            }
            self.recent.push(place);
        }
        let host = url.host_key();
        if self.hosts.get(&host) != Some(&place) {
            self.hosts.insert(host, place);
        }
        if let (Host::Domain(name), true) = (url.host(), looked_up) {
            self.name = Some(name.to_owned());
        }
    }

    /// Returns whether a URL's host answered.
    pub(super) fn knows(&self, url: &CrawlUrl) -> bool {
        self.hosts.contains_key(&url.host_key())
    }

    /// Returns whether nothing answered from outside.
    pub(in crate::crawl::state) fn is_empty(&self) -> bool {
        self.recent.is_empty()
    }

    /// Returns the witnesses to request when this URL's host has fallen silent. If nothing has
    /// answered yet, they are the name servers that should know its name, or the route to its
    /// literal IP address.
    pub(in crate::crawl::state) fn witnesses(
        &self,
        silent: Option<(&CrawlUrl, Outcome)>,
    ) -> Witnesses {
        if self.is_empty() {
            return silent.map(at_first).unwrap_or_default();
        }
        let silent = silent.and_then(|(url, _)| self.hosts.get(&url.host_key()).copied());
        let ip = silent.map(|place| place.ip());
        let others = self.recent.iter().rev();
        let others = others
            .filter(|place| Some(place.ip()) != ip)
            .take(REQUESTED);
        Witnesses {
            silent,
            others: others.copied().collect(),
            name: self.name.clone(),
        }
    }
}

fn at_first((url, outcome): (&CrawlUrl, Outcome)) -> Witnesses {
    let port = url.as_url().port_or_known_default().unwrap_or_default();
    let literal = |address: IpAddr| Witnesses {
        silent: Some(SocketAddr::new(address, port)),
        ..Witnesses::default()
    };
    match url.host() {
        Host::Ipv4(address) => literal(address.into()),
        Host::Ipv6(address) => literal(address.into()),
        Host::Domain(name) => Witnesses {
            name: (outcome.layer() == Layer::Dns).then(|| name.to_owned()),
            ..Witnesses::default()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> CrawlUrl {
        CrawlUrl::parse(text).expect("a URL")
    }

    fn place(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn witnesses_are_other_hosts_than_the_silent_one() {
        let mut answered = Answered::default();
        let heard = [
            ("http://a.test/", "192.0.2.1", true),
            ("http://b.test:81/", "192.0.2.2", false),
            ("http://www.a.test/", "192.0.2.1", false),
            ("http://here.test/", "127.0.0.1", true),
        ];
        for (address, remote, looked_up) in heard {
            answered.note(&url(address), remote.parse().ok(), looked_up);
        }
        let silent = url("http://a.test/x");
        let found = answered.witnesses(Some((&silent, Outcome::ConnectTimeout)));
        let expected = Witnesses {
            silent: Some(place("192.0.2.1:80")),
            others: vec![place("192.0.2.2:81")],
            name: Some("a.test".to_owned()),
        };
        assert_eq!(found, expected);
        assert!(!answered.knows(&url("http://here.test/")));
        // No silent host is known: all that answered are witnesses, the latest first.
        let all = answered.witnesses(None);
        assert_eq!(all.others, [place("192.0.2.1:80"), place("192.0.2.2:81")]);
    }

    #[test]
    fn few_witnesses_are_remembered_and_fewer_requested() {
        let mut answered = Answered::default();
        for n in 0..20 {
            let remote = IpAddr::from([192, 0, 2, n]);
            answered.note(&url(&format!("http://h{n}.test/")), Some(remote), false);
        }
        assert_eq!(answered.recent.len(), REMEMBERED);
        let requested = answered.witnesses(None).others;
        assert_eq!(requested.len(), REQUESTED);
        assert_eq!(requested[0], place("192.0.2.19:80"));
    }

    #[test]
    fn without_earlier_answers_the_name_or_the_address_itself_is_the_witness() {
        let answered = Answered::default();
        let of = |text: &str, outcome| answered.witnesses(Some((&url(text), outcome)));
        let named = of("http://a.test/", Outcome::DnsTimeout);
        assert_eq!(named.name.as_deref(), Some("a.test"));
        let found = of("http://a.test/", Outcome::ConnectUnreachable);
        assert_eq!(found, Witnesses::default(), "name servers did answer");
        let literal = of("http://192.0.2.1:81/", Outcome::ConnectUnreachable);
        assert_eq!(literal.silent, Some(place("192.0.2.1:81")));
    }
}
