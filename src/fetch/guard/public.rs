//! Which IP addresses are public, and which network the others are on. Links, redirects and name servers
//! are under the control of others. None of them may lead the crawler to a service that only its own
//! machine or network can reach (`neighbours.rs` decides).

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::Host;

/// Why an IP address may not be requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::fetch) enum Refused {
    /// It is not public, and no page on its network linked to it.
    #[error("address {0} is not public")]
    NotPublic(IpAddr),
    /// The host was on a private network earlier in this run.
    #[error("address {0} is public, but the host was on a private network earlier in this run")]
    Moved(IpAddr),
}

impl Refused {
    /// Returns why this IP address is refused.
    pub(in crate::fetch) fn of(address: IpAddr) -> Refused {
        if is_public(address) {
            Refused::Moved(address)
        } else {
            Refused::NotPublic(address)
        }
    }
}

/// Network of a host: the public internet, which is the default, or these networks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::fetch) struct PrivateAddresses {
    networks: BTreeSet<Network>,
    /// IP addresses that belong to no such network.
    single: BTreeSet<IpAddr>,
}

/// Networks over which a site may be spread. They are separate because a company's own network must not
/// open this machine, nor the link-local IP address at which clouds hand out credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Network {
    /// This machine.
    Loopback,
    /// 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16.
    Private,
    /// fc00::/7. Clouds use IP addresses in it for the same purpose as 169.254.169.254.
    UniqueLocal,
    /// 169.254.0.0/16 and fe80::/10.
    LinkLocal,
}

impl PrivateAddresses {
    /// Returns the network of a host with these IP addresses. A host with a public IP address is public,
    /// whatever its other IP addresses.
    pub(super) fn of_host(addresses: &[IpAddr]) -> PrivateAddresses {
        let mut place = PrivateAddresses::default();
        if addresses.iter().any(|address| is_public(*address)) {
            return place;
        }
        for address in addresses {
            match Network::of(*address) {
                Some(network) => place.networks.insert(network),
                None => place.single.insert(*address),
            };
        }
        place
    }

    /// Returns whether this is the public internet.
    pub(super) fn is_public(&self) -> bool {
        self.networks.is_empty() && self.single.is_empty()
    }

    /// Returns whether an IP address is in these networks.
    pub(super) fn holds(&self, address: IpAddr) -> bool {
        if is_public(address) {
            return self.is_public();
        }
        self.single.contains(&address)
            || Network::of(address).is_some_and(|network| self.networks.contains(&network))
    }

    /// Adds networks.
    pub(in crate::fetch) fn add(&mut self, others: PrivateAddresses) {
        self.networks.extend(others.networks);
        self.single.extend(others.single);
    }
}

impl Network {
    fn of(address: IpAddr) -> Option<Network> {
        match address.to_canonical() {
            // A connection to the unspecified IP address reaches this machine.
            here if here.is_loopback() || here.is_unspecified() => Some(Network::Loopback),
            IpAddr::V4(address) if address.is_private() => Some(Network::Private),
            IpAddr::V4(address) if address.is_link_local() => Some(Network::LinkLocal),
            IpAddr::V6(address) if address.is_unique_local() => Some(Network::UniqueLocal),
            IpAddr::V6(address) if address.is_unicast_link_local() => Some(Network::LinkLocal),
            _ => None,
        }
    }
}

/// Returns the IP address that a name stands for with every resolver. Parsed URLs have names in lower case.
/// They treat an IP address with more than one final dot as a name, which not all programs do.
pub(super) fn hidden_address(name: &str) -> Option<IpAddr> {
    let name = name.trim_end_matches('.');
    // Every resolver has to return this machine's IP addresses (RFC 6761 section 6.3).
    if name == "localhost" || name.ends_with(".localhost") {
        return Some(Ipv4Addr::LOCALHOST.into());
    }
    match Host::parse(name) {
        Ok(Host::Ipv4(address)) => Some(address.into()),
        _ => None,
    }
}

/// Returns whether an IP address is reachable from the whole internet, by the special-purpose registries of
/// IANA (RFC 6890).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_documentation()
        || a == 0
        || a >= 224 // multicast, reserved, broadcast
        || (a == 100 && b & 0xc0 == 64) // shared by providers' customers
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && b & 0xfe == 18); // benchmarks
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, .., high, low] = address.segments();
    let embedded = |high: u16, low: u16| {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    match (a, b) {
        // An address that carries an IPv4 address is as public as that one: NAT64 and 6to4.
        (0x64, 0xff9b) => address.segments()[2..6] == [0; 4] && embedded(high, low),
        (0x2002, _) => embedded(b, address.segments()[2]),
        // Teredo, benchmarks, ORCHID, documentation.
        (0x2001, b) if b < 0x200 || b == 0xdb8 => false,
        (0x3fff, b) if b < 0x1000 => false,
        // Everything else that is public starts with the bits 001.
        _ => a & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_open_internet_is_public() {
        let public = [
            "1.1.1.1",
            "8.8.8.8",
            "100.128.0.1",
            "172.32.0.1",
            "2606:4700::1111",
        ];
        let public = public
            .into_iter()
            .chain(["::ffff:8.8.8.8", "64:ff9b::808:808"]);
        for address in public {
            assert!(is_public(address.parse().expect("address")), "{address}");
        }
        let special = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        for address in special {
            assert!(!is_public(address.parse().expect("address")), "{address}");
        }
    }

    #[test]
    fn a_host_is_on_its_own_network_and_no_other() {
        let parse = |text: &str| text.parse::<IpAddr>().expect("address");
        let cases: [(&[&str], &[&str], &[&str]); 7] = [
            (
                &["10.1.2.3"],
                &["10.1.2.3", "192.168.0.1", "::ffff:10.0.0.1"],
                &[
                    "127.0.0.1",
                    "169.254.169.254",
                    "fd00:ec2::254",
                    "100.64.0.1",
                    "0.0.0.0",
                    "1.1.1.1",
                ],
            ),
            (
                &["127.0.0.1"],
                &["127.0.0.2", "::1", "0.0.0.0"],
                &["10.0.0.1", "169.254.169.254"],
            ),
            (&["fd12::1"], &["fd00::2"], &["10.0.0.1", "fe80::1", "::1"]),
            (&["169.254.1.1"], &["169.254.169.254"], &["10.0.0.1"]),
            (&["100.64.0.1"], &["100.64.0.1"], &["100.64.0.2"]),
            (&["1.1.1.1"], &["8.8.8.8"], &["10.0.0.1", "127.0.0.1"]),
            (&["127.0.0.1", "1.1.1.1"], &["8.8.8.8"], &["127.0.0.1"]),
        ];
        for (host, held, others) in cases {
            let addresses: Vec<IpAddr> = host.iter().map(|text| parse(text)).collect();
            let place = PrivateAddresses::of_host(&addresses);
            for address in held {
                assert!(place.holds(parse(address)), "{host:?} {address}");
            }
            for address in others {
                assert!(!place.holds(parse(address)), "{host:?} {address}");
            }
        }
    }
}
